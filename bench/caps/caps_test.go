// Package caps_test lets sixteen workers ask at once whether one more message may go to the same person, and
// measures what a cap costs a send.
package caps_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

const (
	sendsVariable  = "MIXTAPE_BENCH_SENDS" // of a turn
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	workers        = 16
	most           = 5 // messages that the tightest cap lets through
)

// contest is who asks for whom.
type contest struct {
	name   string
	people int // over whom the sends are spread; 0: each has one
	caps   []store.Cap
}

// caps are three at once, of which the last lets the fewest through.
func caps() []store.Cap {
	return []store.Cap{
		{Max: 1000, Per: "30d"},
		{Max: 500, Per: "week", Channels: []string{"email"}, Topics: []string{"tips"}},
		{Max: most + 1, Per: "day", Reserve: map[string]int{"high": 1}},
	}
}

// wide are the same, as wide as they never hold anybody up.
func wide() []store.Cap {
	all := caps()
	for i := range all {
		all[i].Max = 100_000
	}
	return all
}

// BenchmarkCaps is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkCaps(b *testing.B) {
	sends, rounds := size.Of(b, sendsVariable, 640), size.Of(b, roundsVariable, 5)
	for range b.N {
		for _, c := range []contest{
			{"each their own person, no cap", 0, nil},
			{"each their own person, three caps", 0, wide()},
			{"one person, no cap", 1, nil},
			{"one person, three caps that have room", 1, wide()},
			{"one person, a cap of five", 1, caps()},
		} {
			var all []time.Duration
			for range rounds {
				f := found(b, c, sends)
				all = append(all, f.race()/time.Duration(sends))
				f.check()
			}
			slices.Sort(all)
			fmt.Printf("%s: %d sends by %d workers, a send %s (%s to %s)\n", c.name, sends, workers, all[rounds/2], all[0], all[rounds-1])
		}
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// Sixteen workers and one person: as many messages go as the cap lets through, and not one more.
func TestACapIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for range 3 {
		f := found(t, contest{"", 1, caps()}, 96)
		f.race()
		f.check()
	}
}

// field is a deployment in which runs stand before the gate.
type field struct {
	testing.TB
	contest contest
	store   *store.Store
	runs    []string
	workers []*activities.Activities
}

func (f *field) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func found(tb testing.TB, c contest, sends int) *field {
	tb.Helper()
	f := &field{TB: tb, contest: c}
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	var err error
	f.store, err = store.Open(tb.Context(), url, store.Options{MaxConns: 4})
	f.must(err)
	tb.Cleanup(f.store.Close)
	f.must(f.store.SetSendingMode(tb.Context(), store.SendingLive, ""))
	settings := store.Settings{
		Name: "caps", Timezone: "Europe/Paris", Caps: c.caps, Topics: store.Topics{"tips": {Default: "subscribed"}},
		Channels: map[string]store.Channel{"email": {Provider: "smtp", From: "Caps <caps@example.com>"}},
	}
	source, templates := `journey: hello
entry: { event: shared, reentry: always }
steps: [ { id: hello, send: { channel: email, template: hello } } ]
`, map[string]string{"templates/hello.email.liquid": "---\nsubject: Hello\ntopic: tips\n---\n<p>Hello</p>\n"}
	_, err = f.store.Publish(tb.Context(), settings, []store.Version{{
		Journey: "hello", Version: journey.Hash([]byte(source), templates), Source: source, Templates: templates,
	}})
	f.must(err)
	for n := range sends {
		person := n
		if c.people > 0 {
			person = n % c.people
		}
		f.shares(fmt.Sprintf("listener%d", person))
	}
	d := &dispatch.Dispatcher{Store: f.store, Handler: &dispatch.Handler{Library: store.NewLibrary(f.store)}, Log: zap.NewNop(), Relay: dispatch.NewBell()}
	for busy := true; busy; {
		busy, err = d.Once(tb.Context())
		f.must(err)
	}
	rows, err := f.store.Pool().Query(tb.Context(), "select id from runs order by id")
	f.must(err)
	defer rows.Close()
	for rows.Next() {
		var id string
		f.must(rows.Scan(&id))
		f.runs = append(f.runs, id)
	}
	if len(f.runs) != sends {
		tb.Fatalf("%d runs of %d stand before the gate", len(f.runs), sends)
	}
	for range workers { // each with connections of its own: one for the walk, and one for what it reads for the first time
		f.workers = append(f.workers, f.worker(url))
	}
	return f
}

func (f *field) shares(user string) {
	f.Helper()
	id, err := f.store.ProfileFor(f.Context(), user, "")
	f.must(err)
	f.must(f.store.InProfile(f.Context(), id, func(tx *store.Tx) error {
		if changed := profile.Identify(tx.Profile(), map[string]any{"email": user + "@example.com"}); len(changed) > 0 {
			if err := tx.SaveProfile(f.Context()); err != nil {
				return err
			}
		}
		_, err := tx.AddEvent(f.Context(), store.NewEvent{Source: "bench", Name: "shared", Time: tx.Now()})
		return err
	}))
}

func (f *field) worker(url string) *activities.Activities {
	f.Helper()
	s, err := store.Open(f.Context(), url, store.Options{MaxConns: 2, LockTimeout: 30 * time.Second, StatementTimeout: 30 * time.Second})
	f.must(err)
	f.Cleanup(s.Close)
	signer, err := message.NewSigner(make([]byte, 32))
	f.must(err)
	links, err := starter.NewLinks("https://mail.example.com", signer)
	f.must(err)
	return &activities.Activities{Store: s, Library: store.NewLibrary(s), Log: zap.NewNop(), Walker: &activities.Walker{
		Links: links, Queue: func(string, string) string { return "deliver" }, Provider: func(string) (string, bool) { return "smtp", true },
	}}
}

// race lets all workers take runs before the gate until none is left.
func (f *field) race() time.Duration {
	f.Helper()
	next := make(chan string, len(f.runs))
	for _, run := range f.runs {
		next <- run
	}
	close(next)
	began := time.Now()
	var group errgroup.Group
	for _, w := range f.workers {
		group.Go(func() error {
			for run := range next {
				in := activities.AdvanceInput{Run: run, Seq: 1, Cause: journey.Cause{Kind: journey.Entered}}
				if _, err := w.Advance(f.Context(), in); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.must(group.Wait())
	return time.Since(began)
}

// check counts who may go: as many as the caps let through.
func (f *field) check() {
	f.Helper()
	var may, capped int
	f.must(f.store.Pool().QueryRow(f.Context(), `select count(*) filter (where state = 'rendered'), count(*) filter (where reason = 'capped') from messages`).Scan(&may, &capped))
	want := len(f.runs)
	if f.contest.caps != nil && f.contest.caps[2].Max == most+1 {
		want = most
	}
	if may != want || may+capped != len(f.runs) {
		f.Errorf("%d messages may go and %d are capped, want %d of %d", may, capped, want, len(f.runs))
	}
}
