package journey_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// read is what of a history a run in this state wants to see, and how many events that are of those that
// it looks at one by one.
func read(j *journey.Journey, s *journey.State, all map[string][]profile.Event) (history map[string][]profile.Event, rows int) {
	history = map[string][]profile.Event{}
	needs := j.Needs(s)
	for name, after := range needs.After {
		history[name] = slices.DeleteFunc(slices.Clone(all[name]), func(e profile.Event) bool { return e.Number <= after })
		rows += len(history[name])
	}
	for _, r := range needs.Events {
		history[r.Name] = all[r.Name]
	}
	return history, rows
}

// TestWhatIsNotReadWouldNotHaveMattered: a run that sees just what it says it needs does what it would
// have done at the sight of all that ever happened.
func TestWhatIsNotReadWouldNotHaveMattered(t *testing.T) {
	t.Parallel()
	all := everyJourney(t)
	keys := slices.Sorted(maps.Keys(all))
	rapid.Check(t, func(rt *rapid.T) {
		j := all[rapid.SampledFrom(keys).Draw(rt, "journey")].a
		l := drawLife(rt, j)
		for range rapid.IntRange(1, 25).Draw(rt, "looks") {
			some, facts := roundTrip(t, l.s), l.f
			facts.History, _ = read(j, some, l.f.History)
			for range 20 { // one look may walk over many steps that ask for something
				want, got := j.Next(l.s, l.f), j.Next(some, facts)
				if diff := cmp.Diff(want, got); diff != "" {
					rt.Fatalf("another action (-at the sight of all +as read):\n%s", diff)
				}
				if diff := cmp.Diff(roundTrip(t, l.s), roundTrip(t, some)); diff != "" {
					rt.Fatalf("another state (-at the sight of all +as read):\n%s", diff)
				}
				switch {
				case want.Kind == journey.End:
					return
				case want.Kind == journey.Call:
					j.ResolveCall(l.s, true, map[string]any{"value": 1.0})
					j.ResolveCall(some, true, map[string]any{"value": 1.0})
				case want.Kind != journey.Park:
					j.Resolve(l.s, journey.Sent)
					j.Resolve(some, journey.Sent)
				}
				if want.Kind == journey.Park {
					break
				}
			}
			for range rapid.IntRange(0, 3).Draw(rt, "happen") {
				l.overtaken(j)
			}
			if w := l.s.Wake; w.After(l.f.Now) && rapid.Bool().Draw(rt, "time comes") {
				l.f.Now = w
			} else {
				l.pass()
			}
		}
	})
}

// overtaken lets an event come, sometimes a little after the instant at which the run is looked at next,
// as when a timer fires late; and compares how it is judged.
func (l *life) overtaken(j *journey.Journey) {
	now := l.f.Now
	l.f.Now = now.Add(time.Duration(rapid.IntRange(0, 4).Draw(l.rt, "late")) * time.Second)
	e := l.event(rapid.SampledFrom(names()).Draw(l.rt, "event"))
	facts := l.f
	facts.History, _ = read(j, l.s, l.f.History)
	if diff := cmp.Diff(j.Judge(l.s, e, nil, l.f), j.Judge(l.s, e, nil, facts)); diff != "" {
		l.rt.Fatalf("judged otherwise (-at the sight of all +as read):\n%s", diff)
	}
	l.f.Now = now
}

// TestAYearOfDigestsReadsNoMoreThanAWeek: however long a run lasts, a look at it reads what its round may
// gather, and what was not judged yet.
func TestAYearOfDigestsReadsNoMoreThanAWeek(t *testing.T) {
	t.Parallel()
	for since, body := range map[string]string{
		"last":    `{event: friend_shared, for: 0h, since: last, max: 50}`,
		"arrival": `{event: friend_shared, for: 1d}`,
	} {
		t.Run(since, func(t *testing.T) {
			t.Parallel()
			j := compiled(t, `journey: digest
entry: { event: signed_up }
exit: [ { event: message_received, where: event.text == "STOP" } ]
steps:
  - id: weekly
    repeat:
      every: 7d
      steps: [ { id: shared, collect: `+body+` } ]
`)
			begun := happened(1, "signed_up", at(0), nil)
			s, now, latest, gathered := j.Begin(begun, at(0)), at(0), int64(1), 0
			all := map[string][]profile.Event{}
			look := func() {
				history, rows := read(j, s, all)
				if rows > 7*2*2+2 {
					t.Fatalf("%d events are read at %s", rows, now)
				}
				a := j.Next(s, journey.Facts{Now: now, History: history, Latest: latest})
				if a.Kind != journey.Park {
					t.Fatalf("%s at %s", a.Kind, now)
				}
				for _, n := range a.Notes {
					if count, ok := n.Inputs["count"].(int); ok {
						gathered += count
					}
				}
				s = roundTrip(t, s)
			}
			look()
			for day := range 364 {
				for _, name := range []string{"friend_shared", "message_received", "friend_shared", "message_received"} {
					now, latest = now.Add(5*time.Hour), latest+1
					all[name] = append(all[name], happened(latest, name, now, nil))
				}
				if now = at(float64(24 * (day + 1))); !now.Before(s.Wake) {
					look()
				}
			}
			if want := map[string]int{"last": 51 * 14, "arrival": 51 * 2}[since]; gathered < want || gathered > want+14 {
				t.Errorf("%d events are gathered in a year, want about %d", gathered, want)
			}
		})
	}
}
