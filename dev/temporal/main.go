// Command temporal is the Temporal server of the local stack: all services in one process on a given Postgres, with
// the namespace and the search attributes that Mixtape uses, and optionally Temporal's web UI.
//
// It is a module of its own because the server brings some two hundred modules that nothing else needs. Once a workflow
// can really be run it prints one line of JSON on standard output (see [ready]); logs go to standard error.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

// startTimeout bounds everything up to the ready line; a warm start takes two or three seconds.
const startTimeout = 2 * time.Minute

// stopTimeout bounds a polite shutdown. Nothing is lost by an impolite one: all state is in Postgres.
const stopTimeout = 3 * time.Second

type options struct {
	postgres  string
	namespace string
	retention time.Duration
	port      int
	ui        bool
	uiPort    int
	shards    int
	parent    bool
	logLevel  string
}

// ready is the one line on standard output.
type ready struct {
	Frontend  string `json:"frontend"`
	Namespace string `json:"namespace"`
	UI        string `json:"ui,omitempty"`
}

func main() {
	options, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flag package has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if options.parent {
		ctx = untilClosed(ctx, os.Stdin)
	}
	if err := run(ctx, options, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	flags.StringVar(&o.postgres, "postgres", os.Getenv("MIXTAPE_DATABASE_URL"), "`URL` of the Postgres server; databases temporal and temporal_visibility are made there")
	flags.StringVar(&o.namespace, "namespace", "default", "namespace to register")
	flags.DurationVar(&o.retention, "retention", 3*24*time.Hour, "how long closed workflows stay (at least 24h)")
	flags.IntVar(&o.port, "port", 0, "port of the frontend on 127.0.0.1 (0 takes a free one)")
	flags.BoolVar(&o.ui, "ui", false, "serve Temporal's web UI too")
	flags.IntVar(&o.uiPort, "ui-port", 0, "port of the web UI on 127.0.0.1 (0 takes a free one)")
	flags.IntVar(&o.shards, "shards", 4, "history shards; fixed when the databases are made")
	flags.BoolVar(&o.parent, "with-parent", false, "stop when standard input closes, as it does when the starter dies")
	flags.StringVar(&o.logLevel, "log", "warn", "debug, info, warn or error")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if address, err := url.Parse(o.postgres); err != nil || address.Host == "" {
		err := fmt.Errorf("-postgres wants a URL such as postgres://user@127.0.0.1:5432/postgres")
		fmt.Fprintln(flags.Output(), err)
		return o, err
	}
	return o, nil
}

// untilClosed ends the context when the reader does.
func untilClosed(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx
}

func run(ctx context.Context, o options, out io.Writer) error {
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Stdout: false, Level: o.logLevel, Format: "console"}))
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	stores, err := prepareDatabases(starting, o.postgres, logger)
	if err != nil {
		return err
	}
	ports, err := choosePorts(o)
	if err != nil {
		return err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(serverConfig(stores, ports, o.shards)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(ports.hosts()),
		temporal.WithDynamicConfigClient(settings()),
		temporal.WithLogger(logger),
	)
	if err != nil {
		return fmt.Errorf("configure the server: %w", err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	defer stopWithin(server.Stop, stopTimeout)

	line := ready{Frontend: ports.address(ports.frontend), Namespace: o.namespace}
	if err := prepareNamespace(starting, line.Frontend, o.namespace, o.retention); err != nil {
		return err
	}
	if o.ui {
		ui := serveUI(line.Frontend, o.namespace, ports.ui)
		defer ui.Stop()
		line.UI = "http://" + ports.address(ports.ui)
		if err := awaitHTTP(starting, line.UI); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(out).Encode(line); err != nil {
		return fmt.Errorf("print the addresses: %w", err)
	}
	<-ctx.Done()
	return nil
}

func stopWithin(stop func() error, limit time.Duration) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = stop()
	}()
	select {
	case <-stopped:
	case <-time.After(limit):
	}
}
