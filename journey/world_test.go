package journey_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// world plays a script to one journey and one profile: events as dispatch handles them, timers, and
// sends that always succeed. Everything that happens is a line of its timeline.
type world struct {
	t        *testing.T
	j        *journey.Journey
	zone     *time.Location
	profile  *profile.Profile
	history  map[string][]profile.Event
	latest   int64
	now      time.Time
	hold     map[string]time.Duration // by step: how long the gate holds its message
	judging  bool                     // events are judged as they come; else runs look for themselves
	calls    map[string][]any         // by step: what is answered, one after the other; nil: it fails
	chance   map[string]string
	emitted  []*journey.Emission // by runs that are still on their way
	runs     []*run
	entries  map[string]time.Time // the last by key
	timeline []string
}

type run struct {
	key   string
	state *journey.State
	wake  time.Time
	over  bool
	goal  bool
	moved bool // into another version, just now
}

func (w *world) facts(r *run) journey.Facts {
	f := journey.Facts{Now: w.now, Zone: w.zone, Profile: w.profile, History: w.history, Latest: w.latest, Chance: w.chance}
	if w.judging {
		f.Dispatched = w.latest
	}
	return f
}

func (w *world) say(r *run, format string, args ...any) {
	loc := w.zone
	if name, ok := w.profile.Text("timezone"); ok {
		if l, ok := calendar.LoadZone(name); ok {
			loc = l
		}
	}
	if loc == nil {
		loc = time.UTC
	}
	line := w.now.In(loc).Format("Mon 2006-01-02 15:04:05 -0700") + "  "
	if r != nil && r.key != "" {
		line += "[" + r.key + "] "
	}
	w.timeline = append(w.timeline, line+fmt.Sprintf(format, args...))
}

// event makes the profile do something: goals, exits and waits of its runs, then entries.
func (w *world) event(name string, properties map[string]any) {
	w.latest++
	e := profile.Event{Number: w.latest, Name: name, Properties: properties, Time: w.now, Arrival: w.now}
	w.history[name] = append(w.history[name], e)
	w.happened(e, nil)
	if !w.j.Enters(name) {
		return
	}
	f := w.facts(nil)
	c := journey.Candidate{Event: e, Key: w.j.EntryKey(f, e)}
	for _, r := range w.runs {
		c.Active = c.Active || !r.over && r.key == c.Key
	}
	if last, ok := w.entries[c.Key]; ok {
		c.Last = &last
	}
	if refused := w.j.EntryVerdict(c, f); refused != "" {
		w.say(nil, "refused %s", refused)
		return
	}
	w.entries[c.Key] = w.now
	r := &run{key: c.Key, state: w.j.Begin(e, w.now)}
	w.runs = append(w.runs, r)
	w.say(r, "enters")
	w.advance(r)
}

// identify changes attributes; nil takes one away.
func (w *world) identify(attributes map[string]any) {
	next := *w.profile
	next.Attributes = maps.Clone(next.Attributes)
	for name, value := range attributes {
		if value == nil {
			delete(next.Attributes, name)
		} else {
			next.Attributes[name] = value
		}
	}
	w.profile = &next
	w.happened(profile.Event{Arrival: w.now, Time: w.now}, slices.Sorted(maps.Keys(attributes)))
}

// migrate puts another version in the place of the journey, and its runs into that.
func (w *world) migrate(to *journey.Journey) {
	from := w.j
	w.j = to
	w.say(nil, "the journey is edited")
	for _, r := range w.runs {
		if r.over {
			continue
		}
		at := r.state.Step
		l := to.Migrate(from, r.state)
		switch {
		case l.Stays:
			w.say(r, "moved: stays at %s", at)
		case l.Step == "":
			w.say(r, "moved: from %s to the end", at)
		default:
			w.say(r, "moved: from %s to %s", at, l.Step)
		}
		r.moved = true
		w.advance(r)
	}
}

func (w *world) happened(e profile.Event, changed []string) {
	for _, r := range w.runs {
		if hit, value := w.j.GoalOf(r.state, e, w.facts(r)); hit && !r.goal {
			r.goal = true
			w.say(r, "goal %s", worth(value))
		}
		if r.over || !w.j.Cares(e.Name, changed) {
			continue
		}
		if !w.judging {
			w.advance(r)
			continue
		}
		v := w.j.Judge(r.state, e, changed, w.facts(r))
		r.state.Exit, r.state.Match = v.Exit, v.Match
		if v.Exit != "" || v.Match != nil || v.Look {
			w.advance(r)
		}
	}
}

func worth(value *float64) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}

// advance takes a run as far as it goes now, and lets happen what it has emitted by then.
func (w *world) advance(r *run) {
	w.walk(r)
	for len(w.emitted) > 0 {
		e := w.emitted[0]
		w.emitted = w.emitted[1:]
		w.event(e.Event, e.Properties)
	}
}

// walk asks what is next until the run rests. Its state goes through JSON each time, as in the database.
func (w *world) walk(r *run) {
	for range 100 {
		if !r.moved {
			r.state = roundTrip(w.t, r.state)
		}
		r.moved = false
		a := w.j.Next(r.state, w.facts(r))
		for _, n := range a.Notes {
			w.say(r, "    %s: %s (%s)", n.Kind, n.Text, n.Reason)
		}
		switch a.Kind {
		case journey.Park:
			r.wake = r.state.Wake
			return
		case journey.End:
			w.say(r, "exit %s", a.Reason)
			r.over, r.wake = true, time.Time{}
			return
		case journey.Send:
			if until := r.state.Arrived.Add(w.hold[a.Step]); w.now.Before(until) {
				if !r.state.Held {
					w.say(r, "hold %s", a.Step)
				}
				r.wake, r.state.Held = until, true
				if !a.FlipsAt.IsZero() && a.FlipsAt.Before(until) {
					r.wake = a.FlipsAt
				}
				return
			}
			r.state.Held = false
			line := fmt.Sprintf("send %s: %s by %s", a.Step, a.Send.Template, strings.Join(a.Send.Channels, ", "))
			if a.Send.Priority != journey.Normal {
				line += ", " + string(a.Send.Priority)
			}
			if !a.Send.ExpiresAt.IsZero() {
				line += ", expires " + a.Send.ExpiresAt.UTC().Format(time.RFC3339)
			}
			w.say(r, "%s", line)
			w.j.Resolve(r.state, journey.Sent)
		case journey.Update:
			w.update(r, a)
			w.j.Resolve(r.state, "")
		case journey.Emit:
			w.say(r, "emit %s: %s", a.Step, text(w.t, a.Emit))
			w.emitted = append(w.emitted, a.Emit)
			w.j.Resolve(r.state, "")
		case journey.Start:
			w.say(r, "start %s: %s", a.Step, text(w.t, a.Start))
			w.j.Resolve(r.state, "")
		case journey.Call:
			w.call(r, a)
		}
	}
	w.t.Fatalf("the run does not come to rest: %+v", r.state)
}

// call gives the next answer of the script; the last repeats.
func (w *world) call(r *run, a journey.Action) {
	var answer any
	if answers := w.calls[a.Step]; len(answers) > 0 {
		if answer = answers[0]; len(answers) > 1 {
			w.calls[a.Step] = answers[1:]
		}
	}
	w.say(r, "call %s: %s %s, answered %s", a.Step, a.Call.Method, a.Call.URL, text(w.t, answer))
	w.j.ResolveCall(r.state, answer != nil, answer)
}

func text(t *testing.T, value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (w *world) update(r *run, a journey.Action) {
	w.say(r, "update %s: %s", a.Step, text(w.t, a.Update))
	next := *w.profile
	next.Attributes = maps.Clone(next.Attributes)
	maps.Copy(next.Attributes, a.Update.Set)
	for _, name := range a.Update.Unset {
		delete(next.Attributes, name)
	}
	w.profile = &next
}

// until lets time pass: timers due by then fire, runs in order of entry.
func (w *world) until(t time.Time, inclusive bool) {
	for range 1000 {
		var first *run
		for _, r := range w.runs {
			if !r.wake.IsZero() && (first == nil || r.wake.Before(first.wake)) {
				first = r
			}
		}
		if first == nil || first.wake.After(t) || first.wake.Equal(t) && !inclusive {
			break
		}
		if first.wake.Before(w.now) {
			w.t.Fatalf("a timer for %s is set at %s", first.wake, w.now)
		}
		w.now = first.wake
		w.advance(first)
	}
	w.now = t
}

func roundTrip(t testing.TB, s *journey.State) *journey.State {
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("state: %v", err)
	}
	var back journey.State
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatalf("state: %v", err)
	}
	return &back
}
