package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/dev"
	"github.com/mixtapehq/mixtape/store"
)

// localOptions say how a local deployment runs.
type localOptions struct {
	data     string
	fresh    bool
	listen   string
	clock    calendar.Clock // what runs live by; zero is real time
	progress io.Writer
}

// localDeployment is a whole deployment on this machine: the stack, and worker and starter in this
// process.
type localDeployment struct {
	stack   *dev.Stack
	backend *backend
	keys    local
	logFile string
	broken  chan error // worker or starter ended

	data    string
	closers []func()
}

// startLocal brings everything up. Close takes it down again, last things first.
func startLocal(ctx context.Context, o localOptions) (_ *localDeployment, err error) {
	l := &localDeployment{broken: make(chan error, 1)}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if l.data, err = dataFolder(o.data); err != nil {
		return nil, err
	}
	l.stack, err = dev.Start(ctx, dev.Options{DataDir: l.data, Fresh: o.fresh, UI: true, Log: o.progress})
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, l.stack.Close)
	l.logFile = filepath.Join(l.data, "mixtape.log")
	file, err := os.OpenFile(l.logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the log: %w", err)
	}
	l.closers = append(l.closers, func() { _ = file.Close() })
	log, err := Logging{Log: "console", LogLevel: "info"}.open(file)
	if err != nil {
		return nil, err
	}
	if err := l.readKeys(); err != nil {
		return nil, err
	}
	const advances, deliveries = 10, 20
	service := Service{DatabaseURL: Postgres(l.stack.DatabaseURL), Temporal: l.stack.TemporalAddress, Namespace: l.stack.Namespace, LinkKeys: []string{l.keys.LinkKey}}
	if l.backend, err = openBackend(ctx, "mixtape-dev", service, starterConns+advances+deliveries/4, false, log); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, l.backend.close)
	if err := l.registerKeys(ctx); err != nil {
		return nil, err
	}
	api, err := listenNear(ctx, o.listen)
	if err != nil {
		return nil, err
	}
	l.keys.URL, l.keys.Database = "http://"+api.Addr().String(), l.stack.DatabaseURL
	l.serve(ctx, front{api: api, baseURL: l.keys.URL, clock: o.clock}, sending{
		smtp: "smtp://" + l.stack.Inbox.Addr() + "?tls=none&from=mixtape@localhost.localdomain", baseURL: l.keys.URL, advances: advances, deliveries: deliveries, clock: o.clock,
	})
	if err := l.keys.write(l.data); err != nil {
		return nil, fmt.Errorf("tell the other commands of this deployment: %w", err)
	}
	l.closers = append(l.closers, func() {
		l.keys.URL, l.keys.Database = "", ""
		_ = l.keys.write(l.data) // commands that still find the address hear that nobody answers
	})
	return l, nil
}

// serve runs worker and starter until Close.
func (l *localDeployment) serve(ctx context.Context, f front, s sending) {
	// It ends with Close alone: what the end of ctx means is for the caller to say.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, working := errgroup.WithContext(working)
	group.Go(func() error { return l.backend.starter(working, f) })
	group.Go(func() error { return l.backend.worker(working, s) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.broken <- group.Wait()
	}()
	l.closers = append(l.closers, func() {
		stop()
		<-done
		_ = f.api.Close() // closed by the server before, unless that never began
	})
}

// Close stops everything and leaves nothing running.
func (l *localDeployment) Close() {
	for len(l.closers) > 0 {
		last := len(l.closers) - 1
		l.closers[last]()
		l.closers = l.closers[:last]
	}
}

// readKeys takes the keys of earlier starts, or makes some and keeps them before they are used.
func (l *localDeployment) readKeys() (err error) {
	if l.keys, err = readLocal(l.data); err != nil {
		return err
	}
	l.keys.URL, l.keys.Database = "", ""
	for _, key := range []*string{&l.keys.AdminKey, &l.keys.WriteKey, &l.keys.LinkKey} {
		if *key == "" {
			raw := make([]byte, 32)
			if _, err := rand.Read(raw); err != nil {
				return err
			}
			*key = base64.StdEncoding.EncodeToString(raw)
		}
	}
	return l.keys.write(l.data)
}

// registerKeys makes the database know the keys. One that knows none of them is new, or was used
// otherwise: only a new one is set to send, for its mail goes to the inbox here.
func (l *localDeployment) registerKeys(ctx context.Context) error {
	s := l.backend.store
	known, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	for kind, key := range map[store.KeyKind]string{store.AdminKey: l.keys.AdminKey, store.ServerKey: l.keys.WriteKey} {
		_, err := s.FindKey(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			sum := sha256.Sum256([]byte(key)) // another data folder on the same database has names of its own
			err = s.AddKey(ctx, kind, "dev-"+string(kind)+"-"+hex.EncodeToString(sum[:4]), key)
		}
		if err != nil {
			return err
		}
	}
	if len(known) > 0 {
		return nil
	}
	return s.SetSendingMode(ctx, store.SendingLive, "")
}

// listenNear listens on an address, or where its port is taken on a free one beside it.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	l, err := listen(ctx, address)
	if err == nil {
		return l, nil
	}
	host, _, bad := net.SplitHostPort(address)
	if bad != nil {
		return nil, err
	}
	if other, e := listen(ctx, net.JoinHostPort(host, "0")); e == nil {
		return other, nil
	}
	return nil, err
}
