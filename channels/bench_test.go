package channels_test

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"github.com/mixtapehq/mixtape/channels"
)

const benchPool = 4

// BenchmarkSend and BenchmarkBareClient do the same work over as many connections: the difference
// is what our pool and our care for outcomes cost.
func BenchmarkSend(b *testing.B) {
	address := benchServer(b)
	u, err := url.Parse("smtp://" + address + "?from=hello@acme.example&messages=1000000&pool=" + strconv.Itoa(benchPool))
	if err != nil {
		b.Fatal(err)
	}
	s, err := channels.OpenSMTP(u)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.SetParallelism(benchPool)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Send(context.Background(), envelope()); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkBareClient(b *testing.B) {
	host, port, err := net.SplitHostPort(benchServer(b))
	if err != nil {
		b.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		b.Fatal(err)
	}
	clients := make(chan *gomail.Client, benchPool)
	for range benchPool {
		c, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS))
		if err != nil {
			b.Fatal(err)
		}
		if err := c.DialWithContext(context.Background()); err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		clients <- c
	}
	b.ResetTimer()
	b.SetParallelism(benchPool)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e, m := envelope(), gomail.NewMsg()
			if err := m.From("hello@acme.example"); err != nil {
				b.Error(err)
				return
			}
			if err := m.To(e.To); err != nil {
				b.Error(err)
				return
			}
			m.Subject(e.Subject)
			m.SetBodyString(gomail.TypeTextPlain, e.Text)
			m.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
			c := <-clients
			err := c.Send(m)
			clients <- c
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchServer(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &peerSession{peer: &peer{onData: func(*peer, *smtp.Conn, []byte) error { n.Add(1); return nil }}, conn: c}, nil
	}))
	s.Domain = "peer.example"
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}
