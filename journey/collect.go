package journey

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// collect is the step that gathers events for a digest.
type collect struct {
	leaf
	events []string
	where  *rule
	clock  calendar.Wait
	most   int    // so many end it early
	since  string // arrival, last
}

// mostCollected is how many events a digest has room for: they stand in the run's state.
const mostCollected = 200

func readCollect(c *compiler, s *step, n *document.Node) body {
	b := &collect{most: mostCollected}
	f, ok := c.Mapping(n, "a collect", "{event: ..., for: 1h}")
	if !ok {
		return b
	}
	events := f.Want("event", "event: and the name of an event")
	b.events = c.Names(events, "event", "the name of an event")
	if v := f.Get("where"); v != nil {
		b.where = c.boolRule(v, rules.ScopeWait)
		c.otherwhile(b.where)
	}
	if !f.Has("for") && !f.Has("at") && !f.Has("on") {
		c.Fail(n, "a collect says not for how long; write for: 1h, at: \"09:00\" or on: [mon]")
	}
	b.clock = *readClock(c, f)
	if f.Has("at") || f.Has("on") {
		c.localClock(n, nil)
	}
	if v := f.Get("max"); v != nil {
		most, err := strconv.Atoi(v.Text)
		if v.Kind != document.Scalar || err != nil || most < 1 || most > mostCollected {
			c.Fail(v, "max is how many end it early; write a number from 1 to %d", mostCollected)
		} else {
			b.most = most
		}
	}
	b.since = c.OneOf(f.Get("since"), "since", "arrival", "last")
	c.watchEvents(b.events)
	c.j.collects = append(c.j.collects, s)
	c.ran = append(c.ran[:len(c.ran):len(c.ran)], resultName(s.id))
	f.Done()
	return b
}

func (b *collect) look(w *walk, at *step, first bool) turn {
	b.passOver(w, at)
	deadline := b.deadline(w, at)
	got, seen := b.gather(w, at, deadline)
	if !w.s.Now.Before(deadline) || len(got) >= b.most {
		return b.finish(w, at, got, seen)
	}
	if first || !deadline.Equal(w.s.Until) {
		w.note(at.id, "collect", "waiting", "collects until "+spoken(deadline), map[string]any{"until": deadline})
	}
	return turn{until: deadline}
}

func (b *collect) deadline(w *walk, at *step) time.Time {
	return writable(b.clock.Target(w.s.Counted(), w.zone(nil, at).loc))
}

// gather is what has been collected by now, in order, and no more than there is room for; and the number
// of the last event that was looked at. What a round has seen is not taken by the next one.
func (b *collect) gather(w *walk, at *step, deadline time.Time) (got []profile.Event, seen int64) {
	all, seen := b.candidates(w, at)
	for _, e := range all {
		if e.Arrival.After(deadline) && e.Number != w.s.Led {
			break
		}
		seen = e.Number
		if !b.counts(w.s, e) || b.where != nil && !w.holdsOf(b.where, e) {
			continue
		}
		if got = append(got, e); len(got) == b.most {
			break
		}
	}
	return got, seen
}

// after is the number of the last event that this collect need not look at again; again says that there
// is one since the entry.
func (b *collect) after(s *State, at *step) (number int64, again bool) {
	if number, again = s.Taken[at.id]; !again {
		number = s.Entry.Number
	}
	return number, again
}

// candidates are the events that may be gathered, in order, and the number of the last one before them.
func (b *collect) candidates(w *walk, at *step) ([]profile.Event, int64) {
	after, again := b.after(w.s, at)
	all := w.eventsAfter(after, b.events)
	if !again && slices.Contains(b.events, w.s.Entry.Name) {
		all = slices.Insert(all, 0, w.s.Entry)
	}
	return all, after
}

// passOver notes that what came before the run did is not gathered, so that it is not read again at each
// look.
func (b *collect) passOver(w *walk, at *step) {
	all, _ := b.candidates(w, at)
	for _, e := range all {
		if b.counts(w.s, e) {
			return
		}
		w.s.take(at, e.Number)
	}
}

func (s *State) take(at *step, number int64) {
	if s.Taken == nil {
		s.Taken = map[string]int64{}
	}
	s.Taken[at.id] = number
}

// counts tells whether an event came after the run. The one that led it to the step counts, though the
// run got there a moment later.
func (b *collect) counts(s *State, e profile.Event) bool {
	return b.since == "last" || e.Number == s.Led || e.Number > s.Led && !e.Arrival.Before(s.Arrived)
}

// finish leaves the properties of what was gathered.
func (b *collect) finish(w *walk, at *step, got []profile.Event, seen int64) turn {
	items := make([]any, len(got))
	for i, e := range got {
		properties := e.Properties
		if properties == nil {
			properties = map[string]any{}
		}
		items[i] = properties
	}
	if at.loop != nil {
		w.s.take(at, seen)
	}
	w.s.leave(at, items)
	reason, t := "due", goOn(at.next)
	if len(got) == b.most {
		reason, t.led = "max", seen
	}
	w.note(at.id, "collect", reason, fmt.Sprintf("%s: %d collected", at.id, len(got)), map[string]any{"count": len(got)})
	return t
}

// hear wakes the run when there is no more room, or when its end has moved.
func (b *collect) hear(w *walk, at *step, e profile.Event) (*Match, bool) {
	deadline := b.deadline(w, at)
	if !deadline.Equal(w.s.Until) {
		return nil, true
	}
	if !slices.Contains(b.events, e.Name) {
		return nil, false
	}
	got, _ := b.gather(w, at, deadline)
	return nil, len(got) >= b.most
}
