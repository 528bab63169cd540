package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workflows"
)

// crowd plays the part of the database: people who enter by pages, and an operator.
type crowd struct {
	mu        sync.Mutex
	env       *testsuite.TestWorkflowEnvironment
	total     int
	perMinute int
	entered   int
	at        []time.Time // when each entered
	looks     int
	held      string
	next      time.Time
	state     store.EnrolmentState
	asked     []activities.EnrolInput
	stopped   int
}

func (c *crowd) progress() activities.EnrolProgress {
	return activities.EnrolProgress{
		State: c.state, Held: c.held, Total: int64(c.total), Seen: int64(c.entered), Entered: int64(c.entered), PerMinute: c.perMinute, Next: c.next,
	}
}

func (c *crowd) EnrolPage(_ context.Context, in activities.EnrolInput) (activities.EnrolProgress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, in)
	if in.Look {
		c.looks++
	}
	p := c.progress()
	if p.Over() || in.Look || c.held != "" || !c.next.IsZero() && c.next.After(c.env.Now()) {
		return p, nil
	}
	c.next = time.Time{}
	n := c.total - c.entered
	if in.Most > 0 {
		n = min(n, in.Most)
	} else {
		n = min(n, 1000)
	}
	for range n {
		c.at = append(c.at, c.env.Now())
	}
	c.entered += n
	if c.entered == c.total {
		c.state = store.EnrolDone
	}
	p = c.progress()
	p.Page = n
	return p, nil
}

func (c *crowd) EnrolStop(context.Context, activities.EnrolInput) (activities.EnrolProgress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped++
	c.state = store.EnrolCancelled
	return c.progress(), nil
}

func (c *crowd) set(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
}

func enrolling(t *testing.T, c *crowd) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(c)
	env.RegisterWorkflowWithOptions(workflows.Enroll, workflow.RegisterOptions{Name: workflows.EnrollType})
	c.env, c.state = env, store.EnrolRunning
	return env
}

func TestAnEnrolmentHoldsItsRate(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 7, 500, 6000} {
		c := &crowd{total: 5 * rate, perMinute: rate}
		env := enrolling(t, c)
		began := env.Now()
		// Somebody who looks at it again and again does not hurry it.
		for i := range 20 {
			env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.LookSignal, nil) }, time.Duration(i)*700*time.Millisecond)
		}
		env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
		if err := env.GetWorkflowError(); err != nil {
			t.Fatal(err)
		}
		if len(c.at) != c.total || c.looks == 0 {
			t.Fatalf("%d a minute: %d of %d entered, and it looked %d times", rate, len(c.at), c.total, c.looks)
		}
		// In no minute more than the rate, but for a page that falls into two of them.
		slack := max(1, rate/6) + 1
		for i, from := range c.at {
			n := 0
			for _, at := range c.at[i:] {
				if at.Before(from.Add(time.Minute)) {
					n++
				}
			}
			if n > rate+slack {
				t.Fatalf("%d a minute: %d entered in the minute from %s", rate, n, from.Sub(began))
			}
		}
		took := c.at[len(c.at)-1].Sub(began)
		if took < 4*time.Minute-10*time.Second || took > 5*time.Minute+10*time.Second {
			t.Errorf("%d a minute: five minutes' people took %s", rate, took)
		}
	}
}

func TestAnEnrolmentWithoutARateGoesAsItCan(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 10_000}
	env := enrolling(t, c)
	began := env.Now()
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if took := env.Now().Sub(began); took > time.Second || len(c.asked) > 12 {
		t.Errorf("it took %s and %d pages", took, len(c.asked))
	}
}

func TestAHeldEnrolmentWaitsAndGoesOnWhenItIsToldTo(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 100, held: "the journey is paused"}
	env := enrolling(t, c)
	began := env.Now()
	env.RegisterDelayedCallback(func() {
		v, err := env.QueryWorkflow(workflows.ProgressQuery)
		var p activities.EnrolProgress
		if err != nil || v.Get(&p) != nil || p.Held != "the journey is paused" || p.Entered != 0 {
			t.Errorf("the query answers %+v, %v", p, err)
		}
		c.set(func() { c.held = "" })
		env.SignalWorkflow(workflows.LookSignal, nil)
	}, 48*time.Hour)
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
	if err := env.GetWorkflowError(); err != nil {
		var goOn *workflow.ContinueAsNewError
		if !errors.As(err, &goOn) {
			t.Fatal(err)
		}
	}
	// Two days of looking every five minutes are more than one execution has.
	if took := env.Now().Sub(began); took < 16*time.Hour || len(c.at) != 0 {
		t.Errorf("after %s %d have entered", took, len(c.at))
	}
	if n := len(c.asked); n != 200 {
		t.Errorf("it looked %d times", n)
	}

	c = &crowd{total: 100, held: "it is paused"}
	env = enrolling(t, c)
	began = env.Now()
	env.RegisterDelayedCallback(func() {
		c.set(func() { c.held = "" })
		env.SignalWorkflow(workflows.LookSignal, nil)
	}, time.Hour)
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
	if err := env.GetWorkflowError(); err != nil || len(c.at) != 100 {
		t.Fatalf("%d entered, %v", len(c.at), err)
	}
	if late := c.at[0].Sub(began) - time.Hour; late < 0 || late > time.Second {
		t.Errorf("the first entered %s after the pause was lifted", late)
	}
}

func TestAnEnrolmentThatIsCancelledInItsRowEnds(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 1000, perMinute: 60}
	env := enrolling(t, c)
	env.RegisterDelayedCallback(func() {
		c.set(func() { c.state = store.EnrolCancelled })
		env.SignalWorkflow(workflows.LookSignal, nil)
	}, 65*time.Second)
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var p activities.EnrolProgress
	if err := env.GetWorkflowResult(&p); err != nil || p.State != store.EnrolCancelled || p.Entered > 75 || p.Entered < 55 {
		t.Errorf("it ended as %+v, %v", p, err)
	}
}

func TestAnEnrolmentThatIsCancelledInTemporalWritesThatDown(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 1000, perMinute: 60}
	env := enrolling(t, c)
	env.RegisterDelayedCallback(env.CancelWorkflow, 65*time.Second)
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Enrolment: "n1", Journey: "tips"})
	if err := env.GetWorkflowError(); err == nil || c.stopped != 1 || c.entered > 75 {
		t.Errorf("it ended with %v, was written down as cancelled %d times, and %d entered", err, c.stopped, c.entered)
	}
}

func TestAnOccurrenceWaitsForTheNextClocks(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 10}
	env := enrolling(t, c)
	began := env.Now()
	c.next = began.Add(90 * time.Minute)
	env.SetStartWorkflowOptions(workflowID("acme-enrol/digest-2026-11-25T09:00:00Z"))
	env.ExecuteWorkflow(workflows.EnrollType, workflows.EnrollInput{Journey: "digest"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if late := c.at[0].Sub(began) - 90*time.Minute; late < 0 || late > time.Second {
		t.Errorf("the first entered %s after the clocks came to it", late)
	}
	want := activities.EnrolInput{Enrolment: "digest-2026-11-25T09:00:00Z", Journey: "digest", Most: 1}
	if diff := cmp.Diff(want, c.asked[0]); diff != "" {
		t.Errorf("what it asked for first (-want +got):\n%s", diff)
	}
}

func TestALongEnrolmentGoesOnInANewHistory(t *testing.T) {
	t.Parallel()
	c := &crowd{total: 1_000_000, perMinute: 60_000}
	env := enrolling(t, c)
	in := workflows.EnrollInput{Enrolment: "n1", Journey: "tips"}
	env.ExecuteWorkflow(workflows.EnrollType, in)
	var goOn *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); c.entered < 1_000_000 && !errors.As(err, &goOn) {
		t.Fatalf("after %d people it closed with %v", c.entered, err)
	}

	c = &crowd{total: 5000, perMinute: 60}
	env = enrolling(t, c)
	env.SetContinueAsNewSuggested(true)
	env.ExecuteWorkflow(workflows.EnrollType, in)
	if err := env.GetWorkflowError(); !errors.As(err, &goOn) {
		t.Fatalf("it closed with %v, want continue as new", err)
	}
	var carried workflows.EnrollInput
	if err := converter.GetDefaultDataConverter().FromPayloads(goOn.Input, &carried); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, carried); diff != "" {
		t.Errorf("what is carried over (-want +got):\n%s", diff)
	}
}

func workflowID(id string) client.StartWorkflowOptions { return client.StartWorkflowOptions{ID: id} }
