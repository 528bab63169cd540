package journey_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// twins are one version, compiled twice.
type twins struct{ a, b *journey.Journey }

// everyJourney compiles the journeys of all run cases.
func everyJourney(t *testing.T) map[string]twins {
	all := map[string]twins{}
	for _, folder := range folders(t, "testdata/run/*") {
		a, problems := compileCase(t, folder)
		b, _ := compileCase(t, folder)
		if a == nil || b == nil {
			t.Fatalf("%s does not compile: %v", folder, problems)
		}
		all[filepath.Base(folder)] = twins{a, b}
	}
	return all
}

// life is a profile to which anything may happen, and one run of it.
type life struct {
	rt    *rapid.T
	start time.Time
	f     journey.Facts
	s     *journey.State
}

func names() []string {
	return []string{
		"signed_up", "go", "cart", "cart_updated", "subscribed", "playlist_created", "playlist_shared", "shared",
		"liked", "played", "paid", "bought", "confirmed", "stop", "again",
	}
}

func drawLife(rt *rapid.T, j *journey.Journey) *life {
	paris, _ := calendar.LoadZone("Europe/Paris")
	start := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	l := &life{rt: rt, start: start, f: journey.Facts{
		Now: start, Zone: paris, Profile: &profile.Profile{ID: "p1", Attributes: map[string]any{}}, History: map[string][]profile.Event{},
	}}
	for range rapid.IntRange(0, 3).Draw(rt, "before") {
		l.change()
	}
	l.s = j.Begin(l.event(j.Entry().Events[0]), l.f.Now)
	return l
}

func (l *life) pass() {
	most := rapid.SampledFrom([]int64{1, 60, 3600, 86400, 10 * 86400}).Draw(l.rt, "scale")
	l.f.Now = l.f.Now.Add(time.Duration(rapid.Int64Range(1, most).Draw(l.rt, "seconds")) * time.Second)
}

func (l *life) event(name string) profile.Event {
	n := float64(rapid.IntRange(1, 3).Draw(l.rt, "n"))
	e := profile.Event{Number: l.f.Latest + 1, Name: name, Time: l.f.Now, Arrival: l.f.Now, Properties: map[string]any{
		"n": n, "id": n, "plan": rapid.SampledFrom([]any{"free", "trial", "pro", nil}).Draw(l.rt, "plan"), "visibility": "public", "on": l.date(),
	}}
	l.f.Latest++
	l.f.History = maps.Clone(l.f.History)
	l.f.History[name] = append(slices.Clone(l.f.History[name]), e)
	return e
}

func (l *life) date() any {
	days := rapid.IntRange(-5, 40).Draw(l.rt, "days")
	return rapid.SampledFrom([]any{l.start.AddDate(0, 0, days).Format(time.RFC3339), nil, "soon"}).Draw(l.rt, "date")
}

// change sets one attribute and returns its name.
func (l *life) change() string {
	name := rapid.SampledFrom([]string{"renews_at", "visit", "timezone", "vip", "deleted", "plan", "email"}).Draw(l.rt, "attribute")
	next := *l.f.Profile
	next.Attributes = maps.Clone(next.Attributes)
	switch name {
	case "renews_at", "visit":
		next.Attributes[name] = l.date()
	case "timezone":
		next.Attributes[name] = rapid.SampledFrom([]any{"Asia/Tokyo", "America/St_Johns", "Nowhere", nil}).Draw(l.rt, "zone")
	default:
		next.Attributes[name] = rapid.SampledFrom([]any{true, false, "x", nil}).Draw(l.rt, "value")
	}
	l.f.Profile = &next
	return name
}

// TestMoveIsAFunction: what Next says depends on version, state and facts alone, and the state
// survives the database between any two calls. Time never goes back, and a parked run wakes after now.
func TestMoveIsAFunction(t *testing.T) {
	t.Parallel()
	all := everyJourney(t)
	keys := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(rt *rapid.T) {
		pair := all[rapid.SampledFrom(keys).Draw(rt, "journey")]
		l := drawLife(rt, pair.a)
		for range rapid.IntRange(1, 25).Draw(rt, "moves") {
			stored, again := roundTrip(t, l.s), roundTrip(t, l.s)
			before := l.s.Now
			want := pair.a.Next(l.s, l.f)
			for _, other := range []struct {
				j *journey.Journey
				s *journey.State
			}{{pair.a, stored}, {pair.b, again}} {
				if diff := cmp.Diff(want, other.j.Next(other.s, l.f)); diff != "" {
					rt.Fatalf("another action:\n%s", diff)
				}
				if diff := cmp.Diff(roundTrip(t, l.s), roundTrip(t, other.s)); diff != "" {
					rt.Fatalf("another state:\n%s", diff)
				}
			}
			if l.s.Now.Before(before) || l.s.Now.Before(l.f.Now) {
				rt.Fatalf("time went back: %s, then %s", before, l.s.Now)
			}
			if w := l.s.Wake; want.Kind == journey.Park && !w.IsZero() && !w.After(l.s.Now) {
				rt.Fatalf("at %s parked until %s", l.s.Now, w)
			}
			l.goOn(pair.a, want)
		}
	})
}

// goOn lets something happen before the next call.
func (l *life) goOn(j *journey.Journey, a journey.Action) {
	switch rapid.IntRange(0, 4).Draw(l.rt, "then") {
	case 0:
		l.event(rapid.SampledFrom(names()).Draw(l.rt, "event"))
	case 1:
		l.change()
	case 2:
		if w := l.s.Wake; w.After(l.f.Now) {
			l.f.Now = w
		}
	default:
		l.pass()
	}
	switch {
	case a.Kind == journey.Park || a.Kind == journey.End || !rapid.Bool().Draw(l.rt, "over"):
	case a.Kind == journey.Call:
		j.ResolveCall(l.s, rapid.Bool().Draw(l.rt, "answered"), map[string]any{"value": 1.0})
	default:
		j.Resolve(l.s, journey.Sent)
	}
}

// TestWalksEnd: whatever happened, a run whose timers fire comes to its end, or waits for something
// that only an event can bring.
func TestWalksEnd(t *testing.T) {
	t.Parallel()
	all := everyJourney(t)
	keys := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(rt *rapid.T) {
		j := all[rapid.SampledFrom(keys).Draw(rt, "journey")].a
		l := drawLife(rt, j)
		for range 60 {
			a := j.Next(l.s, l.f)
			switch {
			case a.Kind == journey.End:
				if again := j.Next(l.s, l.f); again.Kind != journey.End || again.Reason != a.Reason {
					rt.Fatalf("ended with %q, then %s %q", a.Reason, again.Kind, again.Reason)
				}
				return
			case a.Kind == journey.Park && l.s.Wake.IsZero():
				return
			case a.Kind == journey.Park:
				l.f.Now = l.s.Wake
			default:
				j.Resolve(l.s, journey.Sent)
			}
		}
		rt.Fatalf("no end: %+v", l.s)
	})
}

// TestWhatDoesNotMatterChangesNothing: an event or change that the journey does not care about means
// nothing to Judge, and Next says the same with and without it.
func TestWhatDoesNotMatterChangesNothing(t *testing.T) {
	t.Parallel()
	all := everyJourney(t)
	keys := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(rt *rapid.T) {
		j := all[rapid.SampledFrom(keys).Draw(rt, "journey")].a
		l := drawLife(rt, j)
		for range rapid.IntRange(1, 10).Draw(rt, "moves") {
			l.goOn(j, j.Next(l.s, l.f))
		}
		quiet := *l
		a := j.Next(l.s, l.f)
		if a.Kind != journey.Park {
			return
		}
		// The run is parked: what happens now is put before Judge.
		quiet.f, quiet.s = l.f, roundTrip(t, l.s)
		var e profile.Event
		var changed []string
		if rapid.Bool().Draw(rt, "is an event") {
			e = l.event(rapid.SampledFrom(append(names(), "noise")).Draw(rt, "event"))
		} else {
			changed = []string{l.change()}
		}
		if j.Cares(e.Name, changed) {
			return
		}
		if diff := cmp.Diff(journey.Judgement{}, j.Judge(l.s, e, changed, l.f)); diff != "" {
			rt.Fatalf("judged:\n%s", diff)
		}
		if diff := cmp.Diff(j.Next(quiet.s, quiet.f), j.Next(l.s, l.f)); diff != "" {
			rt.Fatalf("moved by %s %v:\n%s", e.Name, changed, diff)
		}
	})
}
