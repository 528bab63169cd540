package store

import (
	"math"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Past is what somebody did: event by event, and whole days added up where that is all that is asked.
type Past struct {
	Events map[string][]profile.Event // by name, ascending
	Days   map[string][]profile.Day
}

// UpTo leaves out the events that came after one. The days were read so that they hold none.
func (p Past) UpTo(number int64) {
	for name, events := range p.Events {
		if later := slices.IndexFunc(events, func(e profile.Event) bool { return e.Number > number }); later >= 0 {
			p.Events[name] = events[:later]
		}
	}
}

// Want is one event name with how far back it is read: later than Since, numbered above After.
// A name is wanted once.
type Want struct {
	Name       string
	Since      time.Time
	After      int64
	Properties bool // else not: they are only counted

	// A whole day may be added up when its events are numbered up to DaysUpTo (0: none may) and happened by
	// DaysBy, and none of the cuts goes through it.
	DaysUpTo int64
	DaysBy   time.Time
	Cuts     []Cut
}

// Cut is where windows begin. Of a day that it goes through, each event is looked at.
type Cut struct{ From, To time.Time }

// Sight is whence the past is looked at.
type Sight struct {
	Now   time.Time // in the clock
	Clock calendar.Clock
	From  time.Time // rules are asked of moments from it on, too; zero: of the present only
	UpTo  int64     // the number of the last event that counts
}

// Everything is the number up to which events count where all do.
const Everything = math.MaxInt64

// slack is more than what is lost when moments are moved from clock to clock.
const slack = time.Second

// Wants says what to read so that rules have what they need: for each name the widest of what they ask.
func Wants(needs journey.Needs, s Sight) []Want {
	from, until := s.Now, s.Now
	for _, other := range []time.Time{needs.From, s.From} {
		if !other.IsZero() && other.Before(from) {
			from = other
		}
	}
	if needs.Until.After(until) {
		until = needs.Until
	}
	real := func(at time.Time, back time.Duration) time.Time { return s.Clock.ToReal(at.Add(-back)) }
	byName := map[string]Want{}
	for _, e := range needs.Events {
		w := Want{Name: e.Name, Properties: e.Properties, DaysUpTo: s.UpTo, DaysBy: real(from, 0)}
		if s.Clock != (calendar.Clock{}) {
			w.DaysBy = w.DaysBy.Add(-slack)
		}
		if e.Within > 0 {
			w.Since = real(from, e.Within).Add(-slack) // what lies outside is passed over anyway
		}
		switch {
		case e.Each == rules.Always:
			w.DaysUpTo = 0
		case e.Each > 0:
			w.DaysBy = real(from, e.Each).Add(-slack)
		}
		for _, window := range e.Windows {
			w.Cuts = append(w.Cuts, Cut{From: real(from, window.Most).Add(-slack), To: real(until, window.Least).Add(slack)})
		}
		byName[e.Name] = widest(byName, w)
	}
	for name, after := range needs.After {
		w := Want{Name: name, After: after, Properties: true}
		if read, ok := byName[name]; ok {
			w.DaysUpTo, w.DaysBy = after, read.DaysBy
		}
		byName[name] = widest(byName, w)
	}
	wants := make([]Want, 0, len(byName))
	for _, w := range byName {
		wants = append(wants, w)
	}
	return wants
}

func widest(have map[string]Want, w Want) Want {
	old, ok := have[w.Name]
	if !ok {
		return w
	}
	if old.Since.Before(w.Since) {
		w.Since = old.Since
	}
	w.After, w.Properties = min(w.After, old.After), w.Properties || old.Properties
	w.DaysUpTo, w.Cuts = min(w.DaysUpTo, old.DaysUpTo), append(slices.Clip(old.Cuts), w.Cuts...)
	if old.DaysBy.Before(w.DaysBy) {
		w.DaysBy = old.DaysBy
	}
	return w
}

// InClock moves the past into a run's clock.
func (p Past) InClock(clock calendar.Clock) {
	for _, events := range p.Events {
		for i := range events {
			events[i] = EventInClock(events[i], clock)
		}
	}
	for _, days := range p.Days {
		for i, d := range days {
			days[i].First, days[i].Last = clock.ToVirtual(d.First), clock.ToVirtual(d.Last)
		}
	}
}

// EventInClock moves an event into a run's clock.
func EventInClock(e profile.Event, clock calendar.Clock) profile.Event {
	e.Time, e.Arrival = clock.ToVirtual(e.Time), clock.ToVirtual(e.Arrival)
	return e
}
