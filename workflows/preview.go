package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
)

// PreviewType is the workflow's name in Temporal.
const PreviewType = "Preview"

// previewTime is how long a preview is waited for; a worker that is away longer does not send it later.
const previewTime = 30 * time.Second

// Preview has a worker hand over one preview, once.
func Preview(ctx workflow.Context, id string) (became string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: previewTime, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	var a *activities.Activities
	err = workflow.ExecuteActivity(ctx, a.SendPreview, id).Get(ctx, &became)
	return became, err
}

// Previewer has previews sent by a worker, who knows the providers.
type Previewer struct{ Client *Client }

// Send has a preview sent, and says what became of it.
func (p Previewer) Send(ctx context.Context, id string) (became string, err error) {
	ctx, cancel := context.WithTimeout(ctx, previewTime)
	defer cancel()
	run, err := p.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "preview/" + id, TaskQueue: p.Client.Queue, StaticSummary: "a preview", WorkflowExecutionTimeout: previewTime, EnableEagerStart: true,
	}, PreviewType, id)
	if err != nil {
		return "", err
	}
	err = run.Get(ctx, &became)
	return became, err
}
