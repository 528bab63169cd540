package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// TrainType is the workflow's name in Temporal.
const TrainType = "Train"

// TrainProgress is what is to be learned, and how far that has come.
type TrainProgress struct {
	Names []string  `json:"names,omitempty"` // still to be learned; the first is in hand
	Now   time.Time `json:"now,omitzero"`    // as of when
	Apply bool      `json:"apply,omitempty"` // the model of the first is made, and is written to everybody
	After string    `json:"after,omitempty"` // the last profile of the last page
	Told  int       `json:"told,omitempty"`
}

// trainPages is how many pages one execution goes through: 250,000 people.
const trainPages = 500

// Train learns one thing after the other: a sample of everybody, page by page; a model; and, if it is used, what it comes to of everybody, page by
// page. What a page has written is written once, so it goes on wherever it was broken off.
func Train(ctx workflow.Context, p TrainProgress) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 2 * time.Minute},
	})
	var a *activities.Activities
	if p.Now.IsZero() {
		p.Now = workflow.Now(ctx)
		if err := workflow.ExecuteActivity(ctx, a.TrainPlan).Get(ctx, &p.Names); err != nil {
			return 0, err
		}
	}
	training := func() string {
		return fmt.Sprintf("%s/%s", p.Names[0], p.Now.UTC().Format("20060102T150405.000"))
	}
	for range trainPages {
		if len(p.Names) == 0 {
			return p.Told, nil
		}
		in := activities.TrainInput{Training: training(), Name: p.Names[0], Now: p.Now, After: p.After}
		what := any(a.TrainSample)
		if p.Apply {
			what = a.TrainApply
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%s, behind %s", in.Training, p.After))
		var page activities.TrainedPage
		if err := workflow.ExecuteActivity(ctx, what, in).Get(ctx, &page); err != nil {
			return p.Told, err
		}
		p.After, p.Told = page.Last, p.Told+page.Told
		switch {
		case page.Last != "":
		case p.Apply:
			p.Names, p.Apply = p.Names[1:], false
		default:
			var promoted bool
			if err := workflow.ExecuteActivity(ctx, a.TrainFit, in).Get(ctx, &promoted); err != nil {
				return p.Told, err
			}
			if err := rise(ctx, in); err != nil {
				return p.Told, err
			}
			if p.Apply = promoted; !promoted {
				p.Names = p.Names[1:]
			}
		}
	}
	return p.Told, workflow.NewContinueAsNewError(ctx, Train, p)
}

// rise makes what is on the rise by the model what holds, and has those look again who may wait for it.
func rise(ctx workflow.Context, in activities.TrainInput) error {
	if !strings.HasPrefix(in.Name, store.AffinityModel) {
		return nil
	}
	var a *activities.Activities
	var journeys []string
	if err := workflow.ExecuteActivity(ctx, a.TrainTrends, in).Get(ctx, &journeys); err != nil {
		return err
	}
	for _, journey := range journeys {
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: fmt.Sprintf("%s/%s/%s", workflow.GetInfo(ctx).WorkflowExecution.ID, in.Name, journey), StaticSummary: "what is on the rise, " + journey, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		})
		err := workflow.ExecuteChildWorkflow(child, SweepType, SweepInput{Journey: journey, Trends: true}).GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) { // after a reset
			return err
		}
	}
	return nil
}

// Trainer has everything learned: now, and by a Temporal schedule once a day.
type Trainer struct {
	Client *Client
	Store  *store.Store
	Log    *zap.Logger
	Every  time.Duration // 1 min: how often it looks whether the schedule is as it should be
}

// Begin has everything learned now.
func (t *Trainer) Begin(ctx context.Context) (id string, err error) {
	run, err := t.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: t.Client.Queue + "/train/" + time.Now().UTC().Format("20060102T150405.000000"), TaskQueue: t.Client.Queue, StaticSummary: "train, by command",
	}, TrainType, TrainProgress{})
	if err != nil {
		return "", err
	}
	return run.GetID(), nil
}

// Run keeps the schedule until the context ends.
func (t *Trainer) Run(ctx context.Context) {
	every := t.Every
	if every == 0 {
		every = time.Minute
	}
	for ctx.Err() == nil {
		if err := t.keep(ctx); err != nil && ctx.Err() == nil {
			t.Log.Warn("the schedule of training will be looked after again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// trainAt is when everything is learned where the workspace does not say.
const trainAt = "03:00"

func (t *Trainer) keep(ctx context.Context) error {
	d, err := t.Store.Deployment(ctx)
	if err != nil {
		return err
	}
	at := d.Settings.TrainAt
	if at == "" {
		at = trainAt
	}
	clock, err := calendar.ParseTimeOfDay(at)
	if err != nil {
		return err
	}
	zone := d.Settings.Zone().String()
	spec := client.ScheduleSpec{TimeZoneName: zone, Calendars: []client.ScheduleCalendarSpec{{
		Hour: []client.ScheduleRange{{Start: clock.Hour}}, Minute: []client.ScheduleRange{{Start: clock.Minute}}, Comment: "train at " + at + " in " + zone,
	}}}
	id := t.Client.Queue + "-train"
	handle := t.Client.Temporal.ScheduleClient().GetHandle(ctx, id)
	now, err := handle.Describe(ctx)
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		_, err := t.Client.Temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
			ID: id, Spec: spec, Note: spec.Calendars[0].Comment,
			Action: &client.ScheduleWorkflowAction{ID: t.Client.Queue + "/train", Workflow: TrainType, Args: []any{TrainProgress{}}, TaskQueue: t.Client.Queue},
		})
		if errors.Is(err, temporal.ErrScheduleAlreadyRunning) { // another starter was first
			return nil
		}
		return err
	case err != nil:
		return err
	case now.Schedule.State.Note == spec.Calendars[0].Comment:
		return nil
	}
	return handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		updated := in.Description.Schedule
		updated.Spec, updated.State.Note = &spec, spec.Calendars[0].Comment
		return &client.ScheduleUpdate{Schedule: &updated}, nil
	}})
}
