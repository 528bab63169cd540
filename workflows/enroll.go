package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/store"
)

// Names under which the enrolment of many is known to Temporal.
const (
	EnrollType    = "Enroll"
	LookSignal    = "look" // something was changed on the enrolment's row: a pause, a cancellation
	ProgressQuery = "progress"
)

// EnrollInput is an enrolment. Whom it concerns, and how far it has come, is in its row.
type EnrollInput struct {
	Enrolment string `json:"enrolment,omitempty"` // empty: an occurrence of the journey's schedule, told by the workflow's id
	Journey   string `json:"journey"`
}

const (
	enrolEvery    = 10 * time.Second // between pages, where a rate is to hold
	enrolPages    = 200              // in one execution
	enrolLookAt   = 10 * time.Second // of one that is held, at first
	enrolSeldom   = 5 * time.Minute  // and at last
	enrolUnpaced  = 0                // as many as a page has time for
	firstPageMost = 1                // the first of all tells the rate
)

// The JourneyState of an enrolment.
const (
	stateEntering = "entering"
	statePaused   = "paused"
	stateWaiting  = "waiting"
	stateEnded    = "ended"
)

// Enroll lets an audience into a journey, page by page: so many a minute, and none while it is held.
func Enroll(ctx workflow.Context, in EnrollInput) (activities.EnrolProgress, error) {
	e := &enrolling{ctx: ctx, in: in, looks: workflow.GetSignalChannel(ctx, LookSignal), page: activities.EnrolInput{Enrolment: in.Enrolment}}
	if in.Enrolment == "" {
		_, e.page.Enrolment, _ = strings.Cut(workflow.GetInfo(ctx).WorkflowExecution.ID, enrolPrefix)
		e.page.Journey = in.Journey
	}
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (activities.EnrolProgress, error) { return e.progress, nil }); err != nil {
		return e.progress, err
	}
	return e.run()
}

// enrolling is the workflow's whole state.
type enrolling struct {
	ctx      workflow.Context
	in       EnrollInput
	page     activities.EnrolInput
	progress activities.EnrolProgress
	looks    workflow.ReceiveChannel
	ready    time.Time     // by the rate, for the next page; zero: at once
	told     string        // as search attributes
	patience time.Duration // until the next look at what holds it
}

func (e *enrolling) run() (activities.EnrolProgress, error) {
	e.page.Most = firstPageMost
	for range enrolPages {
		began := workflow.Now(e.ctx)
		if err := e.next(); err != nil {
			return e.stop(err)
		}
		if err := e.tell(); err != nil {
			return e.progress, err
		}
		if e.progress.Over() {
			return e.progress, nil
		}
		if err := e.rest(began); err != nil {
			return e.stop(err)
		}
		if workflow.GetInfo(e.ctx).GetContinueAsNewSuggested() {
			break
		}
	}
	for e.looks.ReceiveAsync(nil) { // the next execution looks anyway
	}
	return e.progress, workflow.NewContinueAsNewError(e.ctx, Enroll, e.in)
}

// next lets the people of one page in.
func (e *enrolling) next() error {
	ctx := workflow.WithActivityOptions(e.ctx, workflow.ActivityOptions{
		StartToCloseTimeout: activities.EnrolTimeout,
		HeartbeatTimeout:    activities.HeartbeatTimeout,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
		Summary:             e.words(),
	})
	e.page.Look = workflow.Now(e.ctx).Before(e.ready) // a signal came first: the rate holds all the same
	var a *activities.Activities
	var progress activities.EnrolProgress
	if err := workflow.ExecuteActivity(ctx, a.EnrolPage, e.page).Get(ctx, &progress); err != nil {
		return err
	}
	e.progress = progress
	return nil
}

// rest waits until the next page: so long that the rate holds, until the next clocks come to the
// occurrence, or until what holds it may be lifted. A signal ends it.
func (e *enrolling) rest(began time.Time) error {
	now := workflow.Now(e.ctx)
	var pause time.Duration
	var why string
	switch p := e.progress; {
	case p.Held != "":
		e.patience = min(max(2*e.patience, enrolLookAt), enrolSeldom)
		pause, why = e.patience, "held: "+p.Held
	case !p.Next.IsZero():
		pause, why = p.Next.Sub(now), "until the next clocks come to it"
	case p.PerMinute > 0:
		e.page.Most = max(1, p.PerMinute*int(enrolEvery/time.Second)/60)
		if !e.page.Look {
			e.ready = began.Add(time.Duration(p.Page) * time.Minute / time.Duration(p.PerMinute))
		}
		pause, why = e.ready.Sub(now), fmt.Sprintf("%d a minute", p.PerMinute)
	default:
		e.page.Most = enrolUnpaced
	}
	if e.progress.Held == "" {
		e.patience = 0
	}
	if pause <= 0 {
		return e.ctx.Err()
	}
	timer, stop := workflow.WithCancel(e.ctx)
	defer stop()
	selector := workflow.NewSelector(e.ctx)
	selector.AddFuture(workflow.NewTimerWithOptions(timer, pause, workflow.TimerOptions{Summary: why}), func(workflow.Future) {})
	selector.AddReceive(e.ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	selector.AddReceive(e.looks, func(c workflow.ReceiveChannel, _ bool) { c.Receive(e.ctx, nil) })
	selector.Select(e.ctx)
	return e.ctx.Err()
}

// stop ends a cancelled enrolment; it stays cancelled.
func (e *enrolling) stop(err error) (activities.EnrolProgress, error) {
	if e.ctx.Err() == nil {
		return e.progress, err
	}
	ctx, cancel := workflow.NewDisconnectedContext(e.ctx)
	defer cancel()
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	var a *activities.Activities
	if err := workflow.ExecuteActivity(ctx, a.EnrolStop, e.page).Get(ctx, &e.progress); err != nil {
		return e.progress, err
	}
	workflow.SetCurrentDetails(e.ctx, e.words())
	return e.progress, e.ctx.Err()
}

// tell says where it is to whoever looks at it in Temporal.
func (e *enrolling) tell() error {
	workflow.SetCurrentDetails(e.ctx, e.words())
	p, state := e.progress, stateEntering
	switch {
	case p.Over():
		state = stateEnded
	case p.Held != "":
		state = statePaused
	case !p.Next.IsZero():
		state = stateWaiting
	}
	// In tens: each is an event of the history.
	share := ""
	if p.Total > 0 {
		share = fmt.Sprintf("%d%%", min(100, p.Seen*10/p.Total*10))
	}
	if told := state + " " + share + " " + p.Next.String(); told != e.told {
		e.told = told
		keys := SearchAttributes()
		updates := []temporal.SearchAttributeUpdate{keys.JourneyState.ValueSet(state)}
		if share != "" {
			updates = append(updates, keys.JourneyStep.ValueSet(share))
		}
		if p.Next.IsZero() {
			updates = append(updates, keys.NextWakeAt.ValueUnset())
		} else {
			updates = append(updates, keys.NextWakeAt.ValueSet(p.Next.UTC()))
		}
		return workflow.UpsertTypedSearchAttributes(e.ctx, updates...)
	}
	return nil
}

// words say how far it has come.
func (e *enrolling) words() string {
	p := e.progress
	text := fmt.Sprintf("%d of %d seen, %d entered", p.Seen, p.Total, p.Entered)
	switch {
	case p.Why != "":
		return text + ": " + p.Why
	case p.State == store.EnrolCancelled:
		return text + ", then cancelled"
	case p.State == store.EnrolDone:
		return text + ": done"
	case p.Held != "":
		return text + "; it goes on when that is lifted: " + p.Held
	case !p.Next.IsZero():
		return text + "; the next clocks come to it at " + p.Next.UTC().Format(time.DateTime) + " UTC"
	case p.PerMinute > 0:
		return fmt.Sprintf("%s; %d a minute", text, p.PerMinute)
	}
	return text
}
