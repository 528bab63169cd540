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
	Journey string `json:"journey,omitempty"` // whose runs to wake; empty, after a pause: all
	Version string `json:"version,omitempty"` // of an edit: the one that runs in flight go on by; empty: a pause was lifted
	After   string `json:"after,omitempty"`   // the last run that was woken
	Woken   int    `json:"woken,omitempty"`
	Pass    int    `json:"pass,omitempty"`

	Trends   bool `json:"trends,omitempty"`   // something else has come to be on the rise: the runs to wake are those that wait
	Segments bool `json:"segments,omitempty"` // no runs are woken: segments are computed
}

const (
	sweepPage    = 500
	sweepPause   = time.Second // between pages: 500 runs a second
	sweepPages   = 100         // in one execution
	sweepPasses  = 2
	betweenSweep = 10 * time.Second
)

// Sweep wakes, page by page, the runs that a change concerns. It passes twice over those that may just
// then be coming into being: a run that was being told to hold when the pause was lifted, or that
// entered by the old version while the new one was published, is found by the second. Of an edit the
// held-out come last.
// What has come to be on the rise is told once, when whoever read what was before has come to their wait.
func Sweep(ctx workflow.Context, in SweepInput) (int, error) {
	if in.Segments {
		return sweepSegments(ctx, in)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	if in.Trends && in.After == "" {
		if err := workflow.Sleep(ctx, betweenSweep); err != nil {
			return in.Woken, err
		}
	}
	for range sweepPages {
		var page activities.Page
		err := workflow.ExecuteActivity(ctx, in.activity(), activities.PageInput{
			Journey: in.Journey, Version: in.Version, After: in.After, Most: sweepPage,
		}).Get(ctx, &page)
		if err != nil {
			return in.Woken, err
		}
		in.After, in.Woken = page.Last, in.Woken+page.Count
		pause := sweepPause
		if page.Count < sweepPage {
			if in.Pass++; in.Pass == in.passes() {
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

// activity is what makes the next page.
func (in SweepInput) activity() any {
	var a *activities.Activities
	switch {
	case in.Trends:
		return a.TrendPage
	case in.Version == "":
		return a.WakePage
	case in.Pass < sweepPasses:
		return a.EditPage
	default:
		return a.EditHeldOutPage
	}
}

func (in SweepInput) passes() int {
	switch {
	case in.Trends:
		return 1
	case in.Version == "":
		return sweepPasses
	}
	return sweepPasses + 1
}

// Sweeper begins sweeps.
type Sweeper struct{ Client *Client }

// Resume begins a sweep over the runs of a journey (empty: of all) whose pause was lifted.
func (s Sweeper) Resume(ctx context.Context, journey string) error {
	what := journey
	if what == "" {
		what = "everything"
	}
	return s.begin(ctx, "resume", what, SweepInput{Journey: journey})
}

// Migrate begins a sweep that takes the runs in flight of a journey over to a version of it.
func (s Sweeper) Migrate(ctx context.Context, journey, version string) error {
	return s.begin(ctx, "edit", journey, SweepInput{Journey: journey, Version: version})
}

func (s Sweeper) begin(ctx context.Context, why, what string, in SweepInput) error {
	_, err := s.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sweep/%s/%s/%s", why, what, time.Now().UTC().Format("20060102T150405.000000")), TaskQueue: s.Client.Queue,
		StaticSummary: why + " " + what,
	}, SweepType, in)
	return err
}
