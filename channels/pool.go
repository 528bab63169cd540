package channels

import (
	"context"
	"errors"
	"sync"
	"time"
)

var errClosed = errors.New("the provider is closed")

// pool holds the connections of one server: never more than its size, the latest used first, so
// that the others can grow idle and close.
type pool struct {
	places   chan struct{} // one for each connection in use
	idleFor  time.Duration
	messages int
	dial     func(context.Context) (*session, error)

	mu     sync.Mutex
	idle   []*session
	closed bool
	timer  *time.Timer
}

func newPool(size int, idleFor time.Duration, messages int, dial func(context.Context) (*session, error)) *pool {
	return &pool{places: make(chan struct{}, size), idleFor: idleFor, messages: messages, dial: dial}
}

// get waits for a place and returns a connection, reused where there is one. A get without error
// wants its put.
func (p *pool) get(ctx context.Context) (c *session, reused bool, err error) {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	p.mu.Lock()
	closed := p.closed
	p.expire()
	if n := len(p.idle); n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	switch {
	case closed:
		err = errClosed
	case c != nil:
		return c, true, nil
	default:
		c, err = p.dial(ctx)
	}
	if err != nil {
		<-p.places
	}
	return c, false, err
}

// put gives a connection back; a broken or worn one is closed. The place is freed last, so that
// there are never more connections than places.
func (p *pool) put(c *session) {
	defer func() { <-p.places }()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.broken || c.sent >= p.messages {
		// Closing may take a round trip; nobody else has to wait for it.
		p.mu.Unlock()
		c.quit()
		p.mu.Lock()
		return
	}
	c.since = time.Now()
	p.idle = append(p.idle, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.idleFor, p.sweep)
	}
}

// sweep closes what has been idle for too long and comes again while any is left.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expire()
	if p.timer = nil; len(p.idle) > 0 {
		p.timer = time.AfterFunc(p.idleFor, p.sweep)
	}
}

// expire wants the lock. The oldest are first.
func (p *pool) expire() {
	for len(p.idle) > 0 && time.Since(p.idle[0].since) >= p.idleFor {
		p.idle[0].drop()
		p.idle = p.idle[1:]
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.quit()
	}
	return nil
}
