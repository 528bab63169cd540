package journey_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// TestJudgeSeesWhatNextSees: dispatch wakes a run only when Judge has something to say. Where it has
// not, a run that looks all the same stays where it is; where it has, that is what comes of it.
func TestJudgeSeesWhatNextSees(t *testing.T) {
	t.Parallel()
	all := everyJourney(t)
	keys := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(rt *rapid.T) {
		j := all[rapid.SampledFrom(keys).Draw(rt, "journey")].a
		l := drawLife(rt, j)
		for range rapid.IntRange(1, 20).Draw(rt, "moves") {
			a := j.Next(l.s, l.f)
			if a.Kind == journey.End {
				return
			}
			if a.Kind != journey.Park {
				j.Resolve(l.s, journey.Sent)
				continue
			}
			if w := l.s.Wake; rapid.Bool().Draw(rt, "time passes") && !w.IsZero() {
				l.f.Now = w
				continue
			}
			if l.pass(); !l.s.Wake.IsZero() && !l.f.Now.Before(l.s.Wake) {
				continue // its timer comes first
			}
			l.hears(t, j)
			if l.s.Exit != "" {
				return
			}
		}
	})
}

// hears lets something happen to a parked run, and compares what is judged with what is looked at.
func (l *life) hears(t *testing.T, j *journey.Journey) {
	var e profile.Event
	var changed []string
	if rapid.Bool().Draw(l.rt, "is an event") {
		e = l.event(rapid.SampledFrom(names()).Draw(l.rt, "event"))
	} else {
		changed = []string{l.change()}
		e.Arrival, e.Time = l.f.Now, l.f.Now
	}
	before := roundTrip(t, l.s)
	v := j.Judge(l.s, e, changed, l.f)
	a := j.Next(l.s, l.f)
	moved := a.Kind != journey.Park || l.s.Visit != before.Visit || !l.s.Until.Equal(before.Until)
	sooner := a.Kind == journey.Park && !l.s.Wake.IsZero() && (before.Wake.IsZero() || l.s.Wake.Before(before.Wake))
	switch {
	case v.Exit != "":
		if a.Kind != journey.End || a.Reason != v.Exit {
			l.rt.Fatalf("judged to exit with %s; it says %s %q", v.Exit, a.Kind, a.Reason)
		}
	case v.Match != nil:
		if !moved {
			l.rt.Fatalf("judged to match %+v; it stays at %s", v.Match, l.s.Step)
		}
	case !v.Look && (moved || sooner):
		l.rt.Fatalf("%s %v was passed over, and moves it: %s at %s until %s, wakes %s; before at %s until %s, wakes %s",
			e.Name, changed, a.Kind, l.s.Step, l.s.Until, l.s.Wake, before.Step, before.Until, before.Wake)
	}
}
