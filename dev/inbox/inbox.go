// Package inbox is a mail server for development and tests: it takes every message, delivers none, and lets them be read,
// by Go, on a web page and as JSON. It listens on 127.0.0.1 alone and keeps a bounded amount in memory.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	defaultKeep     = 5_000
	maxMessageBytes = 10 << 20
	maxKeptBytes    = 128 << 20
	maxKeys         = 1 << 20 // ids remembered to count duplicates; the oldest are forgotten
	maxRecipients   = 100
)

// Options of an inbox; the zero value will do.
type Options struct {
	SMTPPort int // 0 takes a free one
	HTTPPort int // 0 takes a free one
	Keep     int // how many messages stay readable, the newest; 0 is 5,000. All are counted.
}

// Inbox is a running mail server.
type Inbox struct {
	smtp     *smtp.Server
	http     *http.Server
	smtpAddr string
	httpAddr string
	keep     int

	mu      sync.Mutex
	kept    []Message
	bytes   int // of the kept messages
	counts  Counts
	seen    keys
	script  Script
	changed chan struct{} // closed, and made anew, when a message arrives
}

// Counts tells what arrived since the start, also what is no longer kept.
type Counts struct {
	Received   int `json:"received"`
	Duplicates int `json:"duplicates"` // messages whose key had arrived before
}

// Start listens for mail and serves the page.
func Start(options Options) (*Inbox, error) {
	b := &Inbox{keep: options.Keep, changed: make(chan struct{}), seen: keys{times: map[string]int{}, limit: maxKeys}}
	if b.keep <= 0 {
		b.keep = defaultKeep
	}
	mail, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(options.SMTPPort)))
	if err != nil {
		return nil, fmt.Errorf("start the inbox: %w", err)
	}
	page, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(options.HTTPPort)))
	if err != nil {
		mail.Close()
		return nil, fmt.Errorf("start the inbox: %w", err)
	}
	b.smtpAddr, b.httpAddr = mail.Addr().String(), page.Addr().String()

	b.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{inbox: b, conn: c}, nil
	}))
	b.smtp.Domain = "inbox.localhost"
	b.smtp.EnableSMTPUTF8 = true
	b.smtp.AllowInsecureAuth = true
	b.smtp.MaxMessageBytes = maxMessageBytes
	b.smtp.MaxRecipients = maxRecipients
	b.smtp.ReadTimeout, b.smtp.WriteTimeout = 5*time.Minute, time.Minute
	b.smtp.ErrorLog = log.New(io.Discard, "", 0) // a sender that hangs up is no news
	b.http = &http.Server{Handler: b.pages(), ReadHeaderTimeout: 10 * time.Second}

	go func() { _ = b.smtp.Serve(mail) }() // both end with the error that they were closed
	go func() { _ = b.http.Serve(page) }()
	return b, nil
}

// Close stops listening. Kept messages stay readable through Messages.
func (b *Inbox) Close() error {
	err := errors.Join(b.smtp.Close(), b.http.Close())
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr is host:port of the mail server: plain SMTP, no TLS, any or no credentials.
func (b *Inbox) Addr() string { return b.smtpAddr }

// URL is the address of the page.
func (b *Inbox) URL() string { return "http://" + b.httpAddr }

// Messages returns the kept messages in order of arrival.
func (b *Inbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Message(nil), b.kept...)
}

// Counts returns how much arrived.
func (b *Inbox) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}

// Await returns the kept messages as soon as they satisfy the condition, which is asked now and at every arrival.
func (b *Inbox) Await(ctx context.Context, satisfied func([]Message) bool) ([]Message, error) {
	for {
		b.mu.Lock()
		messages, changed := append([]Message(nil), b.kept...), b.changed
		b.mu.Unlock()
		if satisfied(messages) {
			return messages, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return messages, fmt.Errorf("await mail, of which %d have come: %w", len(messages), context.Cause(ctx))
		}
	}
}

// AtLeast is a condition for Await: that many messages have come.
func AtLeast(n int) func([]Message) bool {
	return func(messages []Message) bool { return len(messages) >= n }
}

// Forget removes the kept messages and starts counting anew.
func (b *Inbox) Forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept, b.bytes, b.counts = nil, 0, Counts{}
	b.seen = keys{times: map[string]int{}, limit: maxKeys}
}

// add stores an arrived message.
func (b *Inbox) add(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Received++
	m.Number = b.counts.Received
	if m.Key != "" {
		m.Copy = b.seen.count(m.Key)
		if m.Copy > 1 {
			b.counts.Duplicates++
		}
	}
	b.kept = append(b.kept, m)
	b.bytes += len(m.Raw)
	for len(b.kept) > b.keep || b.bytes > maxKeptBytes && len(b.kept) > 1 {
		b.bytes -= len(b.kept[0].Raw)
		b.kept[0] = Message{} // let go of it although the array lives on
		b.kept = b.kept[1:]
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// keys counts how often each of the last keys has come.
type keys struct {
	times map[string]int
	order []string
	limit int
}

func (k *keys) count(key string) int {
	if k.times[key] == 0 {
		if len(k.order) == k.limit {
			delete(k.times, k.order[0])
			k.order = k.order[1:]
		}
		k.order = append(k.order, key)
	}
	k.times[key]++
	return k.times[key]
}
