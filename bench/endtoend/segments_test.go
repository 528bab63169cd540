package endtoend_test

import (
	"context"
	"strings"
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
	r.Await("ada entered by the segment", rig.Patience, func() bool { return len(r.Runs("ada")) == 1 })
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

// numbers are how many events people have: whoever was woken has one more.
func numbers(r *rig.Rig, users ...string) (all []int) {
	r.TB.Helper()
	for _, user := range users {
		p, err := r.Store.FindProfile(context.Background(), user)
		if err != nil {
			r.TB.Fatal(err)
		}
		events, err := r.Store.EventsOfProfile(context.Background(), p.ID, 100)
		if err != nil {
			r.TB.Fatal(err)
		}
		all = append(all, len(events))
	}
	return all
}

func TestAChangedRuleWakesOnlyWhomItMoves(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	stays := rig.Version(`journey: stays
entry: { segment: vip, reentry: after_exit }
exit: [ { rule: '!in_segment("vip")', reason: left } ]
steps: [ { id: rest, wait: 30d } ]
`, nil)
	hopes := rig.Version(`journey: hopes
entry: { event: signed_up }
steps: [ { id: hope, wait_for: { rule: in_segment("big"), timeout: 30d } } ]
`, nil)
	bigs := rig.Version("journey: bigs\nentry: { segment: big }\nsteps: [ { id: rest, wait: 30d } ]\n", nil)
	r.Publish(segmented("vip", `user.level >= 3`), stays, hopes)
	computed(r)
	users := []string{"ada", "bela", "cleo"}
	for i, user := range users {
		r.Send(rig.Identify(user, map[string]any{"level": 5 - 2*i}), rig.Track(user, "signed_up", nil))
	}
	r.Await("ada and bela are vips", rig.Patience, func() bool { return len(r.Runs("ada")) == 2 && len(r.Runs("bela")) == 2 })
	r.AwaitPhase("cleo", journey.Waiting, "hope")

	before := numbers(r, users...)
	r.Publish(segmented("vip", `user.level >= 4`), stays, hopes)
	r.Await("bela left by the new rule", rig.Patience, func() bool { return r.Run("bela").ExitReason != nil && *r.Run("bela").ExitReason == "left" })
	computed(r)
	if after := numbers(r, users...); after[0] != before[0] || after[1] != before[1]+1 || after[2] != before[2] {
		t.Errorf("they had %v events and have %v: only bela is moved", before, after)
	}
	// A segment that is new has members from the start: they enter nothing by it, and whoever hopes for it is told.
	r.Publish(segmented("vip", `user.level <= 1`, "big", `user.level >= 1`), stays, hopes, bigs)
	r.Await("nobody hopes any more", rig.Patience, func() bool {
		for _, user := range users {
			for _, run := range r.Runs(user) {
				if run.Journey == "hopes" && run.ExitReason == nil {
					return false
				}
			}
		}
		return true
	})
	r.Await("cleo became a vip and ada left", rig.Patience, func() bool {
		return len(r.Runs("cleo")) == 2 && r.Run("ada").ExitReason != nil
	})
	for _, user := range users {
		for _, run := range r.Runs(user) {
			if run.Journey == "bigs" {
				t.Errorf("%s entered by a segment that she was in before it was", user)
			}
		}
	}
	// Gone, it has no members.
	r.Publish(segmented("big", `user.level >= 1`), stays, hopes, bigs)
	r.Await("cleo left what is gone", rig.Patience, func() bool { return r.Run("cleo").ExitReason != nil && !member(r, "cleo", "vip") })
	if !member(r, "cleo", "big") {
		t.Error("she is not big any more")
	}
}

// A sweep is short in Temporal, says nothing of anybody there, and comes to its end by itself.
func TestASweepOverSegmentsEnds(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(segmented("vip", `user.level >= 30`))
	r.Await("everybody was looked at twice", rig.Patience, func() bool {
		uncomputed, unchecked, err := r.Store.SegmentsToSweep(context.Background())
		return err == nil && uncomputed+unchecked == 0
	})
	h := r.History("sweep/segments/"+r.Client.Queue, true)
	text := h.String()
	for _, e := range h.GetEvents() {
		for _, p := range e.GetActivityTaskCompletedEventAttributes().GetResult().GetPayloads() {
			text += string(p.GetData())
		}
	}
	if !strings.Contains(text, `"vip"`) || strings.Contains(text, "user.level") {
		t.Errorf("the history says: %s", text)
	}
	record(t, h, "segments")
}
