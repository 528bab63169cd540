package channels

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
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
	errNoTLS         = errors.New("the server offers no STARTTLS, and tls=required")
	errNoAuth        = errors.New("the server offers no way to log in that we know (PLAIN, LOGIN)")
	errNeedsUTF8     = errors.New("the server takes no addresses beyond ASCII (SMTPUTF8)")
	errOursNeedsUTF8 = errors.New("the server takes no sender's or Reply-To address beyond ASCII (SMTPUTF8)")
	errTooLarge      = errors.New("the message is larger than the server takes")
	errOutOfStep     = errors.New("the server answers what it was not asked")
)

// session is one connection to the server.
type session struct {
	conn   *guardedConn
	client *smtp.Client
	size   int  // largest message in bytes that the server takes; 0 is unknown
	ahead  bool // commands may go before their answers (RFC 2920)
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
	offered, _ := c.client.Extension("PIPELINING")
	c.ahead = offered && !s.inTurn
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
