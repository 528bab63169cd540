package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/store"
)

func TestAnExportHoldsEverything(t *testing.T) {
	t.Parallel()
	d := filled(t)
	d.exec("insert into events (profile_id, number, id, source, name, properties, time, arrival) select $1, n, n::text, 's', 'listened', '{}', now(), now() from generate_series(1000, 1499) n", d.profile)
	d.exec("insert into decisions (profile_id, kind, reason, inputs) values ($1, 'consent', 'given', '{\"topic\": \"tips\", \"source\": \"a link\"}')", d.profile)
	var out bytes.Buffer
	d.must(d.Export(t.Context(), d.profile, &out))
	var got map[string]json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	lists := map[string]int{"consents": 1, "runs": 1, "messages": 1, "calls": 1, "refusals": 1, "segments": 1, "decisions": 2, "assignments": 1}
	for name, want := range lists {
		var rows []map[string]any
		if err := json.Unmarshal(got[name], &rows); err != nil || len(rows) != want {
			t.Errorf("%d %s, want %d: %v", len(rows), name, want, err)
		}
	}
	var events []map[string]any
	d.must(json.Unmarshal(got["events"], &events))
	var held int
	d.must(d.Pool().QueryRow(t.Context(), "select count(*) from events").Scan(&held))
	if len(events) != held || held < 500 {
		t.Errorf("%d events of %d", len(events), held)
	}
	for name, words := range map[string][]string{
		"profile":  {secret + "-user", secret + "-visitor", secret + "@example.com"},
		"messages": {fmt.Sprintf(`"html": %q`, secret), fmt.Sprintf(`"subject": %q`, secret)},
		"events":   {fmt.Sprintf(`"song": %q`, secret)},
		"consents": {`"source": "a link"`},
	} {
		for _, word := range words {
			if !strings.Contains(string(got[name]), word) {
				t.Errorf("%s does not hold %s: %s", name, word, got[name])
			}
		}
	}
	if err := d.Export(t.Context(), "p_nobody", &out); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}
