package endtoend_test

import (
	"context"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// segmented is a workspace with these segments, of key and rule.
func segmented(keysAndRules ...string) store.Settings {
	s := tips()
	for i := 0; i+1 < len(keysAndRules); i += 2 {
		s.Segments = append(s.Segments, store.Segment{Key: keysAndRules[i], Name: keysAndRules[i], Rule: keysAndRules[i+1]})
	}
	return s
}

// computed waits until everybody was looked at by the rules as they are.
func computed(r *rig.Rig) {
	r.TB.Helper()
	r.Await("all segments are computed", rig.Patience, func() bool {
		uncomputed, _, err := r.Store.SegmentsToSweep(context.Background())
		return err == nil && uncomputed == 0
	})
}

// member tells whether somebody is in a segment.
func member(r *rig.Rig, user, segment string) bool {
	r.TB.Helper()
	p, err := r.Store.FindProfile(context.Background(), user)
	if err != nil {
		r.TB.Fatal(err)
	}
	return p.Segments[segment]
}

// reward is for whoever becomes a vip, and ends for whoever is silent.
func reward() store.Version {
	return rig.Version(`journey: reward
entry: { segment: vip, where: event.segment == "vip" && user.email != "" }
exit: [ { rule: in_segment("silent"), reason: silent } ]
steps:
  - { id: thanks, send: { channel: email, template: thanks } }
  - id: fan
    wait_for: { rule: in_segment("fan"), timeout: 30d, then: [ { id: fan-mail, send: { channel: email, template: fan } }, { id: on, wait: 30d } ] }
`, mails("thanks", "fan"))
}

func TestASegmentLetsInHoldsUpAndEnds(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(segmented(
		"vip", `events("order_completed").count() >= 2`,
		"fan", `in_segment("vip") && user.level >= 3`,
		"silent", `user.quiet == true`,
	), reward())
	computed(r)
	r.Send(somebody("ada"), rig.Track("ada", "order_completed", nil))
	r.Send(rig.Track("ada", "order_completed", nil))
	accepted := time.Now()
	r.Await("ada entered by the segment", rig.Patience, func() bool { return len(r.Runs("ada")) == 1 })
	if took := time.Since(accepted); took > 5*time.Second { // a second, with room for the other tests on this machine
		t.Errorf("she entered %s after the event", took)
	}
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitPhase("ada", journey.Waiting, "fan")
	r.Send(rig.Identify("ada", map[string]any{"level": 3}))
	r.AwaitMail("ada@example.com", "fan")
	r.AwaitPhase("ada", journey.Waiting, "on")
	r.Send(rig.Identify("ada", map[string]any{"quiet": true}))
	r.AwaitExit("ada", "silent")
	r.Send(rig.Track("ada", "order_completed", nil))
	r.Send(rig.Identify("ada", map[string]any{"quiet": nil}))
	r.Await("she is not silent any more", rig.Patience, func() bool { return !member(r, "ada", "silent") })
	if runs := r.Runs("ada"); len(runs) != 1 {
		t.Errorf("she entered %d times", len(runs))
	}
}

func TestTimeMovesAMemberAtItsInstant(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(segmented(
		"active", `events("played").within("3s").count() >= 1`,
		"asleep", `events("played").count() >= 1 && !in_segment("active")`,
	), rig.Version(`journey: wake-up
entry: { segment: asleep }
steps: [ { id: hello, send: { channel: email, template: hello } } ]
`, mails("hello")))
	computed(r)
	r.Send(somebody("ada"), rig.Track("ada", "played", nil))
	r.Await("she is active", rig.Patience, func() bool { return member(r, "ada", "active") })
	r.AwaitMail("ada@example.com", "hello")
	p, err := r.Store.FindProfile(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	changes, err := r.Store.SegmentChangesOfProfile(t.Context(), p.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	// Newest first; the two of the flip have the same instant.
	if len(changes) != 3 || !changes[2].Entered || changes[2].Why != "event" || changes[0].Why != "time" || changes[1].Why != "time" {
		t.Fatalf("she came and went so: %+v", changes)
	}
	events, err := r.Store.EventsOfProfile(t.Context(), p.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if late := changes[0].At.Sub(e.Time.Add(3 * time.Second)); e.Name == "played" && (late < 0 || late > 2*time.Second) {
			t.Errorf("she fell asleep %s after the instant", late)
		}
	}
}
