// Package byhand holds what one would write instead of Mixtape: Temporal workflows for one journey
// each, with its steps in Go. They are what Mixtape is measured against, so they do the same honest
// work (rows read and written, the same templates, the same way out), and no more.
package byhand

import (
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	mixtape "github.com/mixtapehq/mixtape/worker"
)

// The workflows, by their types in Temporal.
const (
	Naive = "ByHandNaive" // an activity for each of load, decide, render, deliver
	Tuned = "ByHandTuned" // the same as local activities, deliver excepted
	Calls = "ByHandCalls" // one delay and one message, with the calls that Dittofeed makes
)

// Lengths of their histories, in events.
const (
	NaiveHistory = 69
	TunedHistory = 39
	CallsHistory = 58
)

// Pause is the delay and the timeout of the wait; the measured journeys have the same.
const Pause = time.Second

// Input begins a workflow.
type Input struct{ Profile string }

// Shared is the signal that ends the wait of the onboarding before its timeout.
const Shared = "playlist_shared"

func naive(ctx workflow.Context, in Input) error { return onboarding(ctx, in, execute) }

func tuned(ctx workflow.Context, in Input) error { return onboarding(ctx, in, executeLocally) }

// onboarding has three messages, a delay, and a wait for an event with a timeout.
func onboarding(ctx workflow.Context, in Input, call caller) error {
	var a *Activities
	run := workflow.GetInfo(ctx).WorkflowExecution.ID
	var person Person
	if err := call(ctx, a.Load, in.Profile).Get(ctx, &person); err != nil {
		return err
	}
	send := func(template string) error {
		var message string
		if err := call(ctx, a.Render, RenderInput{Run: run, Template: template, Person: person}).Get(ctx, &message); err != nil {
			return err
		}
		return execute(workflow.WithTaskQueue(ctx, DeliverQueue(workflow.GetInfo(ctx).TaskQueueName)), a.Deliver, message).Get(ctx, nil)
	}
	decide := func(yes, no string) error {
		var did bool
		if err := call(ctx, a.Decide, DecideInput{Profile: in.Profile, Event: "playlist_created"}).Get(ctx, &did); err != nil {
			return err
		}
		if did {
			return send(yes)
		}
		return send(no)
	}
	if err := send("welcome"); err != nil {
		return err
	}
	if err := workflow.Sleep(ctx, Pause); err != nil {
		return err
	}
	if err := decide("praise", "nudge"); err != nil {
		return err
	}
	timer, stop := workflow.WithCancel(ctx)
	workflow.NewSelector(ctx).
		AddFuture(workflow.NewTimer(timer, Pause), func(workflow.Future) {}).
		AddReceive(workflow.GetSignalChannel(ctx, Shared), func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		Select(ctx)
	stop()
	return decide("thanks", "last-call")
}

// calls has one delay and one message, and asks the world as often as Dittofeed does.
func calls(ctx workflow.Context, in Input) error {
	var a *Activities
	run := workflow.GetInfo(ctx).WorkflowExecution.ID
	processed := func(node string) error {
		return execute(ctx, a.OnNodeProcessed, NodeInput{Run: run, Profile: in.Profile, Node: node}).Get(ctx, nil)
	}
	var ok bool
	if err := execute(ctx, a.IsRunnable, in.Profile).Get(ctx, &ok); err != nil || !ok {
		return err
	}
	if err := processed("entry"); err != nil {
		return err
	}
	if err := workflow.Sleep(ctx, Pause); err != nil {
		return err
	}
	if err := processed("delay"); err != nil {
		return err
	}
	var workspace Workspace
	if err := execute(ctx, a.GetWorkspace).Get(ctx, &workspace); err != nil {
		return err
	}
	err := execute(ctx, a.SendMessage, SendInput{Run: run, Profile: in.Profile, Template: "welcome", Workspace: workspace.Name}).Get(ctx, nil)
	if err != nil {
		return err
	}
	for _, node := range []string{"message", "exit"} {
		if err := processed(node); err != nil {
			return err
		}
	}
	return execute(ctx, a.ShouldReEnter, in.Profile).Get(ctx, &ok)
}

// caller asks the world: by an activity or by a local one.
type caller func(ctx workflow.Context, activity any, args ...any) workflow.Future

func execute(ctx workflow.Context, activity any, args ...any) workflow.Future {
	ctx = workflow.WithStartToCloseTimeout(ctx, time.Minute)
	return workflow.ExecuteActivity(workflow.WithRetryPolicy(ctx, temporal.RetryPolicy{InitialInterval: time.Second}), activity, args...)
}

func executeLocally(ctx workflow.Context, activity any, args ...any) workflow.Future {
	return workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 5 * time.Second, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second},
	}), activity, args...)
}

// DeliverQueue is where the messages of a queue's workflows are handed over.
func DeliverQueue(queue string) string { return queue + "-deliver" }

// Start works on a queue until stop is called, with the slots that a Mixtape worker has by default:
// one worker for workflows, one for deliveries.
func Start(c client.Client, queue string, a *Activities) (stop func(), err error) {
	journeys, deliveryPollers := mixtape.JourneyPollers, mixtape.DeliveryPollers
	if os.Getenv("MIXTAPE_BENCH_POLLERS") == "sdk" { // as one would write it without thinking of them
		journeys, deliveryPollers = 0, 0
	}
	workflows := worker.New(c, queue, worker.Options{
		MaxConcurrentLocalActivityExecutionSize: 10, MaxConcurrentWorkflowTaskPollers: journeys, DisableRegistrationAliasing: true,
	})
	for name, fn := range map[string]any{Naive: naive, Tuned: tuned, Calls: calls} {
		workflows.RegisterWorkflowWithOptions(fn, workflow.RegisterOptions{Name: name})
	}
	workflows.RegisterActivity(a)
	deliveries := worker.New(c, DeliverQueue(queue), worker.Options{
		DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 20, MaxConcurrentActivityTaskPollers: deliveryPollers,
	})
	deliveries.RegisterActivity(a)
	if err := workflows.Start(); err != nil {
		return nil, err
	}
	if err := deliveries.Start(); err != nil {
		workflows.Stop()
		return nil, err
	}
	return func() { workflows.Stop(); deliveries.Stop() }, nil
}
