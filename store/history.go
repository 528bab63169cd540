package store

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// Wants says what to read so that rules have what they need: for each name the widest of what they
// ask. now is in the run's clock.
func Wants(needs journey.Needs, now time.Time, clock calendar.Clock) []Want {
	byName := map[string]Want{}
	for _, e := range needs.Events {
		w := Want{Name: e.Name, Properties: e.Properties}
		if e.Within > 0 {
			w.Since = clock.ToReal(now.Add(-e.Within)).Add(-time.Second) // what lies outside is passed over anyway
		}
		byName[e.Name] = widest(byName, w)
	}
	for name, after := range needs.After {
		byName[name] = widest(byName, Want{Name: name, After: after, Properties: true})
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
	return w
}

// InClock moves events into a run's clock.
func InClock(history map[string][]profile.Event, clock calendar.Clock) {
	for _, events := range history {
		for i := range events {
			events[i] = EventInClock(events[i], clock)
		}
	}
}

// EventInClock moves an event into a run's clock.
func EventInClock(e profile.Event, clock calendar.Clock) profile.Event {
	e.Time, e.Arrival = clock.ToVirtual(e.Time), clock.ToVirtual(e.Arrival)
	return e
}
