package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Tx is the locked profile and its runs, as the walk sees them. store.Tx is one.
type Tx interface {
	Now() time.Time
	Profile() *profile.Profile
	LastNumber() int64
	Dispatched() int64
	History(ctx context.Context, wants []store.Want) (store.Past, error)
	SaveProfile(ctx context.Context) error
	AddEvent(ctx context.Context, e store.NewEvent) (profile.Event, error)
	SaveRun(ctx context.Context, r *store.Run) error
	MigrateRun(ctx context.Context, r *store.Run) error
	AddMove(ctx context.Context, run string, m journey.Move, c journey.Cause) error
	AddMessage(ctx context.Context, m store.Message, b store.Body) (id, state string, err error)
	MessageOfVisit(ctx context.Context, run string, visit int) (store.Message, error)
	// PreviousMessage is the last one of a channel that went to the profile; store.ErrNotFound before the first.
	PreviousMessage(ctx context.Context, channel string) (store.Previous, error)
	SkipRendered(ctx context.Context, run, reason string) ([]store.SkippedMessage, error)
	Slots(ctx context.Context, since time.Time, clock calendar.Clock) ([]gate.Slot, error)
	AddCall(ctx context.Context, c store.Call) (id, state string, err error)
	CallOfVisit(ctx context.Context, run string, visit int) (store.Call, error)
	Decide(ctx context.Context, d store.Decision) error
	// Drawing is what the profile's draws in a journey go by.
	Drawing(ctx context.Context, journey string) (store.Drawing, error)
	// Reached and Assign keep what reports count.
	Reached(ctx context.Context, run *store.Run, steps []journey.Arrival) error
	Assign(ctx context.Context, run *store.Run, a store.Assignment) error
}

// Walker takes runs from one move to the next. It is the only walk there is: production, tests and
// simulations run it over different stores.
type Walker struct {
	// Provider names who sends a channel's messages, or says that nobody does.
	Provider func(channel string) (name string, ok bool)
	Links    Links
	// Queue names the task queue of a channel and provider.
	Queue func(channel, provider string) string
	// CallQueue is the task queue of calls.
	CallQueue string
	// HeldOut says whether everybody or nobody is in the workspace's holdout; nil: the hash says.
	HeldOut *bool
	// Chance pins what is drawn, by step; what is not in it the hash says.
	Chance map[string]string
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in
	// production.
	Failpoint func(point string)
}

func (w *Walker) failpoint(point string) {
	if w != nil && w.Failpoint != nil {
		w.Failpoint(point)
	}
}

// late is how long after its instant a timer still counts as having fired at it, so that 09:00
// stays 09:00.
const late = 5 * time.Second

// walk is one run on its way to its next move.
type walk struct {
	*Walker
	tx       Tx
	run      *store.Run
	standing store.Standing
	journey  *store.Compiled
	facts    journey.Facts
	wants    []store.Want   // what History was read for
	began    int            // the step visit in which this walk found the run
	notes    []journey.Note // for the summary
}

// Walk computes, stores and returns the run's next move. The profile's lock is held by the caller.
func (w *Walker) Walk(ctx context.Context, tx Tx, run *store.Run, standing store.Standing, c *store.Compiled, cause journey.Cause) (journey.Move, error) {
	k := &walk{Walker: w, tx: tx, run: run, standing: standing, journey: c, began: run.State.Visit}
	if err := k.look(ctx, cause); err != nil {
		return journey.Move{}, err
	}
	move, err := k.next(ctx, cause)
	if err != nil {
		return journey.Move{}, err
	}
	k.failpoint("advance:walked")
	move.Seq = run.Seq + 1
	run.Seq, run.Phase, run.Step = move.Seq, move.Phase, move.Step
	run.NextWakeAt, run.StuckCode = move.Wake, "" // this release can walk it
	if err := tx.AddMove(ctx, run.ID, move, cause); err != nil {
		return journey.Move{}, err
	}
	return move, tx.SaveRun(ctx, run)
}

// look gathers what the interpreter may know.
func (k *walk) look(ctx context.Context, cause journey.Cause) error {
	now := k.now(cause)
	k.wants = store.Wants(k.journey.Needs(k.run.State), store.Sight{Now: now, Clock: k.run.Clock, UpTo: store.Everything})
	past, err := k.tx.History(ctx, k.wants)
	if err != nil {
		return err
	}
	k.failpoint("advance:history")
	past.InClock(k.run.Clock)
	k.facts = journey.Facts{
		Now: now, Zone: k.standing.Deployment.Settings.Zone(), Profile: k.tx.Profile(), History: past.Events, Days: past.Days,
		Latest: k.tx.LastNumber(), Dispatched: k.tx.Dispatched(),
		Segments: k.tx.Profile().Segments, Catalogs: k.journey.Catalogs, Calendars: k.journey.Calendars, Trends: k.standing.Deployment.Settings.Trends,
		Chance: k.Chance,
	}
	if k.journey.Learns() {
		err = k.draw(ctx)
	}
	return err
}

// now is the later of the database's clock and the instant that the fired timer was set for, in the
// run's clock; and just that instant when it fired in time.
func (k *walk) now(cause journey.Cause) time.Time {
	real := k.tx.Now()
	due := cause.Due
	if cause.Kind == journey.Timer && !due.IsZero() && real.Sub(due) < late {
		if due.Equal(k.run.NextWakeAt) && !k.run.State.Wake.IsZero() {
			return k.run.State.Wake
		}
		real = due
	}
	return k.run.Clock.ToVirtual(real)
}

// maxActions bounds what one walk does; no journey needs as many.
const maxActions = 1000

func (k *walk) next(ctx context.Context, cause journey.Cause) (journey.Move, error) {
	if cause.Kind == journey.Cancelled && k.run.State.Exit == "" {
		k.run.State.Exit = journey.ReasonStopped
	}
	if err := k.settle(ctx); err != nil {
		return journey.Move{}, err
	}
	if k.standing.Paused && k.run.State.Exit == "" {
		return k.pause(), nil
	}
	if err := k.resume(ctx); err != nil {
		return journey.Move{}, err
	}
	if err := k.migrate(ctx, cause); err != nil {
		return journey.Move{}, err
	}
	for range maxActions {
		before := *k.run.State
		action := k.journey.Next(k.run.State, k.facts)
		if action.Kind == journey.End || k.leaves(before) { // what is not sent any more is listed before the exit
			if err := k.drop(ctx, before); err != nil {
				return journey.Move{}, err
			}
		}
		if err := k.note(ctx, action.Notes); err != nil {
			return journey.Move{}, err
		}
		if err := k.count(ctx, action); err != nil {
			return journey.Move{}, err
		}
		switch action.Kind {
		case journey.Park:
			return k.park(journey.Waiting, k.run.State.Wake, ""), nil
		case journey.End:
			return k.end(action.Reason), nil
		}
		move, done, err := k.act(ctx, action)
		if err != nil || done {
			return move, err
		}
	}
	return journey.Move{}, fmt.Errorf("run %s at %s: more than %d steps without a wait", k.run.ID, k.run.State.Step, maxActions)
}

// act does what the interpreter asks of the world. done says that the move is found; else the walk goes
// on behind the step.
func (k *walk) act(ctx context.Context, a journey.Action) (_ journey.Move, done bool, err error) {
	switch a.Kind {
	case journey.Send:
		return k.send(ctx, a)
	case journey.Call:
		return k.call(ctx, a)
	case journey.Update:
		err = k.update(ctx, a)
	case journey.Emit:
		err = k.emit(ctx, a)
	case journey.Start:
		err = k.start(ctx, a)
	default:
		err = fmt.Errorf("run %s: no such action: %q", k.run.ID, a.Kind)
	}
	k.journey.Resolve(k.run.State, "")
	return journey.Move{}, false, err
}

// settle tells the interpreter what became of the message that the run was delivering, or of its call.
func (k *walk) settle(ctx context.Context) error {
	switch k.run.Phase {
	case journey.Calling:
		return k.settleCall(ctx)
	case journey.Delivering:
	default:
		return nil
	}
	m, err := k.tx.MessageOfVisit(ctx, k.run.ID, k.run.State.Visit)
	if err != nil {
		return err
	}
	switch m.State {
	case store.Rendered, store.Claimed: // not handed over: through the gate again
	case store.Skipped:
		k.journey.Resolve(k.run.State, journey.Skipped)
	case store.Unknown:
		k.journey.Resolve(k.run.State, journey.Unknown)
	default:
		k.journey.Resolve(k.run.State, journey.Sent)
	}
	return nil
}

func (k *walk) park(phase journey.Phase, wake time.Time, why string) journey.Move {
	move := journey.Move{Kind: journey.MoveWait, Phase: phase, Step: k.run.State.Step}
	if !wake.IsZero() {
		move.Wake = k.run.Clock.ToReal(wake)
	}
	if k.run.State.Edited {
		move.Version = k.run.Version
	}
	k.describe(&move, why, wake)
	return move
}

func (k *walk) end(reason string) journey.Move {
	k.run.Status, k.run.EndedAt, k.run.ExitReason = store.Over, k.tx.Now(), reason
	move := journey.Move{Kind: journey.MoveEnd, Phase: journey.Ended, Step: k.run.State.Step, Reason: reason}
	k.describe(&move, "ended: "+reason, time.Time{})
	return move
}

func (k *walk) decide(ctx context.Context, d store.Decision) error {
	d.RunID, d.Journey, d.Version = k.run.ID, k.run.Journey, k.run.Version
	if k.run.Clock != (calendar.Clock{}) {
		d.RunTime = k.facts.Now
	}
	return k.tx.Decide(ctx, d)
}
