package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/worker"
	"github.com/mixtapehq/mixtape/workflows"
)

// Postgres is the URL of a database. An empty one would mean whatever the environment of libpq says.
type Postgres string

// Validate is called by the parser.
func (p Postgres) Validate() error {
	if !strings.HasPrefix(string(p), "postgres://") && !strings.HasPrefix(string(p), "postgresql://") {
		return errors.New("this is no URL of a Postgres database; write postgres://user:password@host:5432/mixtape")
	}
	if _, err := url.Parse(string(p)); err != nil && !strings.Contains(string(p), ",") { // several hosts are Postgres's own way
		return errors.New("this URL of a database cannot be read; write postgres://user:password@host:5432/mixtape, and in the password % as %25, @ as %40, / as %2F")
	}
	return nil
}

// Service is what worker and starter stand on; both of a deployment get the same.
type Service struct {
	DatabaseURL Postgres `placeholder:"URL" env:"MIXTAPE_DATABASE_URL" secret:"" required:"" help:"Postgres, as postgres://user:password@host:5432/mixtape."`
	Temporal    string   `name:"temporal-address" env:"MIXTAPE_TEMPORAL_ADDRESS" default:"127.0.0.1:7233" help:"Temporal's frontend."`
	Namespace   string   `name:"temporal-namespace" env:"MIXTAPE_TEMPORAL_NAMESPACE" default:"default" help:"Temporal's namespace."`
	QueuePrefix string   `placeholder:"PREFIX" env:"MIXTAPE_QUEUE_PREFIX" help:"Put before the names of task queues, where deployments share a namespace."`
	LinkKeys    []string `placeholder:"KEY" env:"MIXTAPE_LINK_KEYS" secret:"" required:"" help:"Keys that sign links in messages, 32 bytes each in base64 (openssl rand -base64 32), with commas between. The first signs, all verify."`
	OpsListen   string   `env:"MIXTAPE_OPS_LISTEN" default:":9090" help:"Where /healthz, /readyz and /metrics are. Not for the public."`
	NoMigrate   bool     `env:"MIXTAPE_NO_MIGRATE" help:"Leave the schema as it is: mixtape migrate is run by itself."`
	Logging
}

// collectSeldom lets garbage grow to four times what is in use, unless GOGC says otherwise: a few
// dozen megabytes more, for a fifth less of the processor.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// uncompressed spares both sides the gzip: what runs say to Temporal is small, and its servers are near.
func uncompressed() client.ConnectionOptions {
	return client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}
}

// backend is a deployment's database and Temporal, open.
type backend struct {
	service Service
	store   *store.Store
	library *store.Library
	client  *workflows.Client
	signer  *message.Signer
	log     *zap.Logger
	metrics *metrics
	tracing *tracing
}

// patience is how long a starting process waits for what it needs: in a deployment all start at once.
const patience = time.Minute

// openBackend connects, and names the process in its traces. lazy does not wait for Temporal: events
// are taken while it is away.
func openBackend(ctx context.Context, name string, s Service, conns int32, lazy bool, log *zap.Logger) (_ *backend, err error) {
	collectSeldom()
	b := &backend{service: s, log: log}
	if b.tracing, err = openTracing(ctx, name, log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.tracing.close()
		}
	}()
	if b.signer, err = readLinkKeys(s.LinkKeys); err != nil {
		return nil, err
	}
	if b.metrics, err = newMetrics(); err != nil {
		return nil, err
	}
	if !s.NoMigrate {
		err := await(ctx, log, "the database", func(ctx context.Context) error { return store.Migrate(ctx, string(s.DatabaseURL)) })
		if err != nil {
			return nil, err
		}
	}
	if b.store, err = store.Open(ctx, string(s.DatabaseURL), store.Options{MaxConns: conns, Traces: b.tracing.forOthers()}); err != nil {
		return nil, err
	}
	if err := b.metrics.watch(b.store); err != nil {
		b.store.Close()
		return nil, err
	}
	b.library = store.NewLibrary(b.store)
	temporal, err := b.dial(ctx, lazy)
	if err != nil {
		b.store.Close()
		return nil, err
	}
	b.client = &workflows.Client{Temporal: temporal, Namespace: s.Namespace, Queue: worker.Queues(s.QueuePrefix).Journeys()}
	return b, nil
}

// dial connects with Temporal, in its own time if lazy.
func (b *backend) dial(ctx context.Context, lazy bool) (temporal client.Client, err error) {
	options := client.Options{
		HostPort: b.service.Temporal, Namespace: b.service.Namespace, Logger: forTemporal(b.log), MetricsHandler: b.metrics.forTemporal(b.log),
		ConnectionOptions: uncompressed(),
	}
	if options.Interceptors, err = b.tracing.forTemporal(); err != nil {
		return nil, err
	}
	if lazy {
		return client.NewLazyClient(options)
	}
	err = await(ctx, b.log, "Temporal", func(ctx context.Context) (err error) {
		temporal, err = client.DialContext(ctx, options)
		return err
	})
	return temporal, err
}

func (b *backend) close() {
	b.client.Temporal.Close()
	b.store.Close()
	b.tracing.close()
}

// await tries until it succeeds, for a while.
func await(ctx context.Context, log *zap.Logger, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		log.Warn("waiting for "+what, zap.Error(err))
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not there: %w", what, err)
		case <-time.After(2 * time.Second):
		}
	}
}

// readLinkKeys makes the signer of links. A key is a secret: no error shows one.
func readLinkKeys(encoded []string) (*message.Signer, error) {
	var keys [][]byte
	for i, text := range encoded {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("link key %d is not base64; make one with: openssl rand -base64 32", i+1)
		}
		keys = append(keys, raw)
	}
	return message.NewSigner(keys...)
}

// sending is how a worker hands messages over.
type sending struct {
	smtp       string // URL; empty: no e-mail leaves
	baseURL    string
	advances   int
	deliveries int
	rates      map[string]float64 // messages a second, by provider
	others     map[string]string  // URLs of providers of other channels
	clock      calendar.Clock
}

// worker works until the context ends.
func (b *backend) worker(ctx context.Context, s sending) error {
	urls := map[string]string{}
	maps.Copy(urls, s.others)
	if s.smtp != "" {
		urls["email"] = s.smtp
	} else {
		b.log.Warn("there is no provider of e-mail: every e-mail is skipped as no_address; set MIXTAPE_SMTP_URL")
	}
	providers, err := channels.NewRegistry(urls)
	if err != nil {
		return err
	}
	defer providers.Close()
	links, err := starter.NewLinks(s.baseURL, b.signer)
	if err != nil {
		return err
	}
	w, err := worker.New(worker.Parts{
		Temporal: b.client.Temporal, Store: b.store, Library: b.library, Providers: providers, Links: links, Log: b.log, Clock: s.clock,
	}, worker.Settings{QueuePrefix: b.service.QueuePrefix, Advances: s.advances, Deliveries: s.deliveries, PerSecond: s.rates})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// front is how a starter meets the world.
type front struct {
	api           net.Listener
	ops           net.Listener // nil: none
	baseURL       string       // as readers reach it; empty: unknown
	clock         calendar.Clock
	endTerminated bool
	callbacks     []channels.Callback
}

// starter serves until the context ends.
func (b *backend) starter(ctx context.Context, f front) error {
	var links *starter.Links
	if f.baseURL != "" {
		var err error
		if links, err = starter.NewLinks(f.baseURL, b.signer); err != nil {
			return err
		}
	}
	bell, relay := dispatch.NewBell(), dispatch.NewBell()
	handler, sweeper := &dispatch.Handler{Library: b.library, Clock: f.clock}, workflows.Sweeper{Client: b.client}
	enroller := &workflows.Enroller{Client: b.client, Store: b.store, Log: b.log}
	scheduler := &workflows.Scheduler{Client: b.client, Store: b.store, Library: b.library, Enroller: enroller, Log: b.log, Bell: dispatch.NewBell()}
	trainer := &workflows.Trainer{Client: b.client, Store: b.store, Log: b.log}
	process := &starter.Process{
		Parts: starter.Parts{
			Store: b.store, Handler: handler, Signer: b.signer, Links: links, Sweeper: sweeper, Bell: bell, Relay: relay,
			Log: b.log, Metrics: b.metrics, Traces: b.tracing.forOthers(), Version: version(), Enrolments: enroller, Previews: workflows.Previewer{Client: b.client}, Trainings: trainer, Schedules: scheduler.Bell, Callbacks: f.callbacks,
		},
		API: f.api, Ops: f.ops,
		Beside: map[string]func(context.Context){
			"erasures": (&workflows.Eraser{Client: b.client, Store: b.store, Log: b.log}).Run, "enrolments": enroller.Run, "schedules": scheduler.Run, "training": trainer.Run, "tallies": (&starter.Tallier{Store: b.store, Log: b.log}).Run, "bandits": (&starter.Bandits{Store: b.store, Library: b.library, Log: b.log}).Run, "indexes": (&starter.Indexer{Store: b.store, Log: b.log}).Run,
		},
		Dispatcher: &dispatch.Dispatcher{Store: b.store, Handler: handler, Log: b.log, Relay: relay},
		Relay:      &dispatch.Relay{Store: b.store, Temporal: b.client, Log: b.log},
		Due:        &dispatch.Due{Store: b.store, Library: b.library, Log: b.log, Clock: f.clock, Bell: bell, Sweep: sweeper.Segments},
		Reconciler: &dispatch.Reconciler{Store: b.store, Workflows: b.client, Log: b.log, EndTerminated: f.endTerminated},
	}
	return process.Run(ctx)
}

// ops serves the operators' port of a process that has no other.
func (b *backend) ops(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           starter.Ops(starter.Parts{Store: b.store, Log: b.log, Metrics: b.metrics}),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 40 * time.Second,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the operators' port: %w", err)
	}
	return nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return l, nil
}
