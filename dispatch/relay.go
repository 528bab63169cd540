package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/store"
)

// Temporal starts and wakes the workflows of runs.
type Temporal interface {
	// Start begins a run's workflow; that it exists already is success.
	Start(ctx context.Context, l store.Letter) error
	// Wake signals it. ErrNoWorkflow says that none is running.
	Wake(ctx context.Context, l store.Letter) error
}

// ErrNoWorkflow says that no workflow is running for a run.
var ErrNoWorkflow = errors.New("no workflow is running")

const (
	letters  = 100 // in one transaction
	atOnce   = 16  // calls to Temporal
	patience = 10  // tries of a wake whose workflow is not there; then the reconciler sees to it
)

// Relay carries the outbox to Temporal. Several may run. A letter that was received and not
// forgotten comes twice; both starts and wakes bear that.
type Relay struct {
	Store    *store.Store
	Temporal Temporal
	Log      *zap.Logger
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in production.
	Failpoint func(point string)
}

// Run relays until the context ends.
func (r *Relay) Run(ctx context.Context, bell *Bell) {
	for ctx.Err() == nil {
		n, err := r.Once(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.Log.Warn("the outbox will be tried again", zap.Error(err))
			pause(ctx, time.Second)
		case n == 0:
			bell.Wait(ctx, idle)
		}
	}
}

// Once relays what is due, up to a bound, and returns how many letters there were.
func (r *Relay) Once(ctx context.Context) (int, error) {
	return r.Store.Relay(ctx, letters, func(all []store.Letter) ([]int64, error) {
		if r.Failpoint != nil {
			r.Failpoint("relay:taken")
		}
		var mu sync.Mutex
		var received []int64
		// A run's letters go in order: its start before its wakes.
		byRun := map[string][]store.Letter{}
		for _, l := range all {
			byRun[l.RunID] = append(byRun[l.RunID], l)
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(atOnce)
		for _, ls := range byRun {
			group.Go(func() error {
				for _, l := range ls {
					if !r.deliver(ctx, l) {
						return nil
					}
					mu.Lock()
					received = append(received, l.ID)
					mu.Unlock()
				}
				return nil
			})
		}
		err := group.Wait()
		if r.Failpoint != nil {
			r.Failpoint("relay:told")
		}
		return received, err
	})
}

// deliver tells Temporal one thing. False keeps the letter for later.
func (r *Relay) deliver(ctx context.Context, l store.Letter) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var err error
	switch {
	case l.Start:
		err = r.Temporal.Start(ctx, l)
	case l.Seq < l.RunSeq || l.Status != store.Active:
		return true // it has looked since
	default:
		err = r.Temporal.Wake(ctx, l)
		if errors.Is(err, ErrNoWorkflow) && l.Attempts >= patience {
			return true
		}
	}
	if err != nil && !errors.Is(err, ErrNoWorkflow) {
		r.Log.Warn("Temporal was not told", zap.String("run", l.RunID), zap.Bool("start", l.Start), zap.Error(err))
	}
	return err == nil
}
