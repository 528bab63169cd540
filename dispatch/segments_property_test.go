package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	rule "github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// Whatever happens, and however time passes, people are in the segments whose rules are true of them.
func TestMembershipsAreWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	begin := time.Now().UTC().Truncate(time.Microsecond)
	clock := calendar.Clock{Real: begin, Virtual: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Speed: 43200} // an hour in 83 ms
	w := found(t, clock)
	segments := rules(
		"buyer", `events("bought").count() >= 2`,
		"recent", `events("played").within("2h").count() >= 1`,
		"busy", `events("played").within("1h").count() + events("bought").within("3h").count() > 2`,
		"paris", `user.city == "Paris" && !(user.age > 30)`,
		"talks", `consented("tips")`,
		"night", `local_hour(now) < 12 && in_segment("recent")`,
		"lapsed", `in_segment("buyer") && !in_segment("recent")`,
		"best", `in_segment("paris") && (in_segment("lapsed") || in_segment("busy"))`,
		"renews", `date(user.renews_at) < now + duration("2h") && date(user.renews_at) > now`,
		"nobody", `!has(user.city)`,
	)
	w.publish(segments)
	people, devices := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		people++
		id := w.somebody(fmt.Sprint("person", people))
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0, 1:
				ago := rapid.SampledFrom([]time.Duration{0, 0, time.Hour, 90 * time.Minute}).Draw(rt, "ago")
				w.happens(id, rapid.SampledFrom([]string{"played", "bought", "yawned"}).Draw(rt, "event"), nil, ago/time.Duration(clock.Speed))
			case 2:
				w.happens(id, "", map[string]any{
					"city": rapid.SampledFrom([]any{"Paris", "Lyon", nil}).Draw(rt, "city"), "age": rapid.SampledFrom([]any{20.0, 40.0, nil}).Draw(rt, "age"),
				}, 0)
			case 3:
				at := clock.ToVirtual(time.Now()).Add(time.Duration(rapid.IntRange(-2, 5).Draw(rt, "hours")) * time.Hour)
				w.happens(id, "", map[string]any{"renews_at": at.Format(time.RFC3339), "timezone": rapid.SampledFrom([]any{"Europe/Paris", "Asia/Tokyo", nil}).Draw(rt, "zone")}, 0)
			case 4:
				w.consents(id, rapid.Bool().Draw(rt, "given"))
			case 5:
				devices++
				name := fmt.Sprint("device", devices)
				device, err := w.ProfileFor(t.Context(), "", name)
				w.must(err)
				w.happens(device, rapid.SampledFrom([]string{"played", "bought"}).Draw(rt, "there"), nil, 0)
				if rapid.Bool().Draw(rt, "judged") {
					w.settle()
				}
				_, err = w.Alias(t.Context(), name, fmt.Sprint("person", people), false, false)
				w.must(err)
			case 6:
				time.Sleep(time.Duration(rapid.IntRange(0, 60).Draw(rt, "passes")) * time.Millisecond) // it is what happens here
			}
			if rapid.Bool().Draw(rt, "judged now") {
				w.settle()
			}
		}
		for !w.agrees(rt, id, segments, clock) {
			w.settle()
		}
	})
}

func (w *town) consents(id string, given bool) {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.InProfile(ctx, id, func(tx *store.Tx) error {
		profile.SetConsents(tx.Profile(), map[string]bool{"tips": given})
		if err := tx.SaveProfile(ctx); err != nil {
			return err
		}
		_, err := tx.AddEvent(ctx, store.NewEvent{Name: "consent_changed", Properties: map[string]any{"topic": "tips", "given": given}})
		return err
	}))
}

// agrees compares the memberships with the rules, evaluated from scratch; false says that something is
// still to be judged, or due at that moment.
func (w *town) agrees(t *rapid.T, id string, segments []store.Segment, clock calendar.Clock) bool {
	ctx := context.Background()
	settled := false
	w.must(w.InProfile(ctx, id, func(tx *store.Tx) error {
		if w.count("select count(*) from segment_due where at <= $1", tx.Now())+w.count("select count(*) from profiles where pending_since is not null") > 0 {
			return nil
		}
		settled = true
		env, err := rule.New(rule.Topics(map[string]bool{"tips": true}))
		if err != nil {
			return err
		}
		past, err := tx.History(ctx, []store.Want{{Name: "played", Properties: true}, {Name: "bought", Properties: true}})
		if err != nil {
			return err
		}
		past.InClock(clock)
		p := tx.Profile()
		facts := rule.Facts{Now: clock.ToVirtual(tx.Now()), Zone: journey.Facts{Profile: p}.Home(), Profile: p, History: past.Events, Segments: map[string]bool{}}
		for _, s := range segments {
			compiled, problems := env.Compile(s.Rule, rule.Position{}, rule.ScopeSegment)
			if compiled == nil {
				t.Fatal(problems)
			}
			facts.Segments[s.Key] = compiled.Holds(&facts).True
		}
		var want []string
		for key, in := range facts.Segments {
			if in {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if got := p.SegmentKeys(); tx.LastNumber() > 0 && !slices.Equal(got, want) {
			t.Errorf("at %s %s is in %v, and the rules say %v; %v %v", facts.Now, id, got, want, p.Attributes, past)
		}
		return nil
	}))
	return settled
}
