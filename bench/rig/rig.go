// Package rig puts a whole deployment together in one process, over a database and task queues of
// its own, for end-to-end tests, fault tests and benchmarks.
package rig

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/worker"
	"github.com/mixtapehq/mixtape/workflows"
)

// Address is where a deployment lives; a child process joins it by these.
type Address struct {
	Database  string
	Temporal  string
	Namespace string
	Prefix    string // of the task queues
	SMTP      string // URL of the provider
	BaseURL   string // of links in messages
}

// Options of a rig.
type Options struct {
	Address   Address // zero: a deployment of its own
	Clock     calendar.Clock
	Failpoint func(point string)
	NoWorker  bool
	NoStarter bool
	NoEraser  bool                             // nobody works off erasures
	Reconcile time.Duration                    // 2 s
	SMTP      string                           // query of the provider's URL
	PerSecond map[string]float64               // deliveries, by provider
	Providers map[string]string                // URLs of providers of other channels
	Secret    func(name string) (string, bool) // of calls; nil: the environment's
	// EndTerminated is the reconciler's.
	EndTerminated bool
}

// Rig is a running deployment.
type Rig struct {
	TB       testing.TB
	Address  Address
	Store    *store.Store
	Library  *store.Library
	Client   *workflows.Client
	Handler  *dispatch.Handler
	Inbox    *inbox.Inbox // nil in one that joined another's deployment
	Bell     *dispatch.Bell
	URL      string // of the HTTP API
	WriteKey string
	AdminKey string

	log  *zap.Logger
	stop []func()
}

// Template makes the schema once for all tests.
func Template(url string) error { return store.Migrate(context.Background(), url) }

// TemplateKey changes with the schema.
func TemplateKey() string { return store.SchemaVersion() }

// New starts a deployment, or a part of one, that ends with the test.
func New(tb testing.TB, o Options) *Rig {
	tb.Helper()
	r := &Rig{TB: tb, Address: o.Address, Bell: dispatch.NewBell(), log: logger()}
	if r.Address == (Address{}) {
		r.found(o)
	}
	tb.Cleanup(r.Stop)
	var err error
	ctx := context.Background()
	r.Store, err = store.Open(ctx, r.Address.Database, store.Options{MaxConns: 12})
	r.must(err)
	r.stop = append(r.stop, r.Store.Close)
	r.Library = store.NewLibrary(r.Store)
	temporal, err := client.Dial(client.Options{
		HostPort: r.Address.Temporal, Namespace: r.Address.Namespace,
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as the command does
		Logger:            sdklog.NewStructuredLogger(slog.New(zapslog.NewHandler(r.log.Core()))),
	})
	r.must(err)
	r.stop = append(r.stop, temporal.Close)
	r.Client = &workflows.Client{Temporal: temporal, Namespace: r.Address.Namespace, Queue: worker.Queues(r.Address.Prefix).Journeys()}
	r.Handler = &dispatch.Handler{Library: r.Library, Clock: o.Clock}
	if !o.NoStarter {
		r.startStarter(o)
	}
	if !o.NoWorker {
		r.startWorker(o)
	}
	return r
}

// found makes a deployment: database, queues, inbox, keys; it sends live.
func (r *Rig) found(o Options) {
	r.TB.Helper()
	r.Address.Database = harness.Database(r.TB, TemplateKey(), Template)
	r.Address.Temporal, r.Address.Namespace = harness.Temporal(r.TB)
	r.Address.Prefix = harness.Name(r.TB) + "-"
	r.Address.BaseURL = "http://127.0.0.1:1" // until there is a starter
	var err error
	r.Inbox, err = inbox.Start(inbox.Options{})
	r.must(err)
	r.stop = append(r.stop, func() { _ = r.Inbox.Close() })
	r.Address.SMTP = "smtp://" + r.Inbox.Addr() + o.SMTP
	s, err := store.Open(context.Background(), r.Address.Database, store.Options{MaxConns: 2})
	r.must(err)
	defer s.Close()
	r.must(s.SetSendingMode(context.Background(), store.SendingLive, ""))
	r.WriteKey, err = s.NewKey(context.Background(), store.ServerKey, "server")
	r.must(err)
	r.AdminKey, err = s.NewKey(context.Background(), store.AdminKey, "admin")
	r.must(err)
}

// LinkKey signs the links of all rigs.
func LinkKey() []byte { return bytes.Repeat([]byte("k"), 32) }

func (r *Rig) signer() *message.Signer {
	signer, err := message.NewSigner(LinkKey())
	r.must(err)
	return signer
}

func (r *Rig) startStarter(o Options) {
	r.TB.Helper()
	api, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	r.must(err)
	r.URL = "http://" + api.Addr().String()
	r.Address.BaseURL = r.URL
	every := o.Reconcile
	if every == 0 {
		every = 2 * time.Second
	}
	relay := dispatch.NewBell()
	enroller := &workflows.Enroller{Client: r.Client, Store: r.Store, Log: r.log, Every: every}
	scheduler := &workflows.Scheduler{Client: r.Client, Store: r.Store, Library: r.Library, Enroller: enroller, Log: r.log, Bell: dispatch.NewBell(), Every: every}
	links, err := starter.NewLinks(r.URL, r.signer())
	r.must(err)
	process := &starter.Process{
		Parts: starter.Parts{
			Links: links,
			Store: r.Store, Handler: r.Handler, Signer: r.signer(), Sweeper: workflows.Sweeper{Client: r.Client}, Bell: r.Bell, Relay: relay, Log: r.log,
			Enrolments: enroller, Previews: workflows.Previewer{Client: r.Client}, Trainings: &workflows.Trainer{Client: r.Client, Store: r.Store, Log: r.log}, Schedules: scheduler.Bell, Callbacks: r.callbacks(o),
		},
		Beside:      map[string]func(context.Context){"enrolments": enroller.Run, "schedules": scheduler.Run, "tallies": (&starter.Tallier{Store: r.Store, Log: r.log, Every: every}).Run},
		API:         api,
		Dispatcher:  &dispatch.Dispatcher{Store: r.Store, Handler: r.Handler, Log: r.log, Relay: relay, Failpoint: o.Failpoint},
		Dispatchers: 2,
		Relay:       &dispatch.Relay{Store: r.Store, Temporal: r.Client, Log: r.log, Failpoint: o.Failpoint},
		Relays:      2,
		Due:         &dispatch.Due{Store: r.Store, Library: r.Library, Log: r.log, Clock: o.Clock, Bell: r.Bell, Sweep: workflows.Sweeper{Client: r.Client}.Segments, Failpoint: o.Failpoint},
		Reconciler:  &dispatch.Reconciler{Store: r.Store, Workflows: r.Client, Log: r.log, Every: every, Grace: 3 * time.Second, EndTerminated: o.EndTerminated},
	}
	if !o.NoEraser {
		process.Beside["erasures"] = (&workflows.Eraser{Client: r.Client, Store: r.Store, Log: r.log, Every: 200 * time.Millisecond, Settle: time.Second, Failpoint: o.Failpoint}).Run
	}
	r.run(func(ctx context.Context) {
		if err := process.Run(ctx); err != nil {
			r.TB.Error(err)
		}
	})
}

func (r *Rig) startWorker(o Options) {
	r.TB.Helper()
	providers := r.providers(o)
	links, err := starter.NewLinks(r.Address.BaseURL, r.signer())
	r.must(err)
	w, err := worker.New(worker.Parts{
		Temporal: r.Client.Temporal, Store: r.Store, Library: r.Library, Providers: providers, Links: links, Secret: o.Secret, Log: r.log, Failpoint: o.Failpoint, Clock: o.Clock,
	}, worker.Settings{QueuePrefix: r.Address.Prefix, StopTimeout: 15 * time.Second, PerSecond: o.PerSecond})
	r.must(err)
	r.run(func(ctx context.Context) {
		if err := w.Run(ctx); err != nil {
			r.TB.Error(err)
		}
	})
}

// providers are those of all channels.
func (r *Rig) providers(o Options) *channels.Registry {
	r.TB.Helper()
	urls := map[string]string{"email": r.Address.SMTP}
	maps.Copy(urls, o.Providers)
	all, err := channels.NewRegistry(urls)
	r.must(err)
	r.stop = append(r.stop, func() { _ = all.Close() })
	return all
}

// callbacks are the providers that report over HTTP.
func (r *Rig) callbacks(o Options) (all []channels.Callback) {
	r.TB.Helper()
	for _, p := range r.providers(o).Providers() {
		if c, ok := p.(channels.Callback); ok {
			all = append(all, c)
		}
	}
	return all
}

// run runs fn until the rig stops.
func (r *Rig) run(fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { fn(ctx) })
	r.stop = append(r.stop, func() { cancel(); done.Wait() })
}

// Stop ends the rig, last things first.
func (r *Rig) Stop() {
	r.dump()
	for i := len(r.stop) - 1; i >= 0; i-- {
		r.stop[i]()
	}
	r.stop = nil
}

func (r *Rig) must(err error) {
	if err != nil {
		r.TB.Helper()
		r.TB.Fatal(err)
	}
}

// Await waits until ok says so, and fails the test after a while.
func (r *Rig) Await(what string, patience time.Duration, ok func() bool) {
	r.TB.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			r.TB.Fatalf("waited %s for this: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func logger() *zap.Logger {
	if os.Getenv("MIXTAPE_TEST_LOG") == "" {
		return zap.NewNop()
	}
	l, err := zap.NewDevelopment()
	if err != nil {
		panic(fmt.Sprintf("rig: %v", err))
	}
	return l
}

// Version is a journey with e-mail templates, as a workspace would publish it.
func Version(source string, templates map[string]string) store.Version {
	key := ""
	for line := range strings.Lines(source) {
		if rest, ok := strings.CutPrefix(line, "journey: "); ok {
			key = strings.TrimSpace(rest)
		}
	}
	return store.Version{Journey: key, Version: hash(source, templates), Source: source, Templates: templates}
}
