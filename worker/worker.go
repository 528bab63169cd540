// Package worker hosts the workflows and activities.
package worker

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workflows"
)

// Settings of a worker; zero values are the defaults.
type Settings struct {
	QueuePrefix string
	// Advances at once. No more than the database pool has connections: a walk that waits for one
	// would hold up the workflow task that asked for it.
	Advances int
	// Deliveries at once, and how many a second over all workers (0: as many as it goes), by provider.
	Deliveries int
	PerSecond  map[string]float64
	Calls      int // to web services, at once
	// StopTimeout is how long deliveries under way may take when the worker stops. Longer than any
	// provider takes, so that a deploy leaves no message unknown.
	StopTimeout time.Duration
	// StickyCache is how many runs are kept in memory between their moves.
	StickyCache int
}

// How many polls a worker keeps open. The SDK's two answer some forty tasks a second; what comes
// faster is written to Temporal's database first, and costs twice.
const (
	JourneyPollers  = 16
	DeliveryPollers = 8
)

// Parts are what a worker works with.
type Parts struct {
	Temporal  client.Client // its interceptors are the worker's, too
	Store     *store.Store
	Library   *store.Library
	Providers *channels.Registry
	Links     activities.Links
	Entrances activities.Entrances // judges who is enrolled; nil: by the library, in real time
	// Secret tells what a call step's secrets.NAME stands for; nil: MIXTAPE_SECRET_NAME of the environment, or the
	// file that MIXTAPE_SECRET_NAME_FILE names.
	Secret    func(name string) (string, bool)
	Log       *zap.Logger
	Failpoint func(point string)
	Clock     calendar.Clock // what the deployment lives by, where that is not real time
}

// Queues names task queues.
type Queues string // the prefix

// Journeys is the queue of runs.
func (q Queues) Journeys() string { return string(q) + "mixtape" }

// Deliver is the queue of a provider's messages; its rate limit lives there.
func (q Queues) Deliver(channel, provider string) string {
	return string(q) + "deliver-" + channel + "-" + provider
}

// Calls is the queue of what is asked of web services.
func (q Queues) Calls() string { return string(q) + "call" }

func secretInEnvironment(name string) (string, bool) {
	value, ok := os.LookupEnv("MIXTAPE_SECRET_" + name)
	if path := os.Getenv("MIXTAPE_SECRET_" + name + "_FILE"); !ok && path != "" {
		raw, err := os.ReadFile(path) //nolint:gosec // the operator names it
		value, ok = string(raw), err == nil
	}
	return strings.TrimRight(value, "\r\n"), ok
}

// Worker is one process' share of the work.
type Worker struct{ all []worker.Worker }

// New makes a worker; Run starts it.
func New(p Parts, s Settings) (*Worker, error) {
	queues := Queues(s.QueuePrefix)
	if s.Advances == 0 {
		s.Advances = 10
	}
	if s.Deliveries == 0 {
		s.Deliveries = 20
	}
	if s.Calls == 0 {
		s.Calls = 20
	}
	if p.Secret == nil {
		p.Secret = secretInEnvironment
	}
	if p.Entrances == nil {
		p.Entrances = &dispatch.Handler{Library: p.Library, Clock: p.Clock}
	}
	if s.StopTimeout == 0 {
		s.StopTimeout = channels.LongestSend + 5*time.Second
	}
	acts := &activities.Activities{
		Store: p.Store, Library: p.Library, Providers: p.Providers, Entrances: p.Entrances, Asker: activities.NewAsker(p.Secret, nil), Log: p.Log, Clock: p.Clock,
		Walker: &activities.Walker{
			Links: p.Links, Queue: queues.Deliver, CallQueue: queues.Calls(), Failpoint: p.Failpoint,
			Provider: func(channel string) (string, bool) {
				provider, err := p.Providers.Provider(channel)
				if err != nil {
					return "", false
				}
				return provider.Name(), true
			},
		},
	}
	if s.StickyCache > 0 {
		worker.SetStickyWorkflowCacheSize(s.StickyCache)
	}
	w := &Worker{}
	journeys := worker.New(p.Temporal, queues.Journeys(), worker.Options{
		MaxConcurrentLocalActivityExecutionSize: s.Advances, MaxConcurrentWorkflowTaskPollers: JourneyPollers, DisableRegistrationAliasing: true,
		WorkerStopTimeout: s.StopTimeout,
	})
	journeys.RegisterWorkflowWithOptions(workflows.Journey, workflow.RegisterOptions{Name: workflows.JourneyType})
	journeys.RegisterWorkflowWithOptions(workflows.Sweep, workflow.RegisterOptions{Name: workflows.SweepType})
	journeys.RegisterWorkflowWithOptions(workflows.Enroll, workflow.RegisterOptions{Name: workflows.EnrollType})
	journeys.RegisterWorkflowWithOptions(workflows.Preview, workflow.RegisterOptions{Name: workflows.PreviewType})
	journeys.RegisterWorkflowWithOptions(workflows.Train, workflow.RegisterOptions{Name: workflows.TrainType})
	journeys.RegisterActivity(acts)
	w.all = append(w.all, journeys)
	for _, provider := range p.Providers.Providers() {
		deliveries := worker.New(p.Temporal, queues.Deliver(provider.Channel(), provider.Name()), worker.Options{
			DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: s.Deliveries, MaxConcurrentActivityTaskPollers: DeliveryPollers,
			TaskQueueActivitiesPerSecond: s.PerSecond[provider.Name()], WorkerStopTimeout: s.StopTimeout,
		})
		deliveries.RegisterActivity(acts)
		w.all = append(w.all, deliveries)
	}
	calls := worker.New(p.Temporal, queues.Calls(), worker.Options{
		DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: s.Calls, WorkerStopTimeout: s.StopTimeout,
	})
	calls.RegisterActivity(acts)
	w.all = append(w.all, calls)
	return w, nil
}

// Run works until the context ends, then lets what is under way finish.
func (w *Worker) Run(ctx context.Context) error {
	for i, one := range w.all {
		if err := one.Start(); err != nil {
			for _, started := range w.all[:i] {
				started.Stop()
			}
			return fmt.Errorf("worker: %w", err)
		}
	}
	<-ctx.Done()
	for _, one := range w.all { // journeys first: no new deliveries are asked for
		one.Stop()
	}
	return nil
}
