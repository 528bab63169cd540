package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
)

// SweepType is the workflow's name in Temporal.
const SweepType = "Sweep"

// SweepInput is a change that touches many runs, and how far its sweep has come.
type SweepInput struct {
	Journey string `json:"journey,omitempty"` // whose runs to wake after a pause; empty: all
	After   string `json:"after,omitempty"`   // the last run that was woken
	Woken   int    `json:"woken,omitempty"`
	Pass    int    `json:"pass,omitempty"`
}

const (
	sweepPage    = 500
	sweepPause   = time.Second // between pages: 500 runs a second
	sweepPages   = 100         // in one execution
	sweepPasses  = 2
	betweenSweep = 10 * time.Second
)

// Sweep wakes, page by page, the runs that a lifted pause left waiting. It passes twice: a run that
// was just being told to hold when the pause was lifted is found by the second.
func Sweep(ctx workflow.Context, in SweepInput) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	for range sweepPages {
		var page activities.Page
		var a *activities.Activities
		err := workflow.ExecuteActivity(ctx, a.WakePage, activities.PageInput{Journey: in.Journey, After: in.After, Most: sweepPage}).Get(ctx, &page)
		if err != nil {
			return in.Woken, err
		}
		in.After, in.Woken = page.Last, in.Woken+page.Count
		pause := sweepPause
		if page.Count < sweepPage {
			if in.Pass++; in.Pass == sweepPasses {
				return in.Woken, nil
			}
			in.After, pause = "", betweenSweep
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d runs woken", in.Woken))
		if err := workflow.Sleep(ctx, pause); err != nil {
			return in.Woken, err
		}
	}
	return in.Woken, workflow.NewContinueAsNewError(ctx, Sweep, in)
}

// Sweeper begins sweeps.
type Sweeper struct{ Client *Client }

// Resume begins a sweep over the runs of a journey (empty: of all) whose pause was lifted.
func (s Sweeper) Resume(ctx context.Context, journey string) error {
	what := journey
	if what == "" {
		what = "everything"
	}
	_, err := s.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sweep/resume/%s/%s", what, time.Now().UTC().Format("20060102T150405.000000")), TaskQueue: s.Client.Queue,
		StaticSummary: "resume " + what,
	}, SweepType, SweepInput{Journey: journey})
	return err
}
