package dispatch

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store"
)

const (
	dueSoon    = 20 * time.Millisecond
	dueIdle    = 250 * time.Millisecond // the longest between looks: other processes arm flips, too
	sweepEvery = 2 * time.Second        // between looks for segments that are to be computed
)

// Due looks at memberships that time alone may have changed, when it may have. Several may run, in one
// process or many: each passes over the profiles that others hold.
type Due struct {
	Store   *store.Store
	Library *store.Library
	Log     *zap.Logger
	// Clock is what the deployment lives by, as in Handler.
	Clock calendar.Clock
	// Bell is rung when there are flips for dispatch to judge.
	Bell *Bell
	// Sweep begins a sweep over everybody, unless one is under way.
	Sweep func(ctx context.Context) error
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in production.
	Failpoint func(point string)
}

// Run looks until the context ends.
func (d *Due) Run(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := d.Once(ctx)
		if err == nil && !found {
			err = d.rest(ctx)
		}
		if err != nil && ctx.Err() == nil {
			d.Log.Warn("segments that time may have changed will be looked at again", zap.Error(err))
			pause(ctx, time.Second)
		}
	}
}

// Keep sees to it, until the context ends, that segments whose rule is new, changed or gone are computed.
// It may wait for Temporal, as Run never does.
func (d *Due) Keep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.keep(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("segments are not computed yet", zap.Error(err))
		}
		pause(ctx, sweepEvery)
	}
}

// Once looks at one profile whose segments are due. It returns false when there is none.
func (d *Due) Once(ctx context.Context) (bool, error) {
	flipped := false
	found, err := d.Store.InNextDue(ctx, func(tx *store.Tx, segments []string) (err error) {
		flipped, err = tx.Revise(ctx, d.Library, segments, nil, segment.ByTime, d.Clock)
		if d.Failpoint != nil {
			d.Failpoint("due:revised")
		}
		return err
	})
	if err == nil && flipped {
		d.Bell.Ring()
	}
	return found, err
}

// rest waits for what is due next.
func (d *Due) rest(ctx context.Context) error {
	next, err := d.Store.NextDue(ctx)
	if err != nil {
		return err
	}
	pause(ctx, max(dueSoon, min(next, dueIdle))) // what is due and was not found somebody else has in hand
	return nil
}

func (d *Due) keep(ctx context.Context) error {
	uncomputed, unchecked, err := d.Store.SegmentsToSweep(ctx)
	if err != nil || uncomputed+unchecked == 0 {
		return err
	}
	return d.Sweep(ctx)
}
