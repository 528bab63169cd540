package smtp_test

import (
	"bytes"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/mixtapehq/mixtape/channels"
)

// sink is a mail server in this process that keeps nothing but who came.
type sink struct {
	address  string
	unsigned atomic.Int64
	named    atomic.Int64 // e-mails whose envelope sender names their message

	mu   sync.Mutex
	seen map[string]int // e-mails by Message-ID
	all  int
}

func startSink(tb testing.TB, delay time.Duration) *sink {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &sink{address: l.Addr().String(), seen: map[string]int{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }))
	server.Domain, server.ErrorLog = "sink.example", log.New(io.Discard, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(away{l, delay}) // ends with the error that it was closed
	}()
	tb.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

func (s *sink) twice() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all - len(s.seen)
}

type sinkSession struct {
	*sink
	from string
}

func (*sinkSession) Reset()                               {}
func (*sinkSession) Logout() error                        { return nil }
func (*sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, []byte("DKIM-Signature: ")) {
		s.unsigned.Add(1)
	}
	_, id, _ := bytes.Cut(data, []byte("\nMessage-ID: <"))
	id, _, _ = bytes.Cut(id, []byte("@"))
	if named, ok := channels.MessageOfVERP(s.from); ok && named == string(id) {
		s.named.Add(1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[string(id)]++
	s.all++
	return nil
}
