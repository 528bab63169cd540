package channels

import (
	"context"
	"errors"
	"net/url"
	"sync/atomic"
	"time"
)

// SMTP sends e-mail through a server, over a pool of connections.
type SMTP struct {
	settings smtpSettings
	pool     *pool
	inTurn   atomic.Bool // this server cannot take commands ahead, though it says so
}

// OpenSMTP reads smtp://user:password@host:port?parameters, or smtps:// for TLS from the first
// byte. Parameters: tls (opportunistic, required, implicit, none), auth (plain, login; else what
// the server offers), verify (of the certificate), from, bounce (where reports of what could not be
// delivered come to), dkim (selector@domain) with dkim_key or dkim_key_file, hello, timeout, pool,
// idle, messages (for one connection), pipelining. It does not connect: a server that is down now may
// be up when there is mail.
func OpenSMTP(u *url.URL) (*SMTP, error) {
	settings, err := readSMTP(u)
	if err != nil {
		return nil, err
	}
	s := &SMTP{settings: settings}
	s.pool = newPool(settings.pool, settings.idle, settings.messages, func(ctx context.Context) (*session, error) {
		return dial(ctx, &s.settings)
	})
	return s, nil
}

// Name is "smtp".
func (s *SMTP) Name() string { return "smtp" }

// Channel is "email".
func (s *SMTP) Channel() string { return "email" }

// IdempotencyKeys is false: SMTP has none. The Message-ID stays the same, but servers do not drop
// what they have seen.
func (s *SMTP) IdempotencyKeys() bool { return false }

// Close closes idle connections; those in use close when their message is done.
func (s *SMTP) Close() error { return s.pool.close() }

// Send hands one message to the server. It returns within the timeout of the settings. The caller's
// context can call it off until the end of the message has gone out; from then on only the answer
// tells what happened, so it is waited for.
func (s *SMTP) Send(ctx context.Context, e Envelope) (Receipt, error) {
	if e.From == "" {
		e.From = s.settings.from
	}
	now := time.Now()
	l, err := compose(forPostmark(s.settings.host, e), now)
	if err == nil && s.settings.dkim != nil {
		l.data, err = s.settings.dkim.sign(l.data, now)
	}
	if err != nil {
		reason := InvalidMessage
		if errors.Is(err, errAddress) {
			reason = InvalidAddress
		}
		return Receipt{}, &Rejected{Provider: s.Name(), MessageID: e.MessageID, Reason: reason, Detail: err.Error()}
	}
	if s.settings.bounce != nil {
		l.sender = verp(s.settings.bounce, e.MessageID)
	}
	// Half of the time is kept for the answer: a message that went out at the last moment would
	// leave us not knowing.
	deadline := time.Now().Add(s.settings.timeout)
	ctx, cancel := context.WithTimeout(ctx, s.settings.timeout/2)
	defer cancel()
	for {
		c, reused, err := s.pool.get(ctx)
		if err != nil {
			return Receipt{}, s.failure(ctx, e, err)
		}
		if s.inTurn.Load() {
			c.ahead = false
		}
		answer, err := c.send(ctx, deadline, l)
		if c.fellSilent(err) && !errors.Is(ctx.Err(), context.Canceled) {
			s.inTurn.Store(true)
		}
		s.pool.put(c)
		// A connection may have ended while it lay idle: nothing is lost, nothing was sent, so the
		// message goes over a fresh one. Only reused ones get this second chance, so it ends.
		if reused && c.stale(err) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return Receipt{}, s.failure(ctx, e, err)
		}
		return Receipt{ProviderID: l.id, Detail: cut(answer)}, nil
	}
}
