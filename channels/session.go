package channels

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// stage is how far a transaction came.
type stage string

const (
	stageConnect stage = "connect" // TCP, TLS, greeting, EHLO
	stageAuth    stage = "auth"
	stageMail    stage = "mail"
	stageRcpt    stage = "rcpt"
	stageData    stage = "data" // DATA and the message, up to its final dot
	stageAnswer  stage = "answer"
)

// stageError is an error with the stage at which it struck.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return string(e.stage) + ": " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

// Words of errors that are ours, not the server's.
var (
	errNoTLS     = errors.New("the server offers no STARTTLS, and tls=required")
	errNoAuth    = errors.New("the server offers no way to log in that we know (PLAIN, LOGIN)")
	errNeedsUTF8 = errors.New("the server takes no addresses beyond ASCII (SMTPUTF8)")
	errTooLarge  = errors.New("the message is larger than the server takes")
)

// session is one connection to the server.
type session struct {
	conn   *guardedConn
	client *smtp.Client
	size   int // largest message in bytes that the server takes; 0 is unknown
	sent   int
	since  time.Time // idle since
	broken bool
}

// dial connects, protects and logs in.
func dial(ctx context.Context, s *smtpSettings) (*session, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, &stageError{stageConnect, err}
	}
	c := &session{conn: &guardedConn{Conn: raw}}
	unwatch := c.watch(ctx)
	err = c.greet(ctx, s)
	if !unwatch() && err == nil {
		err = &stageError{stageConnect, context.Cause(ctx)}
	}
	if err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

func (c *session) greet(ctx context.Context, s *smtpSettings) error {
	var conn net.Conn = c.conn
	if s.tls == tlsImplicit {
		secure := tls.Client(conn, s.tlsConfig())
		if err := secure.HandshakeContext(ctx); err != nil {
			return &stageError{stageConnect, err}
		}
		conn = secure
	}
	var err error
	if c.client, err = smtp.NewClient(conn, s.host); err != nil {
		return &stageError{stageConnect, err}
	}
	if err := c.client.Hello(s.hello); err != nil {
		return &stageError{stageConnect, err}
	}
	if s.tls == tlsOpportunistic || s.tls == tlsRequired {
		offered, _ := c.client.Extension("STARTTLS")
		if offered {
			err = c.client.StartTLS(s.tlsConfig())
		} else if s.tls == tlsRequired {
			err = errNoTLS
		}
		if err != nil {
			return &stageError{stageConnect, err}
		}
	}
	if _, size := c.client.Extension("SIZE"); size != "" {
		c.size, _ = strconv.Atoi(size)
	}
	if s.hasUser {
		if err := c.login(s); err != nil {
			return &stageError{stageAuth, err}
		}
	}
	return nil
}

// login sends the password only over TLS, to this machine, or where the operator wrote tls=none.
func (c *session) login(s *smtpSettings) error {
	_, offered := c.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	has := func(m string) bool { return slices.Contains(mechanisms, m) }
	cleartext := s.tls == tlsNone
	switch {
	case s.auth == "plain" || s.auth == "" && has("PLAIN"):
		return c.client.Auth(smtp.PlainAuth("", s.user, s.password, s.host, cleartext))
	case s.auth == "login" || s.auth == "" && has("LOGIN"):
		return c.client.Auth(smtp.LoginAuth(s.user, s.password, s.host, cleartext))
	}
	return errNoAuth
}

// send runs one transaction and returns the server's answer. Every error is a *stageError.
func (c *session) send(ctx context.Context, deadline time.Time, l *letter) (answer string, err error) {
	unwatch := c.watch(ctx)
	defer unwatch()
	c.conn.allow()
	c.sent++
	if l.utf8 {
		if ok, _ := c.client.Extension("SMTPUTF8"); !ok {
			return "", &stageError{stageRcpt, errNeedsUTF8}
		}
	}
	if c.size > 0 && len(l.data) > c.size {
		return "", &stageError{stageData, errTooLarge}
	}
	// Asking for SMTPUTF8 without need makes servers refuse to pass mail on to those without it.
	c.client.SkipSMTPUTF8(!l.utf8)
	if err := c.client.Mail(route(l.sender)); err != nil {
		return "", c.failed(stageMail, err)
	}
	if err := c.client.Rcpt(route(l.to)); err != nil {
		return "", c.failed(stageRcpt, err)
	}
	// The client's own Data hides whether the final dot went out; that is the line between "surely
	// not sent" and "unknown", so the last commands are ours.
	text := c.client.Text
	if err := text.PrintfLine("DATA"); err != nil {
		return "", c.failed(stageData, err)
	}
	if _, _, err := text.ReadResponse(354); err != nil {
		return "", c.failed(stageData, err)
	}
	w := text.DotWriter()
	if _, err := w.Write(l.data); err != nil {
		return "", c.failed(stageData, err)
	}
	// The point of no return: from here on a call-off would only hide what became of the message.
	if !unwatch() {
		return "", c.failed(stageData, context.Cause(ctx))
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return "", c.failed(stageData, err)
	}
	// Close writes the final dot. If that fails, the server cannot have seen all of it.
	if err := w.Close(); err != nil {
		return "", c.failed(stageData, err)
	}
	_, answer, err = text.ReadResponse(2)
	if err != nil {
		return "", c.failed(stageAnswer, err)
	}
	return answer, nil
}

// failed decides what becomes of the connection: after a plain refusal it can be used again.
func (c *session) failed(at stage, err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code == 421 || reply.Code < 400 {
		c.broken = true // closed, or no longer in step with us
	} else if at != stageAnswer && c.client.Reset() != nil {
		c.broken = true
	}
	return &stageError{at, err}
}

// stale reports an error that only says that the connection had ended before this message.
func (c *session) stale(err error) bool {
	var at *stageError
	if !errors.As(err, &at) || at.stage != stageMail {
		return false
	}
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421
}

// watch applies a context to the connection: its deadline, and its end at any time. unwatch ends
// that and reports whether the context was still good; if not, the connection is not used again,
// because its deadline may be struck at any later moment.
func (c *session) watch(ctx context.Context) (unwatch func() bool) {
	deadline, _ := ctx.Deadline() // none is the zero time, which is none to a connection too
	if err := c.conn.SetDeadline(deadline); err != nil {
		c.broken = true // the next command will say so
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	done, good := false, true
	return func() bool {
		if !done {
			done, good = true, stop()
			c.broken = c.broken || !good
		}
		return good
	}
}

// quit says goodbye, briefly.
func (c *session) quit() {
	if !c.broken {
		c.conn.allow()
		if c.conn.SetDeadline(time.Now().Add(time.Second)) == nil {
			_ = c.client.Quit() // whether or not the server answers, we are gone
		}
	}
	c.drop()
}

func (c *session) drop() { _ = c.conn.Close() }

// maxAnswers is what a server may write during one transaction: an endless line must not fill our
// memory.
const maxAnswers = 1 << 20

// guardedConn limits how much is read.
type guardedConn struct {
	net.Conn
	read atomic.Int64
}

func (c *guardedConn) allow() { c.read.Store(0) }

func (c *guardedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.read.Add(int64(n)) > maxAnswers {
		return 0, errors.New("the server's answer does not end")
	}
	return n, err
}
