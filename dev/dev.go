// Package dev runs the local stack with one call: Postgres, Temporal and a mail server whose inbox can be read.
//
// Everything listens on 127.0.0.1 alone, keeps its data in one folder, and ends with the process that started it.
package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/mixtapehq/mixtape/dev/inbox"
)

const loopback = "127.0.0.1"

// The environment that names a running stack, read by Start and given to what Exec runs.
const (
	DatabaseVariable  = "MIXTAPE_DATABASE_URL"
	TemporalVariable  = "MIXTAPE_TEMPORAL_ADDRESS"
	NamespaceVariable = "MIXTAPE_TEMPORAL_NAMESPACE"
)

// DefaultNamespace is Temporal's namespace when none is named.
const DefaultNamespace = "default"

// Options of a local stack.
type Options struct {
	DataDir  string    // kept between starts; ForTests may leave it empty for a temporary one
	Fresh    bool      // forget the data of earlier starts
	UI       bool      // serve Temporal's web UI as well
	ForTests bool      // trade durability for speed, allow more connections, forget the data at the end
	NoInbox  bool      // leave out the mail server
	Log      io.Writer // progress, as plain lines; nil is silent
}

// Stack is the running local stack.
type Stack struct {
	DatabaseURL     string
	TemporalAddress string
	Namespace       string
	UIURL           string       // empty without UI
	Inbox           *inbox.Inbox // nil with NoInbox

	closers []func()
	lost    chan error
}

// printer says one line of progress.
type printer func(format string, values ...any)

// Start brings the stack up, or what of it the environment does not already name. It returns when a workflow can be run,
// and Close takes everything down again.
func Start(ctx context.Context, options Options) (_ *Stack, err error) {
	say := func(format string, values ...any) {
		if options.Log != nil {
			fmt.Fprintf(options.Log, format+"\n", values...)
		}
	}
	s := &Stack{lost: make(chan error, 2)}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	folder, err := s.openFolder(options)
	if err != nil {
		return nil, err
	}
	// Building Temporal can take minutes; a database that cannot start should be known before.
	if err := s.startDatabase(ctx, folder, options.ForTests, say); err != nil {
		return nil, err
	}
	if err := s.startTemporal(ctx, folder, options.UI, say); err != nil {
		return nil, err
	}
	if options.NoInbox {
		return s, nil
	}
	s.Inbox, err = inbox.Start(inbox.Options{})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { _ = s.Inbox.Close() })
	return s, nil
}

// Lost gives the error of a server that ended although nobody asked it to.
func (s *Stack) Lost() <-chan error { return s.lost }

// Close stops what Start started, last first. It returns when all is gone.
func (s *Stack) Close() {
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		s.closers[last]()
		s.closers = s.closers[:last]
	}
}

func (s *Stack) startDatabase(ctx context.Context, folder string, forTests bool, say printer) error {
	if s.DatabaseURL = os.Getenv(DatabaseVariable); s.DatabaseURL != "" {
		connection, err := pgx.Connect(ctx, s.DatabaseURL)
		if err != nil {
			return fmt.Errorf("%s: %w", DatabaseVariable, err)
		}
		return connection.Close(ctx)
	}
	began := time.Now()
	server, err := startPostgres(ctx, filepath.Join(folder, "postgres"), forTests, say)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, server.close)
	s.watch(server.child)
	s.DatabaseURL = server.url
	say("Postgres is up (%s)", took(began))
	return nil
}

func (s *Stack) startTemporal(ctx context.Context, folder string, ui bool, say printer) error {
	s.Namespace = os.Getenv(NamespaceVariable)
	if s.Namespace == "" {
		s.Namespace = DefaultNamespace
	}
	if s.TemporalAddress = os.Getenv(TemporalVariable); s.TemporalAddress != "" {
		return nil
	}
	program, err := findTemporal(ctx, say)
	if err != nil {
		return err
	}
	began := time.Now()
	server, err := program.start(ctx, temporalSettings{
		folder: folder, databaseURL: s.DatabaseURL, namespace: s.Namespace, ui: ui,
	})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, server.close)
	s.watch(server.child)
	s.TemporalAddress, s.UIURL = server.address, server.ui
	say("Temporal is up (%s)", took(began))
	return nil
}

// watch reports a server's death unless we are closing, when nobody listens.
func (s *Stack) watch(server *child) {
	go func() {
		<-server.exited
		s.lost <- server.death()
	}()
}

// openFolder takes the data folder for this process alone.
func (s *Stack) openFolder(options Options) (string, error) {
	if options.DataDir == "" {
		if !options.ForTests {
			return "", errors.New("the local stack needs a data folder")
		}
		return s.temporaryFolder()
	}
	folder, err := filepath.Abs(options.DataDir)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	lock, err := lockFile(filepath.Join(folder, "lock"), false)
	if errors.Is(err, errLocked) {
		return "", fmt.Errorf("another local stack runs in %s; stop it first or choose another folder", folder)
	}
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, func() { _ = lock.Close() })
	if options.Fresh {
		if err := forget(folder); err != nil {
			return "", err
		}
	}
	return folder, nil
}

func took(since time.Time) string { return fmt.Sprintf("%.1f s", time.Since(since).Seconds()) }
