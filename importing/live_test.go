package importing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/store"
)

// Live traffic of the very people who are imported goes on, and neither side loses anything.
func TestBesideLiveTraffic(t *testing.T) {
	t.Parallel()
	const people, rounds, rows = 40, 60, 12_000
	p := open(t)
	send := p.door()
	var lines []string
	for i := range rows {
		lines = append(lines, fmt.Sprintf(`{"type": "track", "userId": "u%d", "event": "old", "context": {"traits": {"imported_%d": %d}}, "messageId": "old%d"}`, i%people, i%7, i, i))
	}
	// Two files at once, too.
	path, other := file(t, "a.jsonl", lines[:rows/2]...), file(t, "b.jsonl", lines[rows/2:]...)
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for i := range rounds {
				var batch []json.RawMessage
				for n := range 5 {
					user := (w + 3*i + 7*n) % people
					batch = append(batch,
						json.RawMessage(fmt.Sprintf(`{"type": "track", "userId": "u%d", "anonymousId": "v%d", "event": "live", "messageId": "live%d-%d-%d"}`, user, user, w, i, n)),
						json.RawMessage(fmt.Sprintf(`{"type": "identify", "userId": "u%d", "traits": {"live_%d": %d}}`, user, w, i)))
				}
				send(batch)
			}
		})
	}
	for _, path := range []string{path, other} {
		all.Go(func() {
			if _, rejects, err := p.try(path, importing.Options{Kind: importing.Events}); err != nil || len(rejects) > 0 {
				t.Error(err, rejects)
			}
		})
	}
	all.Wait()
	if n := p.count("select count(*) from events where name = 'old'"); n != rows {
		t.Errorf("%d of %d imported events", n, rows)
	}
	if n := p.count("select count(*) from events where name = 'live'"); n != 3*rounds*5 {
		t.Errorf("%d of %d live events", n, 3*rounds*5)
	}
	if n := p.count("select count(*) from profiles p where last_number <> (select count(*) from events e where e.profile_id = p.id)"); n != 0 {
		t.Errorf("the numbers of %d people have gaps", n)
	}
	if n := p.count("select count(*) from profiles where user_id like 'u%' and attributes ? 'imported_0' and attributes ? 'live_0'"); n != people {
		t.Errorf("%d people have the attributes of both sides", n)
	}
	if n := p.count("select count(*) from profiles where merged_into is null"); n != people {
		t.Errorf("%d people", n)
	}
	// What came live waits for dispatch, also where something was imported behind it.
	if n := p.count("select count(*) from profiles p where dispatched < last_number and pending_since is null"); n != 0 {
		t.Errorf("%d people are forgotten by dispatch", n)
	}
}

// Of two processes with the same file one imports it.
func TestTwoWithTheSameFile(t *testing.T) {
	t.Parallel()
	p := open(t)
	first, err := p.store.BeginImport(t.Context(), store.ImportFile{ID: "f", Kind: importing.Profiles, Name: "f"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.BeginImport(t.Context(), store.ImportFile{ID: "f", Kind: importing.Profiles, Name: "f"}, false); !errors.Is(err, store.ErrImporting) {
		t.Error(err)
	}
	first.Close()
	again, err := p.store.BeginImport(t.Context(), store.ImportFile{ID: "f", Kind: importing.Profiles, Name: "f"}, false)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
