package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/workflows"
)

// script plays the part of the database: it answers the asked move and keeps who asked for what.
type script struct {
	mu    sync.Mutex
	asked []asked
	move  func(activities.AdvanceInput) journey.Move
	sent  func(activities.DeliverInput) (journey.Move, error)
	told  func(activities.CallInput) (journey.Move, error)
}

type asked struct {
	Seq   int
	Cause journey.CauseKind
}

func (s *script) Advance(_ context.Context, in activities.AdvanceInput) (journey.Move, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{in.Seq, in.Cause.Kind})
	return s.move(in), nil
}

func (s *script) Deliver(_ context.Context, in activities.DeliverInput) (journey.Move, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{in.Seq, "deliver"})
	return s.sent(in)
}

func (s *script) Call(_ context.Context, in activities.CallInput) (journey.Move, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{in.Seq, "call"})
	return s.told(in)
}

func environment(t *testing.T, s *script) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(s)
	env.RegisterWorkflowWithOptions(workflows.Journey, workflow.RegisterOptions{Name: workflows.JourneyType})
	return env
}

func wait(seq int, wake time.Time) journey.Move {
	return journey.Move{Seq: seq, Kind: journey.MoveWait, Phase: journey.Waiting, Step: "settle-in", Wake: wake}
}

func end(seq int) journey.Move {
	return journey.Move{Seq: seq, Kind: journey.MoveEnd, Phase: journey.Ended, Reason: "completed"}
}

func expect(t *testing.T, s *script, want ...asked) {
	t.Helper()
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("what the run asked for (-want +got):\n%s", diff)
	}
}

func TestARunWaitsDeliversAndEnds(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	due := env.Now().Add(24 * time.Hour)
	s.move = func(in activities.AdvanceInput) journey.Move {
		if in.Seq == 1 {
			return wait(1, due)
		}
		if !in.Cause.Due.Equal(due) {
			t.Errorf("the timer's due is %s, want %s", in.Cause.Due, due)
		}
		return journey.Move{Seq: 2, Kind: journey.MoveDeliver, Phase: journey.Delivering, Message: "m1", Queue: "default-test-taskqueue"}
	}
	s.sent = func(in activities.DeliverInput) (journey.Move, error) { return end(in.Seq + 1), nil }
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if env.Now().Before(due) {
		t.Errorf("it ended at %s, before the timer's %s", env.Now(), due)
	}
	expect(t, s, asked{1, journey.Entered}, asked{2, journey.Timer}, asked{2, "deliver"})
}

func TestARunCallsUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	began := env.Now()
	s.move = func(in activities.AdvanceInput) journey.Move {
		return journey.Move{Seq: in.Seq, Kind: journey.MoveCall, Phase: journey.Calling, Call: "c1", Queue: "default-test-taskqueue"}
	}
	s.told = func(in activities.CallInput) (journey.Move, error) {
		if in.Call != "c1" {
			t.Errorf("it makes the call %q", in.Call)
		}
		if len(s.asked) == 2 {
			return journey.Move{}, temporal.NewApplicationErrorWithOptions("call: status_503", "status_503", temporal.ApplicationErrorOptions{NextRetryDelay: time.Hour})
		}
		return end(in.Seq + 1), nil
	}
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	expect(t, s, asked{1, journey.Entered}, asked{1, "call"}, asked{1, "call"})
	if got := env.Now().Sub(began); got < time.Hour {
		t.Errorf("the second attempt came after %s, want the hour that the service asked for", got)
	}
}

func TestAWakeForAnEarlierMoveIsDropped(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	s.move = func(in activities.AdvanceInput) journey.Move {
		switch {
		case in.Seq < 3:
			return wait(in.Seq, time.Time{})
		default:
			return end(in.Seq)
		}
	}
	signal := func(after time.Duration, seq int) {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.WakeSignal, workflows.Wake{Seq: seq}) }, after)
	}
	signal(time.Hour, 1)   // judged against the first wait: it moves on
	signal(2*time.Hour, 1) // again, too late: dropped
	signal(3*time.Hour, 2)
	began := env.Now()
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	expect(t, s, asked{1, journey.Entered}, asked{2, journey.Woken}, asked{3, journey.Woken})
	if got := env.Now().Sub(began); got < 3*time.Hour {
		t.Errorf("the dropped wake ended the second wait after %s", got)
	}
}

func TestAWakeForALaterMoveIsKept(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	s.move = func(in activities.AdvanceInput) journey.Move {
		switch in.Seq {
		case 1:
			return journey.Move{Seq: 1, Kind: journey.MoveDeliver, Phase: journey.Delivering, Message: "m1", Queue: "default-test-taskqueue"}
		default:
			return end(in.Seq)
		}
	}
	s.sent = func(in activities.DeliverInput) (journey.Move, error) { return wait(2, time.Time{}), nil }
	// The event that ends the second wait is judged before its workflow has heard of that wait.
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.WakeSignal, workflows.Wake{Seq: 2}) }, 0)
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	expect(t, s, asked{1, journey.Entered}, asked{1, "deliver"}, asked{3, journey.Woken})
}

func TestPassedMovesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	began := env.Now()
	s.move = func(in activities.AdvanceInput) journey.Move {
		if in.Seq == 4 {
			return end(4)
		}
		m := wait(in.Seq, began.Add(1000*time.Hour))
		m.Passed = true
		return m
	}
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if got := env.Now().Sub(began); got > time.Hour {
		t.Errorf("a reset run waited %s for moves that lie behind it", got)
	}
	expect(t, s, asked{1, journey.Entered}, asked{2, journey.Resumed}, asked{3, journey.Resumed}, asked{4, journey.Resumed})
}

func TestCancelAsksForTheEndAndClosesAsCancelled(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]journey.Move{
		"waiting":    wait(1, time.Time{}),
		"delivering": {Seq: 1, Kind: journey.MoveDeliver, Phase: journey.Delivering, Message: "m1", Queue: "default-test-taskqueue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{}
			env := environment(t, s)
			s.move = func(in activities.AdvanceInput) journey.Move {
				if in.Seq == 1 {
					return first
				}
				return end(in.Seq)
			}
			s.sent = func(activities.DeliverInput) (journey.Move, error) {
				return journey.Move{}, temporal.NewApplicationError("smtp: refused for now", "throttled")
			}
			env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
			env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
			var cancelled *temporal.CanceledError
			if err := env.GetWorkflowError(); !errors.As(err, &cancelled) {
				t.Errorf("it closed with %v, want cancelled", err)
			}
			if last := s.asked[len(s.asked)-1]; last != (asked{2, journey.Cancelled}) {
				t.Errorf("it asked last for %v, want the end by cancellation", last)
			}
		})
	}
}

func TestAStuckRunRests(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	s.move = func(in activities.AdvanceInput) journey.Move {
		if len(s.asked) == 4 {
			return end(in.Seq)
		}
		return journey.Move{Seq: in.Seq - 1, Kind: journey.MoveWait, Phase: journey.Stuck}
	}
	for i := range 3 {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.WakeSignal, workflows.Wake{Seq: 0}) }, time.Duration(i+1)*time.Hour)
	}
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	expect(t, s, asked{1, journey.Entered}, asked{1, journey.Woken}, asked{1, journey.Woken}, asked{1, journey.Woken})
}

func TestALongHistoryGoesOnInANewOne(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	env.SetContinueAsNewSuggested(true)
	s.move = func(in activities.AdvanceInput) journey.Move { return wait(in.Seq, time.Time{}) }
	kept := workflows.Wake{Seq: 9, Why: "matched"}
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1", Seq: 7, Wakes: []workflows.Wake{{Seq: 3}, kept}})
	var goOn *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &goOn) {
		t.Fatalf("it closed with %v, want continue as new", err)
	}
	var in workflows.JourneyInput
	if err := converter.GetDefaultDataConverter().FromPayloads(goOn.Input, &in); err != nil {
		t.Fatal(err)
	}
	want := workflows.JourneyInput{Run: "onboarding/p1/1", Seq: 7, Wakes: []workflows.Wake{kept}}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("what is carried over (-want +got):\n%s", diff)
	}
}

func TestTheStateQueryAnswersTheMoveInHand(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	s.move = func(in activities.AdvanceInput) journey.Move {
		if in.Seq == 1 {
			return wait(1, env.Now().Add(time.Hour))
		}
		return end(2)
	}
	env.RegisterDelayedCallback(func() {
		v, err := env.QueryWorkflow(workflows.StateQuery)
		if err != nil {
			t.Error(err)
			return
		}
		var m journey.Move
		if err := v.Get(&m); err != nil || m.Step != "settle-in" || m.Phase != journey.Waiting {
			t.Errorf("the query answered %+v, %v", m, err)
		}
	}, time.Minute)
	env.ExecuteWorkflow(workflows.JourneyType, workflows.JourneyInput{Run: "onboarding/p1/1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}
