// Package smtp_test measures how many e-mails a second leave, signed, over SMTP to a server on the same machine: by the
// library alone in a bare loop, by our provider, and by a delivery with its claim and its outcome in Postgres.
package smtp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/bench/stack"
	"github.com/mixtapehq/mixtape/channels"
)

const (
	mailsVariable  = "MIXTAPE_BENCH_MAILS" // of a turn
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	pool           = 8  // connections, of every side
	deliveries     = 20 // at once, as a worker makes by default
	goal           = 0.8
	roundTrip      = 5 * time.Millisecond // to a server that is not on this machine
)

// side is one way to send n e-mails.
type side struct {
	name string
	// prepare makes what is to be sent, and returns what sends it: only that is timed.
	prepare func(n int) func() error
}

// BenchmarkSMTP is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkSMTP(b *testing.B) {
	mails, rounds := size.Of(b, mailsVariable, 2000), size.Of(b, roundsVariable, 5)
	for range b.N {
		compare(b, mails, rounds, 0)
		compare(b, mails, rounds, roundTrip)
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// Every side sends each message once, and signed.
func TestEverySideSendsEachMessageOnce(t *testing.T) {
	t.Parallel()
	compare(t, 30, 1, time.Millisecond)
}

func compare(tb testing.TB, mails, rounds int, delay time.Duration) {
	tb.Helper()
	s := startSink(tb, delay)
	key := newKey(tb)
	sides := []side{bareLoop(tb, s, key), provider(tb, s, key), delivering(tb, s, key)}
	turns, rates, costs := []int{0, 1, 2}, make([][]float64, len(sides)), make([][]stack.CPU, len(sides))
	for round := -1; round < rounds; round++ { // the first does not count
		for _, i := range turns {
			send := sides[i].prepare(mails)
			runtime.GC()
			before, spent, began := s.count(), stack.Used(), time.Now()
			if err := send(); err != nil {
				tb.Fatalf("%s: %v", sides[i].name, err)
			}
			rate := float64(mails) / time.Since(began).Seconds()
			if got := s.count() - before; got != mails {
				tb.Fatalf("%s: %d e-mails came, want %d", sides[i].name, got, mails)
			}
			if round >= 0 {
				rates[i], costs[i] = append(rates[i], rate), append(costs[i], stack.Used().Since(spent, mails))
			}
		}
		slices.Reverse(turns)
	}
	if n := s.unsigned.Load(); n > 0 {
		tb.Errorf("%d e-mails came unsigned", n)
	}
	if n, want := int(s.named.Load()), (rounds+1)*mails; n != want { // the last side's, whose ids are the store's
		tb.Errorf("the envelope's sender names %d messages, want %d", n, want)
	}
	if n := s.twice(); n > 0 {
		tb.Errorf("%d e-mails came twice", n)
	}
	fmt.Printf("a server %s away:\n", delay)
	for i, side := range sides {
		var ratios, alone, whole []float64 // by the time on the clock; by CPU without the database's, and with it
		for round, c := range costs[i] {
			loop := float64(costs[0][round].Own)
			ratios = append(ratios, rates[i][round]/rates[0][round])
			alone, whole = append(alone, loop/float64(c.Own)), append(whole, loop/float64(c.Own+c.Database))
		}
		slices.Sort(rates[i])
		own, database := middle(costs[i], func(c stack.CPU) time.Duration { return c.Own }), middle(costs[i], func(c stack.CPU) time.Duration { return c.Database })
		fmt.Printf("  %s: %.0f e-mails/s (%.0f to %.0f); of the bare loop %s, by CPU %s, without the database's %s (goal %.1f); CPU an e-mail %s own, %s database\n",
			side.name, rates[i][len(rates[i])/2], rates[i][0], rates[i][len(rates[i])-1], spread(ratios), spread(whole), spread(alone), goal, own, database)
	}
}

func middle(costs []stack.CPU, of func(stack.CPU) time.Duration) time.Duration {
	var all []time.Duration
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2].Round(10 * time.Microsecond)
}

// spread is the median, with the least and the greatest.
func spread(all []float64) string {
	slices.Sort(all)
	return fmt.Sprintf("%.2f (%.2f to %.2f)", all[len(all)/2], all[0], all[len(all)-1])
}

// newKey makes what DKIM signs with.
func newKey(tb testing.TB) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// bareLoop is the library in the plainest loop: a connection and a goroutine each.
func bareLoop(tb testing.TB, s *sink, key *rsa.PrivateKey) side {
	tb.Helper()
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		tb.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		tb.Fatal(err)
	}
	var clients []*gomail.Client
	for range pool {
		c, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithTimeout(10*time.Minute))
		if err == nil {
			err = c.DialWithContext(tb.Context())
		}
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = c.Close() })
		clients = append(clients, c)
	}
	turn := 0
	return side{"go-mail in a bare loop", func(n int) func() error {
		turn++
		queue := numbers(n)
		return func() error {
			var group errgroup.Group
			for _, c := range clients {
				signer := gomail.NewDKIMSigner("acme.example", "mixtape", key)
				group.Go(func() error {
					for i := range queue {
						m, err := bareMessage(fmt.Sprintf("bare%d-%d", turn, i))
						if err != nil {
							return err
						}
						m.SetDKIM(signer)
						if err := c.Send(m); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return group.Wait()
		}
	}}
}

func bareMessage(id string) (*gomail.Msg, error) {
	e := envelope(id)
	m := gomail.NewMsg()
	if err := m.From(e.From); err != nil {
		return nil, err
	}
	if err := m.To(e.To); err != nil {
		return nil, err
	}
	m.Subject(e.Subject)
	m.SetMessageIDWithValue(id + "@acme.example")
	m.SetListUnsubscribe(e.Unsubscribe)
	m.SetListUnsubscribePost()
	m.SetBodyString(gomail.TypeTextPlain, e.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
	return m, nil
}

// provider is ours, asked by as many as a worker delivers at once.
func provider(tb testing.TB, s *sink, key *rsa.PrivateKey) side {
	tb.Helper()
	p := openSMTP(tb, s, key)
	turn := 0
	return side{"our provider", func(n int) func() error {
		turn++
		queue := numbers(n)
		return func() error {
			return atOnce(func() error {
				for i := range queue {
					if _, err := p.Send(tb.Context(), envelope(fmt.Sprintf("ours%d-%d", turn, i))); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}}
}

// providerURL is that of both of our sides.
func providerURL(tb testing.TB, s *sink, key *rsa.PrivateKey) string {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	query := url.Values{
		"tls": {"none"}, "pool": {strconv.Itoa(pool)}, "messages": {"1000000"}, "from": {"hello@acme.example"}, "bounce": {"bounces@acme.example"},
		"dkim": {"mixtape@acme.example"}, "dkim_key": {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))},
	}
	return "smtp://" + s.address + "?" + query.Encode()
}

func openSMTP(tb testing.TB, s *sink, key *rsa.PrivateKey) channels.Provider {
	tb.Helper()
	p, err := channels.Open("email", providerURL(tb, s, key))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Close() })
	return p
}

func atOnce(fn func() error) error {
	var group errgroup.Group
	for range deliveries {
		group.Go(fn)
	}
	return group.Wait()
}

func numbers(n int) <-chan int {
	queue := make(chan int, n)
	for i := range n {
		queue <- i
	}
	close(queue)
	return queue
}

// envelope is a typical message.
func envelope(id string) channels.Envelope {
	return channels.Envelope{
		MessageID: id, From: "Acme <hello@acme.example>", To: "ada@example.com", Subject: "Your week in music", Topic: "tips",
		Unsubscribe: "https://acme.example/u/AZ3c0mJ5c1mSx0aWJ3SRp1q2", HTML: page(), Text: text(),
	}
}

func page() string {
	return "<html><body><h1>Your week in music</h1>" + strings.Repeat(paragraph, 12) + "</body></html>\n"
}

func text() string {
	return "Your week in music\n\n" + strings.Repeat("Nina Simone, Miles Davis: 42 minutes of listening, and one discovery.\n", 12)
}

const paragraph = `<table role="presentation" width="100%"><tr><td style="padding:12px 24px;font:16px/24px Georgia,serif;color:#222">` +
	`<a href="https://acme.example/artists/nina">Nina Simone</a>, <b>42 minutes</b> of listening, and one discovery: “Sinnerman”.</td></tr></table>` + "\n"
