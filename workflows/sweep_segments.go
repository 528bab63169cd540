package workflows

import (
	"context"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
)

// patience is how long a sweep that waits with its second look is deaf to what is published meanwhile.
const patience = 3 * time.Second

// sweepSegments works out anew who is in the segments whose rules are new, changed or gone, page by page,
// until there are none.
func sweepSegments(ctx workflow.Context, in SweepInput) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: activities.SegmentsTimeout, HeartbeatTimeout: activities.SegmentsHeartbeat,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: sweepPause, BackoffCoefficient: 2, MaximumInterval: betweenSweep},
	})
	var a *activities.Activities
	for range sweepPages {
		var page activities.SegmentsPage
		if err := workflow.ExecuteActivity(ctx, a.SegmentsPage).Get(ctx, &page); err != nil {
			return in.Woken, err
		}
		if page.Over {
			return in.Woken, nil
		}
		in.Woken += page.Seen
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("at the segment %s; %d people looked at", page.Segment, in.Woken))
		if page.Wait > 0 {
			if err := workflow.Sleep(ctx, min(page.Wait, patience)); err != nil {
				return in.Woken, err
			}
		}
	}
	return in.Woken, workflow.NewContinueAsNewError(ctx, Sweep, in)
}

// Segments begins a sweep over the segments whose rules are new, changed or gone, unless one is under way:
// that one does these, too.
func (s Sweeper) Segments(ctx context.Context) error {
	_, err := s.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "sweep/segments/" + s.Client.Queue, TaskQueue: s.Client.Queue, StaticSummary: "segments",
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, SweepType, SweepInput{Segments: true})
	return err
}
