package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/workflows"
)

// pages answers one page after the other; the last repeats.
type pages struct {
	all   []activities.SegmentsPage
	asked int
}

func (p *pages) SegmentsPage(context.Context) (activities.SegmentsPage, error) {
	page := p.all[min(p.asked, len(p.all)-1)]
	p.asked++
	return page, nil
}

func sweeping(t *testing.T, p *pages) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	env.RegisterActivityWithOptions(p.SegmentsPage, activity.RegisterOptions{Name: "SegmentsPage"})
	env.RegisterWorkflowWithOptions(workflows.Sweep, workflow.RegisterOptions{Name: workflows.SweepType})
	return env
}

func TestASweepOverSegmentsGoesOnUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	p := &pages{all: []activities.SegmentsPage{
		{Segment: "vip", Seen: 200}, {Segment: "vip", Seen: 3}, {Segment: "vip", Wait: 20 * time.Second}, {Segment: "vip", Seen: 1}, {Over: true},
	}}
	env := sweeping(t, p)
	began := env.Now()
	env.ExecuteWorkflow(workflows.Sweep, workflows.SweepInput{Segments: true})
	var seen int
	if err := env.GetWorkflowResult(&seen); err != nil || seen != 204 || p.asked != 5 {
		t.Errorf("%d people in %d pages, %v", seen, p.asked, err)
	}
	// What is published while it waits is not left lying for long.
	if took := env.Now().Sub(began); took < time.Second || took > 5*time.Second {
		t.Errorf("it waited %s", took)
	}
}

func TestALongSweepOverSegmentsGoesOnAnew(t *testing.T) {
	t.Parallel()
	env := sweeping(t, &pages{all: []activities.SegmentsPage{{Segment: "vip", Seen: 10}}})
	env.ExecuteWorkflow(workflows.Sweep, workflows.SweepInput{Segments: true})
	var anew *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &anew) {
		t.Errorf("it ended with %v", err)
	}
}
