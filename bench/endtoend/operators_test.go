package endtoend_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
)

// parked is a deployment with one run that waits for a share after its first mail.
func parked(t *testing.T, o rig.Options) (*rig.Rig, string) {
	t.Helper()
	r := rig.New(t, o)
	v := rig.Version(`journey: thanks
entry: { event: signed_up }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - id: share
    wait_for:
      event: playlist_shared
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
`, mails("hello", "thanks"))
	r.Publish(tips(), v)
	r.Send(signsUp("ada")...)
	return r, r.AwaitPhase("ada", journey.Waiting, "share").ID
}

// sharing lets the parked run go on, and checks that nothing went twice.
func sharing(t *testing.T, r *rig.Rig) {
	t.Helper()
	r.Send(rig.Track("ada", "playlist_shared", nil))
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := len(r.Mails("")); n != 2 {
		t.Errorf("%d mails went out, want 2", n)
	}
}

func status(t *testing.T, r *rig.Rig, run string) enums.WorkflowExecutionStatus {
	t.Helper()
	d, err := r.Client.Temporal.DescribeWorkflowExecution(context.Background(), run, "")
	if err != nil {
		t.Fatal(err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus()
}

func TestCancelInTemporalStopsTheRun(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{})
	if err := r.Client.Temporal.CancelWorkflow(context.Background(), run, ""); err != nil {
		t.Fatal(err)
	}
	r.AwaitExit("ada", journey.ReasonStopped)
	r.Await("Temporal shows it as cancelled", rig.Patience, func() bool {
		return status(t, r, run) == enums.WORKFLOW_EXECUTION_STATUS_CANCELED
	})
}

func TestATerminatedRunIsResumed(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{})
	if err := r.Client.Temporal.TerminateWorkflow(context.Background(), run, "", "by mistake"); err != nil {
		t.Fatal(err)
	}
	r.Await("the reconciler begins a new execution", rig.Patience, func() bool {
		return status(t, r, run) == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	sharing(t, r)
}

func TestATerminatedRunIsEndedWhereThatIsConfigured(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{EndTerminated: true})
	if err := r.Client.Temporal.TerminateWorkflow(context.Background(), run, "", "on purpose"); err != nil {
		t.Fatal(err)
	}
	r.AwaitExit("ada", journey.ReasonStopped)
}

func TestWhatATerminatedRunHeldIsSkippedBeforeItEnds(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Clock: atTen(1), EndTerminated: true})
	r.Publish(quiet(), welcome())
	r.Send(signsUp("ada")...)
	run := r.AwaitPhase("ada", journey.Held, "hello").ID
	if err := r.Client.Temporal.TerminateWorkflow(context.Background(), run, "", "on purpose"); err != nil {
		t.Fatal(err)
	}
	r.AwaitExit("ada", journey.ReasonStopped)
	all, _ := decisions(r, run)
	if want := []string{"entry entered", "gate quiet_hours", "operator terminated", "gate ended", "exit stopped"}; !slices.Equal(all, want) {
		t.Errorf("the ledger has %v, want %v", all, want)
	}
	if n := r.Skipped("ada", gate.Ended); n != 1 || len(r.Messages("ada")) != 1 {
		t.Errorf("%d of %d messages are skipped as ended, want the one that was held", n, len(r.Messages("ada")))
	}
}

func TestALostRunIsFoundAndResumed(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{})
	_, err := r.Client.Temporal.WorkflowService().DeleteWorkflowExecution(context.Background(), &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: r.Address.Namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: run},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Await("a new execution holds the wait", rig.Patience, func() bool {
		d, err := r.Client.Temporal.DescribeWorkflowExecution(context.Background(), run, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING &&
			time.Since(d.GetWorkflowExecutionInfo().GetStartTime().AsTime()) < rig.Patience && d.GetWorkflowExecutionInfo().GetHistoryLength() > 4
	})
	sharing(t, r)
}

func TestResetSendsNothingTwice(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{})
	_, err := r.Client.Temporal.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: r.Address.Namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: run},
		WorkflowTaskFinishEventId: 4, RequestId: uuid.NewString(), Reason: "from the start",
	})
	if err != nil {
		t.Fatal(err)
	}
	sharing(t, r)
}

func TestOperatorsReadWhereARunIs(t *testing.T) {
	t.Parallel()
	r, run := parked(t, rig.Options{})
	ctx := context.Background()
	r.Await("the query answers where it waits", rig.Patience, func() bool { // it hears a moment after the database
		value, err := r.Client.Temporal.QueryWorkflow(ctx, run, "", "state")
		var move journey.Move
		return err == nil && value.Get(&move) == nil && move.Step == "share" && move.Phase == journey.Waiting
	})
	d, err := r.Client.Temporal.DescribeWorkflow(ctx, run, "")
	if err != nil {
		t.Fatal(err)
	}
	summary, err := d.GetStaticSummary()
	if err != nil || len(summary) < len("thanks, version ") || summary[:len("thanks, version ")] != "thanks, version " {
		t.Errorf("the summary is %q, %v", summary, err)
	}
	r.Await("it can be found by its step", rig.Patience, func() bool {
		list, err := r.Client.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Address.Namespace, Query: "JourneyKey = 'thanks' AND JourneyStep = 'share' AND JourneyState = 'waiting' AND WorkflowId = '" + run + "'",
		})
		return err == nil && len(list.GetExecutions()) == 1
	})
}
