package segment_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/segment"
)

func set(t *testing.T, keysAndRules ...string) *segment.Set {
	t.Helper()
	var all []segment.Definition
	for i := 0; i < len(keysAndRules); i += 2 {
		all = append(all, segment.Definition{Key: keysAndRules[i], Rule: keysAndRules[i+1]})
	}
	s, err := segment.New(all, map[string]bool{"tips": true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func some(t *testing.T) *segment.Set {
	return set(t,
		"buyer", `events("bought").count() >= 1`,
		"active", `events("played").within("7d").count() >= 1`,
		"paris", `user.city == "Paris"`,
		"talks", `consented("tips")`,
		"leaving", `score("churn") > 0.7`,
		"vip", `in_segment("buyer") && in_segment("active")`,
		"local-vip", `in_segment("vip") && user.city == "Paris"`,
		"late", `local_hour(now) >= 22`,
		"whoever", `user.exists(name, name == "x")`,
	)
}

// Only the segments that read what changed are looked at, and those that ask for one that flipped.
func TestAChangeConcernsWhatReadsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change    segment.Change
		attribute map[string]any
		evaluated []string
		flips     []segment.Flip
	}{
		"an event that nobody reads": {change: segment.Change{Event: "yawned"}},
		"an event that flips nobody": {change: segment.Change{Event: "played"}, evaluated: []string{"active"}},
		"an event that flips": {
			change: segment.Change{Event: "bought"}, evaluated: []string{"buyer", "vip", "local-vip"},
			flips: []segment.Flip{{Segment: "buyer", Entered: true}, {Segment: "vip", Entered: true}, {Segment: "local-vip", Entered: true}},
		},
		"an attribute":        {change: segment.Change{Names: []string{"city"}}, evaluated: []string{"paris", "local-vip", "whoever"}, flips: []segment.Flip{{Segment: "paris", Entered: true}}},
		"a score":             {change: segment.Change{Names: []string{profile.ScoreChange("churn")}}, evaluated: []string{"leaving", "whoever"}},
		"a consent":           {change: segment.Change{Event: "consent_changed"}, evaluated: []string{"talks"}, flips: []segment.Flip{{Segment: "talks", Entered: true}}},
		"another segment":     {change: segment.Change{Names: []string{profile.SegmentChange("active")}}, evaluated: []string{"vip", "whoever"}},
		"those that are due":  {change: segment.Change{Keys: []string{"late", "gone"}}, evaluated: []string{"late"}, flips: []segment.Flip{{Segment: "late", Entered: true}}},
		"everything at first": {change: segment.Change{All: true}, evaluated: some(t).Keys(), flips: []segment.Flip{{Segment: "buyer", Entered: true}, {Segment: "paris", Entered: true}, {Segment: "talks", Entered: true}, {Segment: "vip", Entered: true}, {Segment: "local-vip", Entered: true}, {Segment: "late", Entered: true}}},
		"another zone":        {change: segment.Change{Names: []string{"timezone"}}, evaluated: some(t).Keys(), flips: []segment.Flip{{Segment: "buyer", Entered: true}, {Segment: "paris", Entered: true}, {Segment: "talks", Entered: true}, {Segment: "vip", Entered: true}, {Segment: "local-vip", Entered: true}, {Segment: "late", Entered: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 5, 1, 23, 0, 0, 0, time.UTC)
			facts := rules.Facts{
				Now: now, Profile: &profile.Profile{Attributes: map[string]any{"city": "Paris"}}, Segments: map[string]bool{"active": true},
				History: map[string][]profile.Event{
					"bought": {{Number: 1, Name: "bought", Time: now}}, "played": {{Number: 2, Name: "played", Time: now}},
				},
			}
			part := some(t).Concerned(c.change)
			if part == nil {
				if len(c.evaluated) > 0 {
					t.Fatal("nothing is concerned")
				}
				return
			}
			out := part.Evaluate(facts)
			if diff := cmp.Diff(c.evaluated, out.Evaluated); diff != "" {
				t.Errorf("evaluated (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.flips, out.Flips); diff != "" {
				t.Errorf("flips (-want +got):\n%s", diff)
			}
			if len(facts.Segments) != 1 {
				t.Errorf("the facts were changed: %v", facts.Segments)
			}
		})
	}
}

// One query has to serve all that may be looked at, those that others lead to included.
func TestReadsOfAllThatMayBeLookedAt(t *testing.T) {
	t.Parallel()
	s := set(t, "a", `user.plan == "free"`, "b", `in_segment("a") && events("bought").within("3d").count() > 0`, "c", `events("played").count() > 0`)
	reads := s.Concerned(segment.Change{Names: []string{"plan"}}).Reads()
	if len(reads.Events) != 1 || reads.Events[0].Name != "bought" || reads.Events[0].Within != 72*time.Hour {
		t.Errorf("it reads %+v", reads.Events)
	}
}

func TestDueIsWhenTimeMayMove(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	out := some(t).Concerned(segment.Change{Event: "played"}).Evaluate(rules.Facts{
		Now: now, Profile: &profile.Profile{}, History: map[string][]profile.Event{"played": {{Number: 1, Name: "played", Time: now.Add(-time.Hour)}}},
	})
	if diff := cmp.Diff([]segment.Due{{Segment: "active", At: now.Add(7*24*time.Hour - time.Hour)}}, out.Due); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhomTimeMayMove(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for rule, want := range map[string]segment.Movable{
		`events("bought").count() > 1`:                                     {},
		`user.plan == "free"`:                                              {},
		`events("played").within("7d").count() == 0`:                       {Events: []rules.EventRead{{Name: "played", Within: 7 * 24 * time.Hour, Windows: []rules.Window{{Least: 7 * 24 * time.Hour, Most: 7 * 24 * time.Hour}}}}},
		`date(user.renews_at) < now + duration("3d")`:                      {Attributes: []string{"renews_at"}},
		`local_hour(now) >= 9`:                                             {Everyone: true},
		`user.plan == "free" && local_hour(now) >= 9`:                      {Attributes: []string{"plan"}},
		`consented("tips") && now > date("2030-01-01")`:                    {Everyone: true},
		`now > date("2020-01-01") && user.plan == "free"`:                  {Attributes: []string{"plan"}},
		`now > date("2026-05-02") && user.plan == "free"`:                  {Everyone: true},
		`in_segment("x") && events("played").within("7d").count() == 0`:    {Everyone: true},
		`user.plan == "free" && events("played").within("1mo").count()==0`: {Events: []rules.EventRead{{Name: "played", Within: 32 * 24 * time.Hour, Windows: []rules.Window{{Least: 27 * 24 * time.Hour, Most: 32 * 24 * time.Hour}}}}, Attributes: []string{"plan"}},
	} {
		got := set(t, "s", rule).Movable("s", rules.Facts{Now: now, Zone: time.UTC})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
		if got.Nobody() != (len(want.Events)+len(want.Attributes) == 0 && !want.Everyone) {
			t.Errorf("%s: nobody is %v", rule, got.Nobody())
		}
	}
}

func TestARuleThatDoesNotCompileLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	s, err := segment.New([]segment.Definition{{Key: "bad", Rule: "&&"}, {Key: "good", Rule: "user.x == 1"}}, nil)
	if err == nil || s == nil || !s.Has("bad") || !s.Has("good") || s.Rule("bad") != nil || len(s.Keys()) != 1 {
		t.Errorf("%v, %v", s, err)
	}
	if s.Has("other") || s.Concerned(segment.Change{Keys: []string{"bad"}}) != nil {
		t.Error("a segment that cannot be worked out is looked at")
	}
}
