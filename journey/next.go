package journey

import (
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Facts are what the world knows at the moment a run is looked at.
type Facts struct {
	Now     time.Time        // in the run's clock
	Zone    *time.Location   // the workspace's; nil when it has none
	Profile *profile.Profile // as it is now

	// History holds the events that Needs asks for, by name, ascending by number, with times in the
	// run's clock. Every such event up to the number Latest is in it.
	History map[string][]profile.Event
	// Days stand for events that the rules of Needs only add up.
	Days   map[string][]profile.Day
	Latest int64
	// Dispatched says up to which number events were put before Judge: those are not judged again.
	Dispatched int64

	Chance map[string]string // what a case says is drawn: step -> variant
	// Assigned are the variants that the profile has, by step, and Weights what bandits draw by now, by step and variant.
	Assigned map[string]string
	Weights  map[string]map[string]float64
	Context  map[string]map[string]any // by what a variant is chosen for the person, by step

	Segments  map[string]bool           // those that the profile is in
	Catalogs  map[string]rules.Catalog  // of the workspace
	Calendars map[string]rules.Calendar // of the workspace
	Trends    map[rules.Trend]string    // what is on the rise
}

// maxSteps bounds how many steps one call of Next may walk. Steps are a tree that is walked forward,
// so it cannot be reached; it is there so that a mistake ends a run instead of a process.
const maxSteps = 10_000

// Begin makes the state of a run that has just entered. An enrolment's event has the number of the
// profile's latest event, so that what came before it does not count as coming after.
func (j *Journey) Begin(entry profile.Event, now time.Time) *State {
	return &State{Entry: entry, Entered: now, Now: now, Led: entry.Number}
}

// Next says what the run does next, and notes in s where it stands now. It depends on nothing but
// the journey, s and f.
//
// While a send or an update is not reported over by Resolve, Next asks for it again, after looking
// at the exits. Of a run that is over, it answers End each time.
func (j *Journey) Next(s *State, f Facts) Action {
	w := newWalk(j, s, f)
	a := w.run()
	if a.Kind == End {
		s.Exit, s.Parked, s.Until, s.Wake = a.Reason, false, time.Time{}, time.Time{}
	}
	s.Judged, s.Migrated = max(s.Judged, f.Latest), Migrated{}
	a.Notes, a.Reached, a.Drawn = w.notes, w.reached, w.drawn
	return a
}

// Resolve says that the send or update at s.Step is over, whatever became of it (a skip is not an
// exit): the next Next goes on behind it.
func (j *Journey) Resolve(s *State, _ Outcome) { s.Done = true }

// ResolveCall says what a call at s.Step came to: the JSON that was answered, or that it failed. The
// next Next goes on behind it, or ends the run when the step says so.
func (j *Journey) ResolveCall(s *State, answered bool, body any) {
	s.Done = true
	at := j.byID[s.Step]
	if at == nil {
		return
	}
	c, ok := at.body.(*call)
	switch {
	case !ok:
	case answered && c.SaveAs != "":
		if s.Results == nil {
			s.Results = Results{}
		}
		s.Results[resultName(c.SaveAs)] = body
	case !answered:
		delete(s.Results, resultName(c.SaveAs)) // of an earlier round
		if c.OnError == "exit" {
			s.Exit = ReasonFailed
		}
	}
}

// walk is one look at one run.
type walk struct {
	j     *Journey
	s     *State
	f     Facts
	seen  int64 // events up to here are judged, for the exits and for the wait it is parked in
	flips time.Time
	notes []Note

	reached []Arrival
	drawn   []Draw
}

// newWalk begins a look at a run. Time never goes back for it.
func newWalk(j *Journey, s *State, f Facts) *walk {
	if f.Profile == nil {
		f.Profile = &profile.Profile{}
	}
	if f.Now.After(s.Now) {
		s.Now = f.Now
	}
	return &walk{j: j, s: s, f: f, seen: max(s.Judged, f.Dispatched, s.Entry.Number)}
}

// look is a walk over a copy of the state: it judges, and changes nothing.
func look(j *Journey, s *State, f Facts) *walk {
	same := *s
	return newWalk(j, &same, f)
}

// turn is what a step makes of a look.
type turn struct {
	over   bool  // the step is over; go on at to (nil: the journey is completed)
	to     *step // of over
	led    int64 // of over: the number of the event that ended the wait; 0: none did
	exit   string
	action *Action   // ask the world
	until  time.Time // park: the deadline, zero for none
	flips  time.Time // park: when a rule that the step waits for may change by itself
}

func goOn(to *step) turn          { return turn{over: true, to: to} }
func leaveFor(reason string) turn { return turn{exit: reason} }

func (w *walk) run() Action {
	s := w.s
	if s.Exit != "" {
		return w.end(s.Exit, "")
	}
	if s.Held {
		s.Led = 0 // a hold is a wait, and time ends it
	}
	if reason := w.exitByEvent(); reason != "" {
		return w.end(reason, "")
	}
	at, first := w.j.byID[s.Step], false
	switch {
	case s.Migrated.To != "":
		at, first = w.j.byID[s.Migrated.To], true
	case s.Step == "":
		s.Key = w.j.EntryKey(w.f, s.Entry)
		at, first = w.j.first(), true
	case at == nil:
		return w.end("failed", "no step "+s.Step+" in this version")
	case s.Done:
		at, first = at.next, true
	}
	for range maxSteps {
		if reason := w.exitByRule(); reason != "" {
			return w.end(reason, "")
		}
		if at == nil {
			return w.end("completed", "")
		}
		if out := w.brokenOff(at); out != nil {
			at, first = w.breakOff(out), true
			s.waited(0)
			continue
		}
		if first {
			*s = s.arriving(at.id)
			w.reached = append(w.reached, Arrival{Step: at.id, First: s.inFirstRounds()})
		}
		t := at.body.look(w, at, first)
		switch {
		case t.exit != "":
			return w.end(t.exit, "")
		case t.over:
			at, first = t.to, true
			s.waited(t.led)
			continue
		case t.action != nil:
			s.Wake = w.flips
			t.action.Step, t.action.FlipsAt = at.id, w.flips
			return *t.action
		}
		w.flips = earliest(w.flips, t.flips)
		s.Parked, s.Until, s.Wake, s.Skips = true, t.until, earliest(t.until, w.flips), false
		return Action{Kind: Park, Step: at.id, FlipsAt: w.flips}
	}
	return w.end("failed", "too many steps in one go")
}

// arriving is the state of a run that has just come to a step.
func (s *State) arriving(id string) State {
	next := *s
	next.Step, next.Arrived, next.From, next.Visit = id, s.Now, time.Time{}, s.Visit+1
	next.Parked, next.Done, next.Match = false, false, nil
	next.Until, next.Wake, next.Held, next.Chosen, next.ChosenIn = time.Time{}, time.Time{}, false, time.Time{}, ""
	return next
}

// inFirstRounds tells whether no repeat that the run is in has begun anew.
func (s *State) inFirstRounds() bool {
	for _, l := range s.Loops {
		if l.Rounds > 1 {
			return false
		}
	}
	return true
}

// waited says that the run goes on; where it was parked, because of an event (0: without one).
func (s *State) waited(led int64) {
	if s.Parked {
		s.Led = led
	}
	s.Parked, s.Match = false, nil
}

// leave puts down what a step leaves to the rules after it.
func (s *State) leave(at *step, result any) {
	if s.Results == nil {
		s.Results = Results{}
	}
	s.Results[resultName(at.id)] = result
}

func (w *walk) end(reason, text string) Action {
	if text == "" {
		text = "the run ends: " + reason
	}
	w.note("", "exit", reason, text, nil)
	return Action{Kind: End, Step: w.s.Step, Reason: reason}
}

func (w *walk) note(step, kind, reason, text string, inputs map[string]any) {
	w.notes = append(w.notes, Note{At: w.s.Now, Step: step, Kind: kind, Reason: reason, Text: text, Inputs: inputs})
}

// writable keeps an instant within the years 1 to 9999, which is what JSON and databases can write.
func writable(t time.Time) time.Time {
	switch year := t.Year(); {
	case year > 9998: // some zone may be a year ahead
		return time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC)
	case year < 2:
		return time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// earliest is the earlier of two instants, where zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
