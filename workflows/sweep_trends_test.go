package workflows_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/workflows"
)

// Whoever was looking while something else came to rise has to have come to their wait before they are told, and nobody is told twice.
func TestASweepOverWhatRisesLetsRunsComeToTheirWait(t *testing.T) {
	t.Parallel()
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	began := env.Now()
	var after []string
	var first time.Duration
	env.RegisterActivityWithOptions(func(_ context.Context, in activities.PageInput) (activities.Page, error) {
		if after = append(after, in.After); len(after) == 1 {
			first = env.Now().Sub(began)
			return activities.Page{Last: "wave/b/1", Count: in.Most}, nil
		}
		return activities.Page{Last: "wave/c/1", Count: 1}, nil
	}, activity.RegisterOptions{Name: "TrendPage"})
	env.ExecuteWorkflow(workflows.Sweep, workflows.SweepInput{Journey: "wave", Trends: true})
	var woken int
	if err := env.GetWorkflowResult(&woken); err != nil || woken != 501 {
		t.Errorf("%d are woken, %v", woken, err)
	}
	if len(after) != 2 || after[0] != "" || after[1] != "wave/b/1" || first < 5*time.Second {
		t.Errorf("pages behind %q, the first after %s", after, first)
	}
}
