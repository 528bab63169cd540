package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// Client speaks to Temporal about runs.
type Client struct {
	Temporal  client.Client
	Namespace string
	Queue     string // the task queue of journeys
}

// Start begins a run's workflow. Its id is never used again, so a run begins once.
func (c *Client) Start(ctx context.Context, l store.Letter) error {
	return c.start(ctx, l, 0, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

// Resume begins a new execution of a run that lives and has none running: whatever became of the
// last one (in an older database than Temporal's, it may have completed), its id goes on.
func (c *Client) Resume(ctx context.Context, l store.Letter) error {
	return c.start(ctx, l, l.RunSeq, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
}

func (c *Client) start(ctx context.Context, l store.Letter, seq int, reuse enums.WorkflowIdReusePolicy) error {
	keys := SearchAttributes()
	version := l.Version
	if len(version) > 7 {
		version = version[:7]
	}
	_, err := c.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: l.RunID, TaskQueue: c.Queue, WorkflowIDReusePolicy: reuse,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         true, // a worker of this process takes the first task from the answer
		StaticSummary:                            fmt.Sprintf("%s, version %s", l.Journey, version),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			keys.JourneyKey.ValueSet(l.Journey), keys.JourneyVersion.ValueSet(l.Version), keys.ProfileID.ValueSet(l.ProfileID),
			keys.JourneyState.ValueSet(string(journey.Waiting))),
	}, JourneyType, JourneyInput{Run: l.RunID, Seq: seq, Clock: l.Clock})
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		return nil
	}
	return err
}

// Wake signals a run.
func (c *Client) Wake(ctx context.Context, l store.Letter) error {
	err := c.Temporal.SignalWorkflow(ctx, l.RunID, "", WakeSignal, Wake{Seq: l.Seq, Why: l.Why})
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return dispatch.ErrNoWorkflow
	}
	return err
}

// Fate is what became of a run's workflow.
func (c *Client) Fate(ctx context.Context, run string) (dispatch.Fate, error) {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, run, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return dispatch.Lost, nil
	}
	if err != nil {
		return "", err
	}
	switch d.GetWorkflowExecutionInfo().GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return dispatch.Running, nil
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return dispatch.Terminated, nil
	default:
		return dispatch.Broken, nil
	}
}

// Closed lists the runs whose workflow was terminated, timed out or failed since a moment.
func (c *Client) Closed(ctx context.Context, since time.Time) ([]string, error) {
	return c.list(ctx, fmt.Sprintf("WorkflowType = '%s' AND TaskQueue = '%s' AND CloseTime >= '%s' AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed', 'Canceled')",
		JourneyType, c.Queue, since.UTC().Format(time.RFC3339Nano)), nil)
}

// Running calls fn with pages of the runs whose workflow is running.
func (c *Client) Running(ctx context.Context, fn func([]string)) error {
	_, err := c.list(ctx, c.running(), fn)
	return err
}

// CountRunning counts the workflows of runs.
func (c *Client) CountRunning(ctx context.Context) (int64, error) {
	n, err := c.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: c.Namespace, Query: c.running()})
	return n.GetCount(), err
}

func (c *Client) running() string {
	return fmt.Sprintf("WorkflowType = '%s' AND TaskQueue = '%s' AND ExecutionStatus = 'Running'", JourneyType, c.Queue)
}

// betweenPages keeps long lists below the rate that Temporal allows for them.
const betweenPages = 200 * time.Millisecond

func (c *Client) list(ctx context.Context, query string, fn func([]string)) (all []string, err error) {
	var token []byte
	for {
		page, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.Namespace, Query: query, PageSize: 1000, NextPageToken: token,
		})
		if err != nil {
			return nil, err
		}
		ids := make([]string, 0, len(page.GetExecutions()))
		for _, e := range page.GetExecutions() {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
		if fn != nil {
			fn(ids)
		} else {
			all = append(all, ids...)
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return all, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(betweenPages):
		}
	}
}
