package endtoend_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// aWave is 60 people who chose pop for months, and this week house.
const aWave = `
insert into profiles (id, user_id, attributes, last_number, dispatched)
select '{p}w' || n, 'w' || n, jsonb_build_object('email', 'w' || n || '@example.com'), 1000, 1000 from generate_series(1, 60) n;
insert into events (profile_id, number, id, source, name, properties, time, arrival)
select '{p}w' || n, k, n || '-' || k, 'past', 'played', jsonb_build_object('genre', case when k <= 5 then 'house' else 'pop' end), t.at, t.at
from generate_series(1, 60) n cross join generate_series(1, 50) k cross join lateral (select now() - interval '1 day' * (k + 1) as at) t`

// What comes to be on the rise is known to whoever waits for it, and to segments, in runs of before.
func TestWhatIsOnTheRiseReachesSegmentsAndWhoeverWaits(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Past(aWave)
	settings := segmented("party", `trending("genre", "7d") == "house" && user.email == "w1@example.com"`)
	settings.Affinities = map[string]store.Taste{"genre": {Events: []string{"played"}, Property: "genre", HalfLife: "30d"}}
	wave := rig.Version(`journey: wave
entry: { event: asked }
steps:
  - id: rises
    wait_for: { rule: 'trending("genre", "7d") == "house"', timeout: 30d, then: [ { id: come, exit: danced } ] }
`, nil)
	party := rig.Version(`journey: member
entry: { segment: party }
steps: [ { id: on, wait: 30d } ]
`, nil)
	r.Publish(settings, wave, party)
	computed(r)
	r.Send(rig.Track("w2", "asked", nil))
	r.AwaitPhase("w2", journey.Waiting, "rises")
	if member(r, "w1", "party") {
		t.Fatal("nothing rises yet")
	}
	r.Admin(http.MethodPost, "/api/train", nil)
	r.AwaitExit("w2", "danced")
	r.Await("w1 is in the segment, and by it in the journey", rig.Patience, func() bool { return member(r, "w1", "party") && len(r.Runs("w1")) == 1 })
	if member(r, "w3", "party") {
		t.Error("w3 is in the segment")
	}

	// Published again, it stays on the rise, and the segment is not worked out anew.
	rises := rules.Trend{Of: "genre", Within: 7 * 24 * time.Hour}
	rising := func() string {
		d, err := r.Store.Deployment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Settings.Trends[rises]
	}
	r.Publish(settings, wave, party)
	if uncomputed, _, err := r.Store.SegmentsToSweep(t.Context()); err != nil || uncomputed != 0 || rising() != "house" {
		t.Errorf("published again: %d segments to compute, %q on the rise, %v", uncomputed, rising(), err)
	}
	likes := func(user string) string {
		p, err := r.Store.FindProfile(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		return p.Computed.Affinities["genre"]
	}
	r.Past("delete from events where name = 'played' and profile_id = (select id from profiles where user_id = 'w4') and number > 5")
	train(r)
	if likes("w4") != "house" || rising() != "house" {
		t.Errorf("who chose house alone likes %q, and %q is on the rise", likes("w4"), rising())
	}

	// What nobody asks for is on the rise no more, and is anew when it is learned anew.
	r.Publish(store.Settings{})
	if rising() != "" {
		t.Errorf("%q is on the rise of what nobody asks for", rising())
	}
	r.Publish(settings, wave, party)
	r.Send(rig.Track("w3", "asked", nil))
	r.AwaitPhase("w3", journey.Waiting, "rises")
	train(r)
	r.AwaitExit("w3", "danced")
	if rising() != "house" {
		t.Errorf("%q is on the rise of what is asked for again", rising())
	}

	// A year on nobody has chosen anything for long.
	r.Past("update events set time = time - interval '1 year' where name = 'played'")
	train(r)
	if likes("w4") != "" || rising() != "" {
		t.Errorf("after a year w4 likes %q, and %q is on the rise", likes("w4"), rising())
	}
	r.Await("w1 is in the segment no more", rig.Patience, func() bool { return !member(r, "w1", "party") })
}
