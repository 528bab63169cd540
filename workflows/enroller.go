package workflows

import (
	"context"
	"errors"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/store"
)

// enrolPrefix comes before an enrolment's id in that of its workflow; before it stands the prefix of the
// queues, where deployments share a namespace.
const enrolPrefix = "enrol/"

// Enroller begins enrolments, and sees to it that each that is under way has a workflow.
type Enroller struct {
	Client *Client
	Store  *store.Store
	Log    *zap.Logger
	Every  time.Duration // 15 s
}

// workflowID is that of an enrolment.
func (c *Client) enrolmentID(enrolment string) string {
	return c.prefix() + enrolPrefix + enrolment
}

// prefix is what this deployment's ids begin with where it shares a namespace.
func (c *Client) prefix() string { return strings.TrimSuffix(c.Queue, "mixtape") }

// Begin begins the workflow of an enrolment. Begun twice, there is one.
func (e *Enroller) Begin(ctx context.Context, o store.OpenEnrolment) error {
	return e.begin(ctx, o, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
}

func (e *Enroller) begin(ctx context.Context, o store.OpenEnrolment, reuse enums.WorkflowIdReusePolicy) error {
	in := EnrollInput{Enrolment: o.ID, Journey: o.Journey}
	if o.Source == string(store.BySchedule) {
		in.Enrolment = "" // as its schedule has it
	}
	keys := SearchAttributes()
	_, err := e.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: e.Client.enrolmentID(o.ID), TaskQueue: e.Client.Queue, WorkflowIDReusePolicy: reuse, WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:         "enrolment into " + o.Journey + " by " + o.Source,
		TypedSearchAttributes: temporal.NewSearchAttributes(keys.JourneyKey.ValueSet(o.Journey), keys.JourneyState.ValueSet(stateEntering)),
	}, EnrollType, in)
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		return nil
	}
	return err
}

// Look tells an enrolment's workflow that its row was changed. It would see that by itself, later.
func (e *Enroller) Look(ctx context.Context, enrolment string) error {
	err := e.Client.Temporal.SignalWorkflow(ctx, e.Client.enrolmentID(enrolment), "", LookSignal, nil)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// LookAll tells all enrolments of a journey, or with an empty name all there are.
func (e *Enroller) LookAll(ctx context.Context, journey string) error {
	open, err := e.Store.OpenEnrolments(ctx)
	for _, o := range open {
		if journey == "" || o.Journey == journey {
			err = errors.Join(err, e.Look(ctx, o.ID))
		}
	}
	return err
}

// Run mends until the context ends.
func (e *Enroller) Run(ctx context.Context) {
	every(ctx, e.Every, nil, func() {
		if err := e.Once(ctx); err != nil && ctx.Err() == nil {
			e.Log.Warn("enrolments will be looked after again", zap.Error(err))
		}
	})
}

// Once begins the workflow of each enrolment that is under way and has none running: its process died
// before it was begun, somebody terminated it, or Temporal's database is older than ours.
func (e *Enroller) Once(ctx context.Context) error {
	open, err := e.Store.OpenEnrolments(ctx)
	if err != nil {
		return err
	}
	for _, o := range open {
		fate, err := e.Client.Fate(ctx, e.Client.enrolmentID(o.ID))
		if err != nil {
			return err
		}
		if fate == dispatch.Running {
			continue
		}
		e.Log.Warn("an enrolment has no workflow: it is begun again", zap.String("enrolment", o.ID), zap.String("fate", string(fate)))
		if err := e.begin(ctx, o, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE); err != nil {
			return err
		}
	}
	return nil
}

// every calls fn again and again until the context ends, and when the bell rings (nil: there is none).
func every(ctx context.Context, period time.Duration, bell *dispatch.Bell, fn func()) {
	if period == 0 {
		period = 15 * time.Second
	}
	if bell == nil {
		bell = dispatch.NewBell()
	}
	for ctx.Err() == nil {
		fn()
		bell.Wait(ctx, period)
	}
}
