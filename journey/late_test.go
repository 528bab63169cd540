package journey_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

func compiled(t *testing.T, source string) *journey.Journey {
	t.Helper()
	j, problems := journey.Compile("journey.yaml", []byte(source), journey.Options{Zone: "UTC"})
	if j == nil || len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return j
}

func at(hours float64) time.Time {
	return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
}

func happened(number int64, name string, when time.Time, properties map[string]any) profile.Event {
	return profile.Event{Number: number, Name: name, Time: when, Arrival: when, Properties: properties}
}

// Nobody looked for a while: a worker was down. What happens then is as of the moment it was due.
func TestLookedAtLate(t *testing.T) {
	t.Parallel()
	t.Run("a window that has shut meanwhile is waited for again", func(t *testing.T) {
		t.Parallel()
		j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait: {window: {from: "18:00", to: "20:00"}}}]}`)
		s := j.Begin(happened(1, "go", at(0), nil), at(0))
		j.Next(s, journey.Facts{Now: at(0)})
		if !s.Wake.Equal(at(6)) {
			t.Fatalf("wakes %s", s.Wake)
		}
		j.Next(s, journey.Facts{Now: at(9)})
		if !s.Wake.Equal(at(30)) {
			t.Errorf("after the window it wakes %s, want the next evening", s.Wake)
		}
		if a := j.Next(s, journey.Facts{Now: at(31)}); a.Kind != journey.End {
			t.Errorf("inside the window: %v", a.Kind)
		}
	})
	t.Run("a spread within the next window is the same at each look", func(t *testing.T) {
		t.Parallel()
		j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait: {window: {from: "18:00", to: "18:30"}, spread: 1h}}]}`)
		s := j.Begin(happened(1, "go", at(0), nil), at(0))
		j.Next(s, journey.Facts{Now: at(0)})
		j.Next(s, journey.Facts{Now: at(9)})
		due := s.Wake
		if due.Before(at(30)) || !due.Before(at(30.5)) {
			t.Fatalf("wakes %s", due)
		}
		j.Next(s, journey.Facts{Now: at(30)})
		if !s.Wake.Equal(due) {
			t.Errorf("wakes %s, and before %s", s.Wake, due)
		}
		if a := j.Next(s, journey.Facts{Now: due}); a.Kind != journey.End {
			t.Errorf("when it is due: %s until %s", a.Kind, s.Wake)
		}
	})
	t.Run("a rule is looked at as of the timeout", func(t *testing.T) {
		t.Parallel()
		j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait_for: {rule: 'events("played").within("3h").count() == 0', timeout: 2h}}]}`)
		played := map[string][]profile.Event{"played": {happened(1, "played", at(0), nil)}}
		s := j.Begin(happened(2, "go", at(0), nil), at(0))
		j.Next(s, journey.Facts{Now: at(0), History: played, Latest: 2})
		j.Next(s, journey.Facts{Now: at(5), History: played, Latest: 2})
		if arm := s.Results["w"].(map[string]any)["arm"]; arm != "timeout" {
			t.Errorf("arm %v: at the timeout the last play was two hours ago", arm)
		}
	})
	t.Run("what led to a collect is in it, and what came before is not", func(t *testing.T) {
		t.Parallel()
		j := compiled(t, `{journey: a, entry: {event: liked}, steps: [{id: w, wait_for: {event: liked}}, {id: c, collect: {event: liked, for: 1h}}]}`)
		n := func(x float64) map[string]any { return map[string]any{"n": x} }
		moment := at(0).Add(300 * time.Millisecond) // it takes a while from event to run
		s := j.Begin(happened(1, "liked", at(0), n(1)), moment)
		j.Next(s, journey.Facts{Now: moment, Latest: 1})
		liked := map[string][]profile.Event{"liked": {happened(2, "liked", at(2), n(2)), happened(3, "liked", at(2.5), n(3))}}
		j.Next(s, journey.Facts{Now: at(2).Add(300 * time.Millisecond), History: map[string][]profile.Event{"liked": liked["liked"][:1]}, Latest: 2})
		s = roundTrip(t, s)
		s.Renumber(10, 2) // two profiles turn out to be one person
		for i := range liked["liked"] {
			liked["liked"][i].Number += 10
		}
		j.Next(s, journey.Facts{Now: at(4), History: liked, Latest: 13})
		if got := s.Results["c"].([]any); len(got) != 2 {
			t.Errorf("collected %v", got)
		}
	})
	t.Run("an event is judged by what had happened by then", func(t *testing.T) {
		t.Parallel()
		j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait_for: {event: shared, where: 'events("shared").count() == 2', timeout: 9h}}]}`)
		shared := map[string][]profile.Event{"shared": {
			happened(2, "shared", at(1), nil), happened(3, "shared", at(2), nil), happened(4, "shared", at(3), nil),
		}}
		s := j.Begin(happened(1, "go", at(0), nil), at(0))
		a := j.Next(s, journey.Facts{Now: at(4), History: shared, Latest: 4})
		if a.Kind != journey.End || a.Notes[0].Inputs["number"] != int64(3) {
			t.Errorf("want the second share to match, got %v %v", a.Kind, a.Notes)
		}
	})
}

func TestGoalOf(t *testing.T) {
	t.Parallel()
	j := compiled(t, `{journey: a, entry: {event: go}, goal: {event: [paid, go], where: event.sum > 0, within: 1d, value: event.sum}, steps: [{id: w, wait: 9d}]}`)
	s := j.Begin(happened(1, "go", at(0), map[string]any{"sum": 1.0}), at(0))
	late := happened(2, "paid", at(23), map[string]any{"sum": 5.0})
	late.Arrival = at(100)
	for _, c := range []struct {
		name    string
		event   profile.Event
		reached bool
	}{
		{"the entry itself", s.Entry, false},
		{"heard of late, done in time", late, true},
		{"to the second", happened(2, "paid", at(24), map[string]any{"sum": 5.0}), true},
		{"too late", happened(2, "paid", at(24.01), map[string]any{"sum": 5.0}), false},
		{"not its where", happened(2, "paid", at(1), nil), false},
		{"another event", happened(2, "played", at(1), map[string]any{"sum": 5.0}), false},
		{"what entered, again", happened(2, "go", at(1), map[string]any{"sum": 5.0}), true},
	} {
		reached, value := j.GoalOf(s, c.event, journey.Facts{Now: at(100)})
		if reached != c.reached || reached && (value == nil || *value != 5) {
			t.Errorf("%s: reached %v, worth %v", c.name, reached, value)
		}
	}
}

// A run whose version does not know its step any more ends, and takes nobody down.
func TestLostStep(t *testing.T) {
	t.Parallel()
	j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait: 1h}]}`)
	s := j.Begin(happened(1, "go", at(0), nil), at(0))
	s.Step, s.Parked = "gone", true
	v := j.Judge(s, happened(2, "x", at(1), nil), []string{"timezone"}, journey.Facts{Now: at(1)})
	if a := j.Next(s, journey.Facts{Now: at(1)}); a.Kind != journey.End || a.Reason != journey.ReasonFailed || v.Look {
		t.Errorf("got %v %q, %+v", a.Kind, a.Reason, v)
	}
}

// Dates at the ends of the calendar are waited for, or past, and always fit the database.
func TestEndsOfTheCalendar(t *testing.T) {
	t.Parallel()
	j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait: {until: user.date, offset: 1200mo, past: exit, spread: 15m}}]}`)
	for date, kind := range map[string]journey.ActionKind{
		"9999-12-31": journey.Park, "0001-01-01": journey.End,
	} {
		p := &profile.Profile{Attributes: map[string]any{"date": date, "timezone": "Pacific/Kiritimati"}}
		s := j.Begin(happened(1, "go", at(0), nil), at(0))
		a := j.Next(s, journey.Facts{Now: at(0), Profile: p})
		roundTrip(t, s)
		if _, err := json.Marshal(a); err != nil || a.Kind != kind {
			t.Errorf("%s: %s until %s (%v)", date, a.Kind, s.Wake, err)
		}
	}
	back := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: w, wait: {until: user.date, offset: -1200mo}}]}`)
	s := back.Begin(happened(1, "go", at(0), nil), at(0))
	a := back.Next(s, journey.Facts{Now: at(0), Profile: &profile.Profile{Attributes: map[string]any{"date": "0005-01-01"}}})
	if _, err := json.Marshal(a); err != nil || a.Kind != journey.End {
		t.Errorf("long past: %s (%v)", a.Kind, err)
	}
}
