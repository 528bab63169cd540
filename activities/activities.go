// Package activities is what workflows ask of the world: the next move of a run, and the delivery
// of a message. The walk from one move to the next is one function (Walker.Walk) over an interface,
// so that tests and simulations run what production runs.
package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// The times of a delivery, each shorter than the next, so that a provider that does not answer is
// given up before the claim runs out, and the claim before Temporal takes the worker for dead. An
// attempt that lives may take longer, to write down an outcome while the database is away.
const (
	ProviderTimeout  = 10 * time.Second
	ClaimLease       = 15 * time.Second
	HeartbeatTimeout = 20 * time.Second
	DeliverTimeout   = 10 * time.Minute
	CallTimeout      = 10 * time.Minute
)

// Providers are the deployment's ways out.
type Providers interface {
	Provider(channel string) (channels.Provider, error)
	Providers() []channels.Provider
}

// Activities holds what the activities need.
type Activities struct {
	Store     *store.Store
	Library   *store.Library
	Walker    *Walker
	Providers Providers
	Entrances Entrances
	Asker     *Asker
	Log       *zap.Logger
	// Clock is what the deployment lives by, where that is not real time.
	Clock calendar.Clock
}

// AdvanceInput asks for move Seq of a run.
type AdvanceInput struct {
	Run   string
	Seq   int
	Cause journey.Cause
}

// Advance returns a run's move: the stored one, or the next that is not yet. Of an ended run it
// answers end.
func (a *Activities) Advance(ctx context.Context, in AdvanceInput) (move journey.Move, err error) {
	defer func() {
		if r := recover(); r != nil {
			a.Log.Error("a run is stuck", zap.String("run", in.Run), zap.Any("panic", r), zap.Stack("stack"))
			move, err = a.stuck(ctx, in)
		}
	}()
	a.Walker.failpoint("advance:begin")
	err = a.Store.InRun(ctx, in.Run, func(tx *store.Tx) (err error) {
		move, err = a.advance(ctx, tx, in)
		return err
	})
	if err != nil {
		return journey.Move{}, a.coded("advance", in.Run, err)
	}
	a.Walker.failpoint("advance:committed")
	return move, nil
}

// advance is Advance under the lock.
func (a *Activities) advance(ctx context.Context, tx *store.Tx, in AdvanceInput) (journey.Move, error) {
	run, standing, err := a.read(ctx, tx, in.Run)
	if err != nil {
		return journey.Move{}, err
	}
	return a.advanceRun(ctx, tx, run, standing, in)
}

// read reads a run that is about to be walked.
func (a *Activities) read(ctx context.Context, tx *store.Tx, id string) (*store.Run, store.Standing, error) {
	a.Walker.failpoint("advance:locked")
	run, standing, err := tx.Run(ctx, id)
	a.Walker.failpoint("advance:run")
	return run, standing, err
}

// advanceRun is advance of a run that is read already.
func (a *Activities) advanceRun(ctx context.Context, tx *store.Tx, run *store.Run, standing store.Standing, in AdvanceInput) (journey.Move, error) {
	if run.Status != store.Active {
		return journey.Move{Seq: in.Seq, Kind: journey.MoveEnd, Phase: journey.Ended, Step: run.Step, Reason: run.ExitReason}, nil
	}
	if in.Seq <= run.Seq {
		move, ok, err := tx.Move(ctx, run.ID, in.Seq)
		if err == nil && !ok {
			err = fmt.Errorf("run %s: move %d is not stored", run.ID, in.Seq)
		}
		move.Passed = in.Seq < run.Seq
		return move, err
	}
	c, err := a.Library.Compiled(ctx, run.Journey, run.Version, &standing.Deployment.Settings)
	if err != nil {
		return journey.Move{}, err
	}
	if run.MigrateTo != "" {
		if standing.MigrateTo, err = a.Library.Compiled(ctx, run.Journey, run.MigrateTo, &standing.Deployment.Settings); err != nil {
			return journey.Move{}, err
		}
	}
	return a.Walker.Walk(ctx, tx, run, standing, c, in.Cause)
}

// stuck marks a run whose walk panicked. It is not tried again by itself: a command wakes it, when a
// release that can walk it is deployed.
func (a *Activities) stuck(ctx context.Context, in AdvanceInput) (journey.Move, error) {
	err := a.Store.InRun(ctx, in.Run, func(tx *store.Tx) error { return tx.SetStuck(ctx, in.Run, "panic") })
	if err != nil {
		return journey.Move{}, a.coded("advance", in.Run, err)
	}
	return journey.Move{
		Seq: in.Seq - 1, Kind: journey.MoveWait, Phase: journey.Stuck, Summary: "stuck: Mixtape could not compute the next move; see the worker's log",
		Details: "**stuck**\n\nThe next move could not be computed. The worker's log has the reason; after a release that mends it, `mixtape resume --stuck` goes on.",
	}, nil
}

// coded leaves of an error only what may enter Temporal's history: a code and ids.
func (a *Activities) coded(what, run string, err error) error {
	code := store.Code(err)
	a.Log.Warn("will be tried again", zap.String("what", what), zap.String("run", run), zap.String("code", code), zap.Error(err))
	return temporal.NewApplicationError(what+": "+code, code)
}
