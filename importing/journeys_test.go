package importing_test

import (
	"encoding/json"
	"testing"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store"
)

const welcome = `journey: welcome
name: Welcome
entry: { event: signed_up, reentry: always }
exit:
  - { event: subscribed }
  - { rule: user.deleted == true }
goal: { event: subscribed }
steps:
  - id: wait
    wait_for: { event: playlist_created, timeout: 30d }
`

const vips = `journey: vips
name: VIPs
entry: { segment: vip }
steps:
  - { id: wait, wait: 1d }
`

// dispatched judges what waits for it.
func (p *place) dispatched() {
	p.t.Helper()
	d := &dispatch.Dispatcher{Store: p.store, Handler: &dispatch.Handler{Library: store.NewLibrary(p.store)}, Log: zap.NewNop(), Relay: dispatch.NewBell()}
	for found := true; found; {
		var err error
		if found, err = d.Once(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
}

// An import lets nobody in and takes nobody out; whoever is in a journey that reads what has changed is looked
// at again, behind all that is live.
func TestNoJourneyIsTriggered(t *testing.T) {
	t.Parallel()
	p := open(t)
	settings := store.Settings{Name: "acme", Reference: store.Reference{Segments: []segment.Definition{{Key: "vip", Name: "VIP", Rule: "user.plan == 'pro'"}}}}
	var versions []store.Version
	for key, source := range map[string]string{"welcome": welcome, "vips": vips} {
		versions = append(versions, store.Version{Journey: key, Version: journey.Hash([]byte(source), nil), Source: source})
	}
	if _, err := p.store.Publish(t.Context(), settings, versions); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.Pool().Exec(t.Context(), "update segments set computed = hash, checked = hash"); err != nil { // a sweep's end
		t.Fatal(err)
	}
	send := p.door()
	send([]json.RawMessage{json.RawMessage(`{"type": "track", "userId": "ada", "event": "signed_up"}`)})
	p.dispatched()
	if n := p.count("select count(*) from runs where status = 'active'"); n != 1 {
		t.Fatalf("%d runs", n)
	}
	if _, err := p.store.Pool().Exec(t.Context(), "delete from outbox"); err != nil { // as the relay does
		t.Fatal(err)
	}
	send([]json.RawMessage{json.RawMessage(`{"type": "track", "userId": "eve", "event": "signed_up"}`)}) // waits for dispatch
	_, rejects := p.take(file(t, "events.jsonl",
		`{"type": "track", "userId": "ada", "event": "subscribed"}`,
		`{"type": "track", "userId": "ada", "event": "playlist_created"}`,
		`{"type": "track", "userId": "bob", "event": "signed_up"}`,
		`{"type": "track", "userId": "eve", "event": "signed_up"}`,
		`{"type": "track", "userId": "eve", "event": "subscribed"}`,
		`{"type": "identify", "userId": "ada", "traits": {"plan": "pro"}}`,
		`{"type": "identify", "anonymousId": "x", "traits": {"plan": "pro"}}`,
		`{"type": "identify", "userId": "kim"}`,
		`{"type": "alias", "userId": "kim", "previousId": "x"}`,
	), importing.Options{Kind: importing.Events})
	p.take(file(t, "people.csv", "id,plan", "bob,pro", "zoe,pro"), importing.Options{Kind: importing.Profiles})
	if len(rejects) > 0 {
		t.Fatal(rejects)
	}
	if n := p.count("select count(*) from outbox where rank = 1 and why = 'imported'"); n == 0 {
		t.Error("the run is not looked at again")
	}
	p.dispatched()
	if got := p.text("select string_agg(coalesce(user_id, '') || ' ' || journey, ', ' order by user_id, journey) from runs r join profiles p on p.id = r.profile_id where exit_wanted = '' and goal_at is null"); got != "ada welcome, eve welcome" {
		t.Error("in journeys:", got)
	}
	if n := p.count("select count(*) from verdicts"); n != 2 {
		t.Errorf("%d verdicts", n)
	}
	if n := p.count("select count(*) from runs where state ->> 'Match' is not null or state ->> 'match' is not null"); n != 0 {
		t.Error("an import ended a wait")
	}
	if n := p.count("select count(*) from profiles where merged_into is null and (dispatched <> last_number or pending_since is not null)"); n != 0 {
		t.Errorf("%d people wait for dispatch still", n)
	}
	if n := p.count("select count(*) from segments where computed <> hash and quietly"); n != 1 {
		t.Error("segments are not computed anew, quietly")
	}
}
