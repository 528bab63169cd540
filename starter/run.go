package starter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/dispatch"
)

// Process is a starter as it runs: the public port, the operators' port and the loops.
type Process struct {
	Parts Parts
	API   net.Listener
	Ops   net.Listener // nil: none
	// Dispatcher judges events, in as many loops (4 if zero).
	Dispatcher  *dispatch.Dispatcher
	Dispatchers int
	// Relay tells Temporal, in as many loops (2 if zero).
	Relay  *dispatch.Relay
	Relays int
	// Due looks at memberships that time may have changed, in as many loops (2 if zero); nil: others do.
	Due  *dispatch.Due
	Dues int
	// Reconciler finds runs that lost their workflow; nil: others do.
	Reconciler *dispatch.Reconciler
	// Beside are other loops, by name.
	Beside map[string]func(context.Context)
	// StopTimeout is how long requests under way may take when the process stops (10 s).
	StopTimeout time.Duration

	expected, running atomic.Int32
}

// Run serves and dispatches until the context ends. Then it takes no more requests, lets those under
// way finish, and stops the loops: what these had in hand goes back with its transaction.
func (p *Process) Run(ctx context.Context) error {
	if p.Parts.Alive == nil {
		p.Parts.Alive = p.alive
	}
	handler, err := New(p.Parts)
	if err != nil {
		return err
	}
	looping, stop := context.WithCancel(context.WithoutCancel(ctx))
	var loops sync.WaitGroup
	defer loops.Wait()
	defer stop()
	p.loops(looping, &loops)

	var servers []*http.Server
	failed := make(chan error, 2)
	serve := func(l net.Listener, h http.Handler) {
		s := serving(h, p.Parts.Log)
		servers = append(servers, s)
		go func() { failed <- s.Serve(l) }()
	}
	serve(p.API, handler)
	if p.Ops != nil {
		serve(p.Ops, Ops(p.Parts))
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("starter: %w", err)
	}
	if p.StopTimeout == 0 {
		p.StopTimeout = 10 * time.Second
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.StopTimeout)
	defer cancel()
	for _, s := range servers {
		if e := s.Shutdown(stopping); e != nil {
			p.Parts.Log.Warn("requests were cut off", zap.Error(e))
			_ = s.Close() // nothing more can be done for them
		}
	}
	return err
}

// serving bounds what a slow or hostile client can hold on to.
func serving(h http.Handler, log *zap.Logger) *http.Server {
	quiet, _ := zap.NewStdLogAt(log.Named("http"), zap.DebugLevel) // fails only for levels that are none
	return &http.Server{
		Handler: h, ErrorLog: quiet,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 40 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
}

func (p *Process) loops(ctx context.Context, group *sync.WaitGroup) {
	start := func(n, otherwise int, name string, fn func(context.Context)) {
		if n == 0 {
			n = otherwise
		}
		p.expected.Add(int32(n))
		p.running.Add(int32(n))
		for range n {
			group.Go(func() {
				defer p.running.Add(-1)
				p.loop(ctx, name, fn)
			})
		}
	}
	if p.Dispatcher != nil {
		start(p.Dispatchers, 4, "dispatch", func(ctx context.Context) { p.Dispatcher.Run(ctx, p.Parts.Bell) })
	}
	if p.Relay != nil {
		start(p.Relays, 2, "relay", func(ctx context.Context) { p.Relay.Run(ctx, p.Parts.Relay) })
	}
	if p.Due != nil {
		start(p.Dues, 2, "due", p.Due.Run)
		start(1, 1, "segments", p.Due.Keep)
	}
	if p.Reconciler != nil {
		start(1, 1, "reconciler", p.Reconciler.Run)
	}
	for name, run := range p.Beside {
		start(1, 1, name, run)
	}
}

// loop runs fn until the context ends; a panic costs it a second, not the process.
func (p *Process) loop(ctx context.Context, name string, fn func(context.Context)) {
	for ctx.Err() == nil {
		func() {
			defer func() {
				if v := recover(); v != nil {
					p.Parts.Log.Error("a loop panicked and starts again", zap.String("loop", name), zap.Any("panic", v), zap.Stack("stack"))
				}
			}()
			fn(ctx)
		}()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (p *Process) alive() error {
	if p.running.Load() < p.expected.Load() {
		return errors.New("a loop has stopped")
	}
	return nil
}
