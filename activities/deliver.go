package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// DeliverInput asks to hand over the message of a run's move Seq.
type DeliverInput struct {
	Run     string
	Seq     int
	Message string
}

// Deliver claims the message, hands it to its provider, writes what became of it, and returns the
// run's next move. A claim that is refused goes back through the gate; a message that was handed
// over before is not handed over again.
func (a *Activities) Deliver(ctx context.Context, in DeliverInput) (journey.Move, error) {
	defer beat(ctx)()
	next := AdvanceInput{Run: in.Run, Seq: in.Seq + 1, Cause: journey.Cause{Kind: journey.Delivered}}
	h, err := a.handOver(ctx, in)
	if err != nil {
		return journey.Move{}, err
	}
	if h != nil {
		if move, ok := a.finishAndAdvance(ctx, *h, next); ok {
			return move, nil
		}
		if err := a.conclude(ctx, *h); err != nil {
			return journey.Move{}, err
		}
	}
	a.Walker.failpoint("deliver:finished")
	return a.Advance(ctx, next)
}

// handed is a message that was handed over, whose outcome is yet to be written.
type handed struct {
	claim  store.Claim
	result result
}

// handOver claims the message and hands it to its provider. It returns nil when there is nothing to
// write: the message was finished before, or the gate has to look again.
func (a *Activities) handOver(ctx context.Context, in DeliverInput) (*handed, error) {
	a.Walker.failpoint("deliver:claiming")
	// A claim whose holder died may have left bytes with the provider.
	claim, ok, err := a.claim(ctx, in.Message)
	if err != nil {
		return nil, a.coded("deliver", in.Run, err)
	}
	if !ok {
		return nil, a.refused(ctx, in)
	}
	a.Walker.failpoint("deliver:claimed")
	provider, err := a.Providers.Provider(claim.Channel)
	if err != nil {
		return &handed{claim, result{Outcome{Reason: "no_provider"}, temporal.NewApplicationError("deliver: no provider for this channel on this worker", "no_provider")}}, nil
	}
	envelope, err := a.envelope(claim)
	if err != nil {
		return &handed{claim, result{Outcome{Reason: "envelope", Detail: err.Error()}, a.coded("deliver", in.Run, err)}}, nil
	}
	sending, cancel := context.WithTimeout(ctx, ProviderTimeout)
	defer cancel()
	receipt, err := provider.Send(sending, envelope)
	a.Walker.failpoint("deliver:answered")
	again := provider.IdempotencyKeys() || claim.Priority == string(journey.Transactional)
	return &handed{claim, resultOf(receipt, err, again)}, nil
}

// claim takes the message. Where the answer is lost, nobody knows whether it was taken; as nothing was
// handed over, it is asked again for as long as this attempt lives, or the message would be unknown.
func (a *Activities) claim(ctx context.Context, id string) (c store.Claim, ok bool, err error) {
	holder := store.NewID("h")
	for unheard, wait := false, 100*time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		c, ok, err = a.Store.Claim(ctx, id, holder, ClaimLease, a.resends())
		if err == nil && !ok && unheard { // meanwhile it is forbidden
			err = a.Store.GiveBack(ctx, id, holder)
		}
		unheard = unheard || store.Unheard(err)
		if err == nil || !unheard {
			return c, ok, err
		}
		a.Log.Warn("a claim waits for the database", zap.String("message", id), zap.Error(err))
		select {
		case <-ctx.Done():
			return c, false, err
		case <-time.After(wait):
		}
	}
}

// resends are the channels whose provider knows a message that it had before.
func (a *Activities) resends() []string {
	channels := []string{}
	for _, p := range a.Providers.Providers() {
		if p.IdempotencyKeys() {
			channels = append(channels, p.Channel())
		}
	}
	return channels
}

// refused finds out why a claim was not had.
func (a *Activities) refused(ctx context.Context, in DeliverInput) error {
	m, err := a.Store.Message(ctx, in.Message)
	if err != nil {
		return a.coded("deliver", in.Run, err)
	}
	if m.State != store.Claimed {
		return nil // finished before, or the gate has to look again
	}
	lapsed := false
	err = a.Store.InRun(ctx, in.Run, func(tx *store.Tx) error {
		if lapsed, err = tx.Lapse(ctx, m); err != nil || !lapsed {
			return err
		}
		run, _, err := tx.Run(ctx, in.Run)
		if err != nil {
			return err
		}
		return Record(ctx, tx, run, m, Outcome{State: store.Unknown, Reason: "unknown", Detail: "the worker died between handing it over and the answer"})
	})
	if err != nil {
		return a.coded("deliver", in.Run, err)
	}
	if !lapsed { // somebody holds it: wait out the lease
		return temporal.NewApplicationErrorWithOptions("deliver: claimed by another attempt", "claimed",
			temporal.ApplicationErrorOptions{NextRetryDelay: ClaimLease / 3})
	}
	return nil
}

// finishAndAdvance writes the result and takes the run to its next move in one transaction. When it
// cannot, nothing is written, and it is done in two: a walk that fails must not cost the outcome.
func (a *Activities) finishAndAdvance(ctx context.Context, h handed, next AdvanceInput) (move journey.Move, ok bool) {
	if h.result.retry != nil {
		return move, false
	}
	defer func() {
		if r := recover(); r != nil {
			a.Log.Warn("a walk panicked; it is tried apart from the delivery", zap.String("run", next.Run), zap.Any("panic", r))
			ok = false
		}
	}()
	a.Walker.failpoint("advance:begin")
	lasting := context.WithoutCancel(ctx)
	err := a.Store.InRunOf(lasting, h.claim, h.result.ending(), func(tx *store.Tx, held bool) error {
		if !held {
			return errNotHeld
		}
		run, standing, err := a.read(lasting, tx, next.Run)
		if err != nil {
			return err
		}
		if err := Record(lasting, tx, run, h.claim.Message, h.result.Outcome); err != nil {
			return err
		}
		move, err = a.advanceRun(lasting, tx, run, standing, next)
		return err
	})
	if err != nil {
		return journey.Move{}, false
	}
	a.Walker.failpoint("advance:committed")
	a.Walker.failpoint("deliver:finished")
	return move, true
}

var errNotHeld = errors.New("the claim is not held any more")

// conclude writes the result.
func (a *Activities) conclude(ctx context.Context, h handed) error {
	err := a.insist(ctx, "deliver", h.claim.RunID, func(ctx context.Context, tx *store.Tx) error {
		if h.result.retry != nil {
			return tx.Unclaim(ctx, h.claim, h.result.Reason, h.result.Detail)
		}
		run, _, err := tx.Run(ctx, h.claim.RunID)
		if err != nil {
			return err
		}
		held, err := tx.Finish(ctx, h.claim, h.result.ending())
		if err != nil || !held {
			return err
		}
		return Record(ctx, tx, run, h.claim.Message, h.result.Outcome)
	})
	if err != nil {
		return err
	}
	return h.result.retry
}

// insist writes something down about a run, and does not give up while this attempt lives: a database
// that is away must not make a known outcome unknown.
func (a *Activities) insist(ctx context.Context, what, run string, write func(context.Context, *store.Tx) error) error {
	lasting := context.WithoutCancel(ctx)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := a.Store.InRun(lasting, run, func(tx *store.Tx) error { return write(lasting, tx) })
		if err == nil {
			return nil
		}
		a.Log.Warn("an outcome waits for the database", zap.String("what", what), zap.String("run", run), zap.Error(err))
		select {
		case <-ctx.Done():
			return a.coded(what, run, err)
		case <-time.After(wait):
		}
	}
}

// beat tells Temporal that this attempt lives, until it is over.
func beat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(HeartbeatTimeout / 4)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(done) }
}

func (a *Activities) envelope(c store.Claim) (channels.Envelope, error) {
	e := channels.Envelope{
		MessageID: c.ID, To: c.Address, From: c.Sender, Subject: c.Subject, HTML: c.HTML, Text: c.Text, Topic: c.Topic,
		OriginallyTo: c.OriginallyTo, IdempotencyKey: c.ID,
	}
	if c.Priority == string(journey.Transactional) {
		return e, nil
	}
	var err error
	e.Unsubscribe, err = a.Walker.Links.OneClick(c.ID, c.ProfileID, c.Topic)
	return e, err
}
