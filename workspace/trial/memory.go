package trial

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// memory is a deployment with one person, whose lock is always held. It is what store.Tx is to
// production: dispatch and the walk write into it, and what they write is the timeline.
type memory struct {
	now        time.Time
	person     *profile.Profile
	deployment store.Deployment
	published  []store.Published

	events     []store.Pending // by number, from 1
	dispatched int64
	runs       []*store.Run // in the order of their entry
	messages   []*store.Message
	bodies     map[string]store.Body
	calls      []*store.Call
	entries    map[string]int // counted for limits, by journey and period
	letters    []letter       // starts and wakes, in order

	decided func(store.Decision)
	saved   func()
	emitted func(store.NewEvent)
	skipped func(store.Message)
}

// letter is what Temporal would be told.
type letter struct {
	run *store.Run
	seq int    // the move that a wake was judged against
	why string // of a wake; empty: a start
}

func (m *memory) Now() time.Time            { return m.now }
func (m *memory) Profile() *profile.Profile { return m.person }
func (m *memory) LastNumber() int64         { return int64(len(m.events)) }
func (m *memory) Dispatched() int64         { return m.dispatched }

// SaveProfile has nothing to write: there is one profile, and it is in hand.
func (m *memory) SaveProfile(context.Context) error {
	m.saved()
	return nil
}

func (m *memory) AddEvent(_ context.Context, e store.NewEvent) (profile.Event, error) {
	if e.Time.IsZero() || e.Time.After(m.now) {
		e.Time = m.now
	}
	n := int64(len(m.events) + 1)
	event := profile.Event{Number: n, ID: cmp.Or(e.ID, fmt.Sprint("e", n)), Name: e.Name, Properties: e.Properties, Time: e.Time, Arrival: m.now}
	m.events = append(m.events, store.Pending{Event: event, Changed: slices.Sorted(slices.Values(e.Changed)), Chain: e.Chain, Start: e.Start, Own: e.Source == ""})
	m.emitted(e)
	return event, nil
}

func (m *memory) History(_ context.Context, wants []store.Want) (store.Past, error) {
	if len(wants) == 0 {
		return store.Past{}, nil
	}
	history := make(map[string][]profile.Event, len(wants))
	for _, w := range wants {
		for _, e := range m.events {
			if e.Name == w.Name && e.Start == "" && e.Number > w.After && e.Time.After(w.Since) {
				history[w.Name] = append(history[w.Name], e.Event)
			}
		}
	}
	return store.Past{Events: history}, nil
}

func (m *memory) Runs(context.Context) (active, goalOpen []*store.Run, err error) {
	for _, r := range m.runs {
		if r.Status == store.Active {
			active = append(active, r)
		}
		if r.GoalAt.IsZero() && !r.GoalUntil.IsZero() && r.GoalUntil.After(m.now) {
			goalOpen = append(goalOpen, r)
		}
	}
	return active, goalOpen, nil
}

func (m *memory) Journeys(context.Context) ([]store.Published, error) { return m.published, nil }

func (m *memory) Deployment(context.Context) (store.Deployment, error) { return m.deployment, nil }

func (m *memory) EarlierEntries(_ context.Context, name, key string) (active bool, last time.Time, err error) {
	for _, r := range m.runs {
		if r.Journey != name || r.Key != key {
			continue
		}
		active = active || r.Status == store.Active && r.State.Exit == ""
		last = r.EnteredAt
	}
	return active, last, nil
}

// Verdict is always the first: an event is judged once here.
func (m *memory) Verdict(context.Context, int64, string, string, string, string) (bool, error) {
	return true, nil
}

func (m *memory) CountRefusal(_ context.Context, name, reason string) error {
	return m.Decide(context.Background(), store.Decision{Journey: name, Kind: "entry", Reason: reason, Words: "not entered into " + name + ": " + reason})
}

func (m *memory) EntriesSince(_ context.Context, name string, since time.Time, _ calendar.Clock) (int, error) {
	n := 0
	for _, r := range m.runs {
		if r.Journey == name && r.Status != store.HeldOut && !r.EnteredAt.Before(since) {
			n++
		}
	}
	return n, nil
}

func (m *memory) TakeEntry(_ context.Context, name string, period time.Time, most int) (bool, error) {
	id := name + " " + period.String()
	if m.entries[id] >= most {
		return false, nil
	}
	m.entries[id]++
	return true, nil
}

func (m *memory) AddRun(_ context.Context, r *store.Run) error {
	n := 1
	for _, other := range m.runs {
		if other.Journey == r.Journey {
			n++
		}
	}
	r.ID, r.ProfileID, r.EnteredAt, r.Phase = fmt.Sprintf("%s/%s/%d", r.Journey, m.person.ID, n), m.person.ID, m.now, journey.Waiting
	m.runs = append(m.runs, r)
	if r.Status == store.Active {
		m.letters = append(m.letters, letter{run: r})
	}
	return nil
}

// SaveSegments is never asked: a case says itself who is in which segment.
func (m *memory) SaveSegments(context.Context, store.SegmentChanges) error { return nil }

// SaveRun has nothing to do: runs are changed where they are.
func (m *memory) SaveRun(context.Context, *store.Run) error { return nil }

// MigrateRun has nothing to do either.
func (m *memory) MigrateRun(context.Context, *store.Run) error { return nil }

func (m *memory) SetGoal(_ context.Context, id string, at time.Time, value *float64) error {
	for _, r := range m.runs {
		if r.ID == id {
			r.GoalAt, r.GoalValue = at, value
		}
	}
	return nil
}

func (m *memory) Wake(_ context.Context, r *store.Run, why string) error {
	m.letters = append(m.letters, letter{r, r.Seq, why})
	return nil
}

// AddMove has nothing to do: nothing is replayed here.
func (m *memory) AddMove(context.Context, string, journey.Move, journey.Cause) error { return nil }

func (m *memory) AddMessage(_ context.Context, n store.Message, b store.Body) (id, state string, err error) {
	for _, old := range m.messages {
		if old.RunID != n.RunID || old.Visit != n.Visit || old.Channel != n.Channel {
			continue
		}
		if old.State == store.Rendered || old.State == store.Skipped {
			n.ID, n.CreatedAt = old.ID, m.now
			*old, m.bodies[n.ID] = n, b
			m.tellSkip(n)
		}
		return old.ID, old.State, nil
	}
	n.ID, n.CreatedAt = fmt.Sprint("m", len(m.messages)+1), m.now
	m.messages = append(m.messages, &n)
	m.bodies[n.ID] = b
	m.tellSkip(n)
	return n.ID, n.State, nil
}

func (m *memory) tellSkip(n store.Message) {
	if n.State == store.Skipped {
		m.skipped(n)
	}
}

func (m *memory) message(id string) *store.Message {
	i := slices.IndexFunc(m.messages, func(n *store.Message) bool { return n.ID == id })
	if i < 0 {
		return nil
	}
	return m.messages[i]
}

func (m *memory) MessageOfVisit(_ context.Context, run string, visit int) (store.Message, error) {
	var found *store.Message
	for _, n := range m.messages {
		if n.RunID != run || int(n.Visit) != visit {
			continue
		}
		waiting := n.State == store.Rendered || n.State == store.Skipped
		if found == nil || !waiting || found.State == store.Rendered || found.State == store.Skipped {
			found = n
		}
	}
	if found == nil {
		return store.Message{}, store.ErrNotFound
	}
	return *found, nil
}

func (m *memory) SkipRendered(_ context.Context, run, reason string) ([]store.SkippedMessage, error) {
	var all []store.SkippedMessage
	for _, n := range m.messages {
		if n.RunID == run && n.State == store.Rendered {
			n.State, n.Reason = store.Skipped, reason
			m.skipped(*n)
			all = append(all, store.SkippedMessage{ID: n.ID, Step: n.Step, Template: n.Template, Channel: n.Channel})
		}
	}
	return all, nil
}

func (m *memory) Slots(_ context.Context, since time.Time, _ calendar.Clock) ([]gate.Slot, error) {
	var all []gate.Slot
	for _, n := range m.messages {
		if n.State == store.Skipped || n.Priority == string(journey.Transactional) || n.CreatedAt.Before(since) {
			continue
		}
		all = append(all, gate.Slot{Channel: n.Channel, Topic: n.Topic, Priority: n.Priority, At: n.CreatedAt, Run: n.RunID, Visit: int(n.Visit)})
	}
	return all, nil
}

func (m *memory) AddCall(_ context.Context, c store.Call) (id, state string, err error) {
	for _, old := range m.calls {
		if old.RunID == c.RunID && old.Visit == c.Visit {
			return old.ID, old.State, nil
		}
	}
	c.ID = fmt.Sprint("c", len(m.calls)+1)
	m.calls = append(m.calls, &c)
	return c.ID, c.State, nil
}

func (m *memory) CallOfVisit(_ context.Context, run string, visit int) (store.Call, error) {
	for _, c := range m.calls {
		if c.RunID == run && int(c.Visit) == visit {
			return *c, nil
		}
	}
	return store.Call{}, store.ErrNotFound
}

func (m *memory) Decide(_ context.Context, d store.Decision) error {
	d.Inputs = maps.Clone(d.Inputs)
	m.decided(d)
	return nil
}

// What reports count is not counted of cases.

func (m *memory) Reached(context.Context, *store.Run, []journey.Arrival) error { return nil }

func (m *memory) Assign(context.Context, *store.Run, store.Assignment) error { return nil }

func (m *memory) Drawing(context.Context, string) (store.Drawing, error) { return store.Drawing{}, nil }
