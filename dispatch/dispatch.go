package dispatch

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

const (
	giveUpAfter = 5                      // failures of a journey on an event
	idle        = 200 * time.Millisecond // between looks when nobody calls
	bite        = 100                    // events of one profile in one transaction
)

// Dispatcher takes profiles with events that were not judged, longest waiting first. Several may
// run, in one process or many: each passes over the profiles that others hold.
type Dispatcher struct {
	Store   *store.Store
	Handler *Handler
	Log     *zap.Logger
	// Relay is told when there may be letters for Temporal.
	Relay *Bell
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in production.
	Failpoint func(point string)
}

// Run dispatches until the context ends. bell wakes it; it also looks by itself, for events that
// others took and died over.
func (d *Dispatcher) Run(ctx context.Context, bell *Bell) {
	for ctx.Err() == nil {
		found, err := d.Once(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			d.Log.Warn("dispatch will try again", zap.Error(err))
			pause(ctx, time.Second)
		case !found:
			bell.Wait(ctx, idle)
		default:
			bell.Ring() // there may be more, for the others too
		}
	}
}

// Once judges the waiting events of one profile. It returns false when none waits.
func (d *Dispatcher) Once(ctx context.Context) (found bool, err error) {
	var profileID string
	var number int64
	found, err = d.Store.InNextPending(ctx, func(tx *store.Tx) error {
		profileID = tx.Profile().ID
		events, err := tx.PendingEvents(ctx, bite)
		if err != nil {
			return err
		}
		for _, e := range events {
			number = e.Number
			if err := d.handle(ctx, tx, e); err != nil {
				return err
			}
			if err := tx.MarkDispatched(ctx, e.Number); err != nil {
				return err
			}
			// One event's entries take their limits in the order of the journeys' keys. Several events might
			// take them in another, and wait in a circle for somebody who takes them in this one.
			if tx.HoldsLimit() {
				break
			}
		}
		if len(events) == 0 { // nothing after all, such as a merged profile's rest
			return tx.MarkDispatched(ctx, tx.LastNumber())
		}
		d.failpoint("dispatch:judged")
		return nil
	})
	var f *failure
	if errors.As(err, &f) {
		attempts, recorded := d.Store.RecordFailure(ctx, profileID, number, f.journey, f.cause, backoff)
		d.Log.Error("a journey fails on an event", zap.String("journey", f.journey), zap.String("profile", profileID), zap.Int64("event", number),
			zap.Int("attempts", attempts), zap.Bool("given_up", attempts >= giveUpAfter), zap.Error(f.cause))
		return true, recorded
	}
	if found && err == nil {
		d.failpoint("dispatch:committed")
		d.Relay.Ring()
	}
	return found, err
}

// backoff is how long a profile rests after one of its journeys failed on an event.
const backoff = time.Second

func (d *Dispatcher) handle(ctx context.Context, tx *store.Tx, e store.Pending) error {
	if !e.Failed {
		return d.Handler.Handle(ctx, tx, e, nil)
	}
	failures, err := tx.Failures(ctx, e.Number)
	if err != nil {
		return err
	}
	var skip []string
	for _, f := range failures {
		if f.Attempts >= giveUpAfter {
			skip = append(skip, f.Journey)
			d := store.Decision{Journey: f.Journey, Kind: "entry", Reason: "failed", Words: "the event " + e.Name + " could not be judged for " + f.Journey}
			if f.Journey == segmentsFail {
				d.Journey, d.Kind, d.Words = "", "segment", "no segment could be looked at for the event "+e.Name
			}
			err := tx.Decide(ctx, d)
			if err != nil {
				return err
			}
		}
	}
	return d.Handler.Handle(ctx, tx, e, skip)
}

func (d *Dispatcher) failpoint(point string) {
	if d.Failpoint != nil {
		d.Failpoint(point)
	}
}

func pause(ctx context.Context, t time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(t):
	}
}

// Bell wakes whoever waits for work; rung twice before somebody looks it wakes once.
type Bell struct{ c chan struct{} }

// NewBell returns a bell.
func NewBell() *Bell { return &Bell{c: make(chan struct{}, 1)} }

// Ring says that there is work. A nil bell is silent.
func (b *Bell) Ring() {
	if b == nil {
		return
	}
	select {
	case b.c <- struct{}{}:
	default:
	}
}

// Wait returns when the bell is rung, after the time, or with the context.
func (b *Bell) Wait(ctx context.Context, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-b.c:
	case <-time.After(most):
	}
}
