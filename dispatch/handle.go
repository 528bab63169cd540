// Package dispatch turns events into verdicts, entries and wakes; carries the outbox to Temporal;
// and finds runs whose workflow was lost.
package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Tx is the locked profile, as the handling of an event sees it. store.Tx is one.
type Tx interface {
	Now() time.Time
	Profile() *profile.Profile
	Dispatched() int64
	History(ctx context.Context, wants []store.Want) (store.Past, error)
	Runs(ctx context.Context) (active, goalOpen []*store.Run, err error)
	Journeys(ctx context.Context) ([]store.Published, error)
	Deployment(ctx context.Context) (store.Deployment, error)
	EarlierEntries(ctx context.Context, journey, key string) (active bool, last time.Time, err error)
	Verdict(ctx context.Context, number int64, journey, key, refused, run string) (bool, error)
	CountRefusal(ctx context.Context, journey, reason string) error
	EntriesSince(ctx context.Context, journey string, since time.Time, clock calendar.Clock) (int, error)
	TakeEntry(ctx context.Context, journey string, period time.Time, most int) (bool, error)
	AddRun(ctx context.Context, r *store.Run) error
	SaveRun(ctx context.Context, r *store.Run) error
	SetGoal(ctx context.Context, run string, at time.Time, value *float64) error
	Assign(ctx context.Context, r *store.Run, a store.Assignment) error
	Wake(ctx context.Context, r *store.Run, why string) error
	Decide(ctx context.Context, d store.Decision) error
	SaveSegments(ctx context.Context, c store.SegmentChanges) error
}

// Library compiles journey versions and segments.
type Library interface {
	Compiled(ctx context.Context, journey, version string, s *store.Settings) (*store.Compiled, error)
	// Segments are nil where memberships are not worked out.
	Segments(ctx context.Context, s *store.Settings) (*store.Segments, error)
}

// Handler judges events. It is the only judge there is: production, tests and simulations run it
// over different stores.
type Handler struct {
	Library Library
	// Clock is the one that new runs get; zero is real time.
	Clock calendar.Clock
	// HeldOut says whether everybody or nobody is in a journey's holdout; nil: the hash says.
	HeldOut *bool
}

// failure is an error of one journey on one event.
type failure struct {
	journey string
	cause   error
}

func (f *failure) Error() string { return fmt.Sprintf("journey %s: %v", f.journey, f.cause) }
func (f *failure) Unwrap() error { return f.cause }

// event is one event in hand, with all that its judgement looks at.
type event struct {
	*Handler
	tx      Tx
	e       store.Pending
	skip    []string // journeys given up on this event
	dep     store.Deployment
	active  []*store.Run
	goals   []*store.Run
	entries []store.Published
	joined  []string // segments that it has made the person a member of
}

// Handle judges one event of the locked profile: segments, then goals, then exits, then waits, then
// entries. Journeys in skip are passed over. An error of one journey names it.
func (h *Handler) Handle(ctx context.Context, tx Tx, e store.Pending, skip []string) error {
	v := &event{Handler: h, tx: tx, e: e, skip: skip}
	var err error
	if v.dep, err = tx.Deployment(ctx); err != nil {
		return err
	}
	if v.active, v.goals, err = tx.Runs(ctx); err != nil {
		return err
	}
	if v.entries, err = tx.Journeys(ctx); err != nil {
		return err
	}
	if e.Start != "" { // an entrance, and nothing else
		if e.Moved {
			return nil
		}
		return v.start(ctx)
	}
	if err := v.guardSegments(ctx); err != nil {
		return err
	}
	for _, r := range v.goals {
		if err := v.guard(r.Journey, func() error { return v.goal(ctx, r) }); err != nil {
			return err
		}
	}
	for _, r := range v.active {
		if err := v.guard(r.Journey, func() error { return v.judge(ctx, r) }); err != nil {
			return err
		}
	}
	if e.Moved || e.Name == "" && len(v.joined) == 0 {
		return nil
	}
	for _, p := range v.entries { // by key, so that nobody waits in a circle for a limit
		if _, _, single := journey.SingleSend(p.Journey); single {
			continue // no event enters it
		}
		if err := v.guard(p.Journey, func() error { return v.enter(ctx, p) }); err != nil {
			return err
		}
	}
	return nil
}

// guard names the journey whose code failed, also when it panicked, and passes over those given up.
func (v *event) guard(journey string, fn func() error) (err error) {
	if slices.Contains(v.skip, journey) {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = &failure{journey: journey, cause: fmt.Errorf("panic: %v", r)}
		}
	}()
	if err := fn(); err != nil {
		return &failure{journey: journey, cause: err}
	}
	return nil
}

// facts reads what the rules of needs look at, up to the event in hand.
func (v *event) facts(ctx context.Context, c *store.Compiled, needs journey.Needs, clock calendar.Clock) (journey.Facts, error) {
	now := clock.ToVirtual(v.tx.Now())
	past, err := v.tx.History(ctx, store.Wants(needs, store.Sight{Now: now, Clock: clock, From: clock.ToVirtual(v.e.Arrival), UpTo: v.e.Number}))
	if err != nil {
		return journey.Facts{}, err
	}
	past.UpTo(v.e.Number)
	past.InClock(clock)
	return journey.Facts{
		Now: now, Zone: v.dep.Settings.Zone(), Profile: v.tx.Profile(), History: past.Events, Days: past.Days,
		Latest: v.e.Number, Dispatched: v.tx.Dispatched(), Segments: v.tx.Profile().Segments, Catalogs: c.Catalogs, Calendars: c.Calendars, Trends: v.dep.Settings.Trends,
	}, nil
}

// goal counts the goal of an entry: within its window, once, also after the run's end.
func (v *event) goal(ctx context.Context, r *store.Run) error {
	c, err := v.Library.Compiled(ctx, r.Journey, r.Version, &v.dep.Settings)
	if err != nil {
		return err
	}
	goal, ok := c.Goal()
	if !ok || !slices.Contains(goal.Events, v.e.Name) {
		return nil
	}
	facts, err := v.facts(ctx, c, c.Needs(r.State), r.Clock)
	if err != nil {
		return err
	}
	hit, value := c.GoalOf(r.State, store.EventInClock(v.e.Event, r.Clock), facts)
	if !hit {
		return nil
	}
	if err := v.tx.SetGoal(ctx, r.ID, v.e.Arrival, value); err != nil {
		return err
	}
	return v.decide(ctx, r, store.Decision{Kind: "goal", Reason: "reached", Words: "the goal was reached: " + v.e.Name})
}

// judge asks what the event means for a run in hand: an exit, the end of its wait, or a new look at it.
func (v *event) judge(ctx context.Context, r *store.Run) error {
	if r.State.Exit != "" || (v.e.Moved && !v.e.Arrival.After(r.EnteredAt)) {
		return nil
	}
	c, err := v.Library.Compiled(ctx, r.Journey, r.Version, &v.dep.Settings)
	if err != nil {
		return err
	}
	moved := r.State.Held && slices.Contains(v.e.Changed, "timezone") // its hold hangs in the zone
	if !c.Cares(v.e.Name, v.e.Changed) && !moved {
		return nil
	}
	facts, err := v.facts(ctx, c, c.Needs(r.State), r.Clock)
	if err != nil {
		return err
	}
	j := c.Judge(r.State, store.EventInClock(v.e.Event, r.Clock), v.e.Changed, facts)
	switch {
	case j.Exit != "":
		r.State.Exit = j.Exit
	case j.Match != nil:
		r.State.Match = j.Match
	case j.Look || moved:
	default:
		return nil
	}
	if err := v.tx.SaveRun(ctx, r); err != nil {
		return err
	}
	return v.tx.Wake(ctx, r, why(j))
}

// why is what the wake says; it enters Temporal's history.
func why(j journey.Judgement) string {
	switch {
	case j.Exit != "":
		return "exit"
	case j.Match != nil:
		return "matched"
	default:
		return "look"
	}
}

func (v *event) decide(ctx context.Context, r *store.Run, d store.Decision) error {
	d.RunID, d.Journey, d.Version = r.ID, r.Journey, r.Version
	if r.Clock != (calendar.Clock{}) {
		d.RunTime = r.Clock.ToVirtual(v.tx.Now())
	}
	return v.tx.Decide(ctx, d)
}
