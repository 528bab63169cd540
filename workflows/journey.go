// Package workflows holds what is durable: one run of a journey, and sweeps over many runs. The code
// here is deterministic and small; everything that thinks is in activities.
package workflows

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
)

// Names under which the workflow is known to Temporal.
const (
	JourneyType = "Journey"
	WakeSignal  = "wake"
	StateQuery  = "state"
)

// longestFairnessKey is how many bytes of one Temporal takes.
const longestFairnessKey = 64

// JourneyInput begins a run's workflow, or goes on with it.
type JourneyInput struct {
	Run string `json:"run"`
	// Seq is the move that an earlier execution held; zero at the start.
	Seq   int    `json:"seq,omitempty"`
	Wakes []Wake `json:"wakes,omitempty"` // carried over
	// Clock is the run's, when it is not real time.
	Clock calendar.Clock `json:"clock,omitzero"`
}

// Wake tells a run to look. It carries the move that it was judged against.
type Wake struct {
	Seq int    `json:"seq"`
	Why string `json:"why,omitempty"`
}

// Journey is one profile's travel through one journey version.
func Journey(ctx workflow.Context, in JourneyInput) error {
	r, err := newRun(ctx, in)
	if err != nil {
		return err
	}
	return r.travel()
}

// run is the workflow's whole state: the move that it holds, and the wakes that it has not used.
type run struct {
	ctx   workflow.Context
	in    JourneyInput
	move  journey.Move
	wakes []Wake
	inbox workflow.ReceiveChannel
}

func newRun(ctx workflow.Context, in JourneyInput) (*run, error) {
	r := &run{ctx: ctx, in: in, wakes: in.Wakes, inbox: workflow.GetSignalChannel(ctx, WakeSignal)}
	return r, workflow.SetQueryHandler(ctx, StateQuery, func() (journey.Move, error) { return r.move, nil })
}

func (r *run) travel() error {
	var err error
	if r.in.Seq == 0 {
		r.move, err = r.advance(1, journey.Cause{Kind: journey.Entered})
	} else {
		r.move, err = r.advance(r.in.Seq, journey.Cause{Kind: journey.Resumed})
	}
	for err == nil {
		workflow.SetCurrentDetails(r.ctx, r.move.Details)
		switch {
		case r.move.Kind == journey.MoveEnd:
			return r.ctx.Err() // a cancelled run is closed as cancelled
		case r.move.Passed:
			r.move, err = r.advance(r.move.Seq+1, journey.Cause{Kind: journey.Resumed})
		case r.ctx.Err() != nil:
			r.move, err = r.advance(r.move.Seq+1, journey.Cause{Kind: journey.Cancelled})
		case r.move.Kind == journey.MoveDeliver:
			err = r.deliver()
		case r.move.Kind == journey.MoveCall:
			err = r.call()
		case r.crowded():
			return r.goOn()
		default:
			err = r.wait()
		}
	}
	return err
}

// advance asks for a move; a cancelled run asks, too.
func (r *run) advance(seq int, cause journey.Cause) (move journey.Move, err error) {
	ctx, cancel := workflow.NewDisconnectedContext(r.ctx)
	defer cancel()
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 5 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 3, MaximumInterval: 2 * time.Minute},
	})
	var a *activities.Activities
	err = workflow.ExecuteLocalActivity(ctx, a.Advance, activities.AdvanceInput{Run: r.in.Run, Seq: seq, Cause: cause}).Get(ctx, &move)
	return move, err
}

// deliver hands the message over; the answer is the next move.
func (r *run) deliver() error {
	var a *activities.Activities
	return r.do(activities.DeliverTimeout, a.Deliver, activities.DeliverInput{Run: r.in.Run, Seq: r.move.Seq, Message: r.move.Message})
}

// call asks a web service; the answer is the next move.
func (r *run) call() error {
	var a *activities.Activities
	return r.do(activities.CallTimeout, a.Call, activities.CallInput{Run: r.in.Run, Seq: r.move.Seq, Call: r.move.Call})
}

// do lets an activity carry out the move, on the move's queue, until it has the next.
func (r *run) do(timeout time.Duration, activity, input any) error {
	ctx := workflow.WithActivityOptions(r.ctx, workflow.ActivityOptions{
		TaskQueue:           r.move.Queue,
		StartToCloseTimeout: timeout,
		HeartbeatTimeout:    activities.HeartbeatTimeout,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 2 * time.Minute},
		Summary:             r.move.Summary,
		// Where deliveries queue up, the urgent go first, and journeys take turns: a large one keeps no small one waiting.
		Priority: temporal.Priority{PriorityKey: r.move.Urgency, FairnessKey: r.journey()},
	})
	var next journey.Move
	err := workflow.ExecuteActivity(ctx, activity, input).Get(ctx, &next)
	var cancelled *temporal.CanceledError
	switch {
	case errors.As(err, &cancelled):
		return nil // the loop sees it
	case err != nil:
		return err
	}
	r.move = next
	return nil
}

// journey is the key of the run's journey, as far as Temporal lets it tell tasks apart.
func (r *run) journey() string {
	key, _, _ := strings.Cut(r.in.Run, "/")
	return key[:min(len(key), longestFairnessKey)]
}

// wait parks until the timer or a wake, whichever is first.
func (r *run) wait() error {
	if err := r.park(); err != nil {
		return err
	}
	cause := journey.Cause{Kind: journey.Cancelled}
	if wake, ok := r.awake(); ok {
		cause = journey.Cause{Kind: journey.Woken, Why: wake.Why}
	} else {
		timer, stop := workflow.WithCancel(r.ctx)
		selector := workflow.NewSelector(r.ctx)
		if !r.move.Wake.IsZero() {
			due := workflow.NewTimerWithOptions(timer, r.move.Wake.Sub(workflow.Now(r.ctx)), workflow.TimerOptions{Summary: r.move.Summary})
			selector.AddFuture(due, func(f workflow.Future) {
				if f.Get(timer, nil) == nil {
					cause = journey.Cause{Kind: journey.Timer, Due: r.move.Wake}
				}
			})
		}
		selector.AddReceive(r.inbox, func(c workflow.ReceiveChannel, _ bool) {
			var wake Wake
			c.Receive(r.ctx, &wake)
			r.wakes = append(r.wakes, wake)
		})
		selector.AddReceive(r.ctx.Done(), func(workflow.ReceiveChannel, bool) {})
		for {
			selector.Select(r.ctx)
			if cause.Kind == journey.Timer || r.ctx.Err() != nil {
				break
			}
			if wake, ok := r.awake(); ok {
				cause = journey.Cause{Kind: journey.Woken, Why: wake.Why}
				break
			}
		}
		stop()
	}
	next, err := r.advance(r.move.Seq+1, cause)
	if next.Seq == r.move.Seq { // stuck: what woke it is used up, or it would never rest
		r.wakes = nil
	}
	r.move = next
	return err
}

// park tells operators where the run stands, once a wait.
func (r *run) park() error {
	return workflow.UpsertTypedSearchAttributes(r.ctx, parked(r.move)...)
}

// awake drops the wakes that were judged against moves before the one held, and says whether one is
// left. Asking for the next move uses none up: those that are older by then drop out by themselves.
func (r *run) awake() (Wake, bool) {
	for {
		var wake Wake
		if !r.inbox.ReceiveAsync(&wake) {
			break
		}
		r.wakes = append(r.wakes, wake)
	}
	kept := r.wakes[:0]
	for _, wake := range r.wakes {
		if wake.Seq >= r.move.Seq {
			kept = append(kept, wake)
		}
	}
	r.wakes = kept
	if len(kept) == 0 {
		return Wake{}, false
	}
	return kept[0], true
}

// crowded says that the history has grown long enough to begin a new one.
func (r *run) crowded() bool { return workflow.GetInfo(r.ctx).GetContinueAsNewSuggested() }

func (r *run) goOn() error {
	r.awake()
	in := r.in
	in.Seq, in.Wakes = r.move.Seq, r.wakes
	return workflow.NewContinueAsNewError(r.ctx, Journey, in)
}
