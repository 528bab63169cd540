package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// Fate is what became of a run's workflow.
type Fate string

// The fates of a workflow.
const (
	Running    Fate = "running"
	Terminated Fate = "terminated" // by an operator
	Broken     Fate = "broken"     // timed out, failed, or closed while its run lives
	Lost       Fate = "lost"       // unknown to Temporal, as after an older backup
)

// Workflows is what the reconciler asks of Temporal.
type Workflows interface {
	Fate(ctx context.Context, run string) (Fate, error)
	Closed(ctx context.Context, since time.Time) ([]string, error)
	CountRunning(ctx context.Context) (int64, error)
	Running(ctx context.Context, page func(runs []string)) error
	Resume(ctx context.Context, l store.Letter) error
}

// Reconciler finds living runs whose workflow is gone and resumes or ends them.
type Reconciler struct {
	Store     *store.Store
	Workflows Workflows
	Log       *zap.Logger
	// EndTerminated ends a run whose workflow an operator terminated (exit `stopped`), instead of
	// resuming it.
	EndTerminated bool
	Every         time.Duration // 15 s
	Grace         time.Duration // 20 s: a younger run's workflow may still be on its way
	since         time.Time
	short         bool // fewer workflows than runs, the last time
}

// Run reconciles until the context ends. Several may run: all that they do is safe to do twice.
func (r *Reconciler) Run(ctx context.Context) {
	if r.Every == 0 {
		r.Every = 15 * time.Second
	}
	if r.Grace == 0 {
		r.Grace = 20 * time.Second
	}
	for ctx.Err() == nil {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("reconciling will be tried again", zap.Error(err))
		}
		pause(ctx, r.Every)
	}
}

// Once looks at what was closed since the last time, and compares everything when the numbers of
// living runs and running workflows disagree.
func (r *Reconciler) Once(ctx context.Context) error {
	began := time.Now()
	since := r.since
	if since.IsZero() {
		since = began.Add(-time.Hour)
	}
	closed, err := r.Workflows.Closed(ctx, since.Add(-time.Minute)) // visibility lags
	if err != nil {
		return fmt.Errorf("listing closed workflows: %w", err)
	}
	if err := r.mend(ctx, closed); err != nil {
		return err
	}
	r.since = began
	active, unstarted, err := r.Store.CountActive(ctx)
	if err != nil {
		return err
	}
	running, err := r.Workflows.CountRunning(ctx)
	if err != nil {
		return fmt.Errorf("counting workflows: %w", err)
	}
	// Visibility lags behind: only a difference that stays is one.
	short := running < active-unstarted
	defer func() { r.short = short }()
	if short && r.short {
		return r.compare(ctx, began)
	}
	return nil
}

// compare pages through all living runs and asks about those that have no running workflow.
func (r *Reconciler) compare(ctx context.Context, began time.Time) error {
	running := map[string]struct{}{}
	err := r.Workflows.Running(ctx, func(page []string) {
		for _, id := range page {
			running[id] = struct{}{}
		}
	})
	if err != nil {
		return fmt.Errorf("listing running workflows: %w", err)
	}
	for after := ""; ; {
		page, err := r.Store.ActiveRuns(ctx, after, 1000)
		if err != nil {
			return err
		}
		var missing []string
		for _, run := range page {
			after = run.ID
			if _, ok := running[run.ID]; !ok && began.Sub(run.EnteredAt) > r.Grace {
				missing = append(missing, run.ID)
			}
		}
		if err := r.mend(ctx, missing); err != nil {
			return err
		}
		if len(page) < 1000 {
			return nil
		}
	}
}

// mend asks Temporal about each run that still lives, and acts.
func (r *Reconciler) mend(ctx context.Context, runs []string) error {
	if len(runs) == 0 {
		return nil
	}
	living, err := r.Store.StillActive(ctx, runs)
	if err != nil {
		return err
	}
	for _, run := range living {
		fate, err := r.Workflows.Fate(ctx, run.ID)
		if err != nil {
			return err
		}
		if fate == Running {
			continue
		}
		r.Log.Warn("a run has no workflow", zap.String("run", run.ID), zap.String("fate", string(fate)))
		if err := r.act(ctx, run, fate); err != nil {
			return err
		}
	}
	return nil
}

// stop lets a run end as every other does, by a walk: it is resumed for its last move, which lists what
// it will not send any more before the exit.
func (r *Reconciler) stop(ctx context.Context, tx *store.Tx, run *store.Run) error {
	run.State.Exit = cmp.Or(run.State.Exit, journey.ReasonStopped)
	if err := tx.SaveRun(ctx, run); err != nil {
		return err
	}
	return tx.Wake(ctx, run, "exit")
}

func (r *Reconciler) act(ctx context.Context, a store.ActiveRun, fate Fate) error {
	var letter *store.Letter
	err := r.Store.InRun(ctx, a.ID, func(tx *store.Tx) error {
		run, _, err := tx.Run(ctx, a.ID)
		if err != nil || run.Status != store.Active {
			return err
		}
		d := store.Decision{RunID: run.ID, Journey: run.Journey, Version: run.Version, Kind: "operator", Reason: string(fate), Words: "its workflow was " + string(fate) + ": it is resumed"}
		if fate == Terminated && r.EndTerminated {
			d.Words = "its workflow was terminated: it ends"
			if err := r.stop(ctx, tx, run); err != nil {
				return err
			}
		}
		letter = &store.Letter{RunID: run.ID, Start: true, Journey: run.Journey, Version: run.Version, ProfileID: run.ProfileID, RunSeq: run.Seq, Clock: run.Clock}
		return tx.Decide(ctx, d)
	})
	if err != nil || letter == nil {
		return err
	}
	return r.Workflows.Resume(ctx, *letter)
}
