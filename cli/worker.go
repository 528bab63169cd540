package cli

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// WorkerCommand serves workflows and activities.
type WorkerCommand struct {
	Service
	Email
	Messengers
	BaseURL    string `placeholder:"URL" env:"MIXTAPE_BASE_URL" required:"" help:"Public address of the starter, which links in messages lead to, as https://mixtape.example.com."`
	Advances   int    `env:"MIXTAPE_ADVANCES" default:"10" help:"Runs that take their next step at once."`
	Deliveries int    `env:"MIXTAPE_DELIVERIES" default:"20" help:"Messages handed over at once."`

	Rates map[string]float64 `env:"MIXTAPE_RATES" placeholder:"PROVIDER=N" help:"Messages a second at most that a provider gets from all workers together, as smtp=14. All workers say the same."`
}

// Run serves until it is told to stop; then deliveries under way finish.
func (w *WorkerCommand) Run(c *Call) error {
	log, err := w.Logging.open(c.Stderr)
	if err != nil {
		return err
	}
	ops, err := listen(c, w.OpsListen)
	if err != nil {
		return err
	}
	defer ops.Close()
	// A walk needs one connection, a delivery one for a moment; a walk that waits for one would hold
	// up the workflow task that asked for it.
	b, err := openBackend(c, "mixtape-worker", w.Service, int32(w.Advances+max(4, w.Deliveries/4)), false, log)
	if err != nil {
		return err
	}
	defer b.close()
	log.Info("the worker works")
	// The operators' port stays open while deliveries finish.
	serving, stop := context.WithCancel(context.WithoutCancel(c))
	defer stop()
	group, working := errgroup.WithContext(c)
	group.Go(func() error { return b.ops(serving, ops) })
	group.Go(func() error {
		defer stop()
		return b.worker(working, sending{smtp: w.Email.provider(), baseURL: w.BaseURL, advances: w.Advances, deliveries: w.Deliveries, rates: w.Rates, others: w.Messengers.providers(w.BaseURL)})
	})
	return group.Wait()
}
