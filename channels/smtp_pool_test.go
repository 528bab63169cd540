package channels_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/channels"
)

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not reached: %s", what)
		}
	}
}

func TestManySendersShareThePool(t *testing.T) {
	t.Parallel()
	const senders, each, size = 16, 200, 4
	p := (&peer{}).start(t)
	s := p.provider(t, fmt.Sprintf("pool=%d&messages=%d", size, senders*each))
	group, ctx := errgroup.WithContext(t.Context())
	var want []string
	for i := range senders {
		for j := range each {
			want = append(want, fmt.Sprintf("m-%d-%d", i, j))
		}
		group.Go(func() error {
			for j := range each {
				e := envelope()
				e.MessageID = fmt.Sprintf("m-%d-%d", i, j)
				if _, err := s.Send(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range p.messages(t) {
		got = append(got, m.Header.Get("X-Mixtape-Message"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d messages arrived, want each of %d once", len(got), len(want))
	}
	// Nothing breaks here and nothing wears, so that not only at once but in all there are so many.
	if n := p.count(&p.accepted); n > size {
		t.Errorf("%d connections, want at most %d", n, size)
	}
}

func TestIdleConnectionClosedByTheServerIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "pool=2")
	for i := range 3 {
		if _, err := s.Send(t.Context(), envelope()); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		p.hangUp()
		eventually(t, "the server has hung up", func() bool { return p.count(&p.open) == 0 })
	}
	if n := len(p.messages(t)); n != 3 {
		t.Errorf("%d messages arrived, want 3", n)
	}
}

func TestServerThatTakesLeaveOfAnIdleConnectionIsAskedAgain(t *testing.T) {
	t.Parallel()
	first := true
	p := (&peer{onMail: func(p *peer, _ *smtp.Conn, _ string) error {
		if p.count(&p.mails) == 2 && first {
			first = false
			return says(421, smtp.EnhancedCode{4, 4, 2})
		}
		return nil
	}}).start(t)
	s := p.provider(t, "pool=1")
	for range 2 {
		if _, err := s.Send(t.Context(), envelope()); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.count(&p.accepted); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestAFreshConnectionThatBreaksIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	p := (&peer{onMail: func(p *peer, c *smtp.Conn, _ string) error { return hangUp(p, c) }}).start(t)
	if _, err := p.provider(t, "").Send(t.Context(), envelope()); err == nil {
		t.Fatal("sent")
	}
	if n := p.count(&p.mails); n != 1 {
		t.Errorf("%d attempts, want 1: the caller's own retry has a delay", n)
	}
}

func TestConnectionsAreReusedAndReplacedWhenWorn(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "pool=1&messages=3")
	for range 7 {
		if _, err := s.Send(t.Context(), envelope()); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.count(&p.accepted); n != 3 {
		t.Errorf("%d connections for 7 messages of 3 each, want 3", n)
	}
}

func TestIdleConnectionsClose(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "idle=20ms")
	if _, err := s.Send(t.Context(), envelope()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the idle connection is closed", func() bool { return p.count(&p.open) == 0 })
}

func TestWaitingForAConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	busy, free := make(chan struct{}), make(chan struct{})
	p := (&peer{onRcpt: func(*peer, *smtp.Conn, string) error { close(busy); <-free; return nil }}).start(t)
	s := p.provider(t, "pool=1")
	done := make(chan error, 1)
	go func() {
		_, err := s.Send(context.Background(), envelope())
		done <- err
	}()
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Send(ctx, envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.Cancelled {
		t.Errorf("got %v, want a cancelled refusal", err)
	}
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestClosedProviderRefuses(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "")
	if _, err := s.Send(t.Context(), envelope()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Send(t.Context(), envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.Closed {
		t.Errorf("got %v, want a refusal", err)
	}
	eventually(t, "its connections are closed", func() bool { return p.count(&p.open) == 0 })
}
