package smtp_test

import (
	"context"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// deployment is one without Temporal: the runs stand where it would ask for their deliveries.
type deployment struct {
	testing.TB
	store *store.Store
	acts  *activities.Activities
}

// delivering is what a worker does for each message: the claim, the provider, the outcome and the walk to the next move.
func delivering(tb testing.TB, s *sink, key *rsa.PrivateKey) side {
	tb.Helper()
	d := deploy(tb, providerURL(tb, s, key))
	return side{"Deliver, without Temporal", func(n int) func() error {
		inputs := d.render(n)
		return func() error {
			return atOnce(func() error {
				for in := range inputs {
					if _, err := d.acts.Deliver(tb.Context(), in); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}}
}

func deploy(tb testing.TB, smtp string) *deployment {
	tb.Helper()
	d := &deployment{TB: tb}
	database := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	var err error
	d.store, err = store.Open(tb.Context(), database, store.Options{MaxConns: 15}) // a worker's, with its defaults
	d.must(err)
	tb.Cleanup(d.store.Close)
	d.must(d.store.SetSendingMode(tb.Context(), store.SendingLive, ""))
	settings := store.Settings{
		Name: "smtp", Topics: store.Topics{"tips": {Default: "subscribed"}},
		Channels: map[string]store.Channel{"email": {Provider: "smtp", From: "Acme <hello@acme.example>"}},
	}
	source := "journey: hello\nentry: { event: shared }\nsteps: [ { id: hello, send: { channel: email, template: hello } } ]\n"
	templates := map[string]string{"templates/hello.email.liquid": "---\nsubject: Your week in music\ntopic: tips\n---\n" + page()}
	_, err = d.store.Publish(tb.Context(), settings, []store.Version{{
		Journey: "hello", Version: journey.Hash([]byte(source), templates), Source: source, Templates: templates,
	}})
	d.must(err)
	providers, err := channels.NewRegistry(map[string]string{"email": smtp})
	d.must(err)
	tb.Cleanup(func() { _ = providers.Close() })
	signer, err := message.NewSigner(make([]byte, 32))
	d.must(err)
	links, err := starter.NewLinks("https://mail.example.com", signer)
	d.must(err)
	d.acts = &activities.Activities{
		Store: d.store, Library: store.NewLibrary(d.store), Providers: providers, Log: zap.NewNop(),
		Walker: &activities.Walker{
			Links: links, Queue: func(string, string) string { return "deliver" }, Provider: func(string) (string, bool) { return "smtp", true },
		},
	}
	return d
}

// render makes n people whose message is rendered and waits to be delivered.
func (d *deployment) render(n int) <-chan activities.DeliverInput {
	d.Helper()
	ctx := d.Context()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = store.NewID("p")
	}
	d.must(pgx.BeginFunc(ctx, d.store.Pool(), func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"profiles"}, []string{"id", "user_id", "attributes", "last_number", "pending_since"},
			pgx.CopyFromSlice(n, func(i int) ([]any, error) {
				return []any{ids[i], ids[i], map[string]any{"email": ids[i] + "@example.com"}, 1, time.Now()}, nil
			}))
		if err != nil {
			return err
		}
		now := time.Now()
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"events"}, []string{"profile_id", "number", "id", "source", "name", "time", "arrival"},
			pgx.CopyFromSlice(n, func(i int) ([]any, error) { return []any{ids[i], 1, ids[i], "bench", "shared", now, now}, nil }))
		return err
	}))
	dispatcher := &dispatch.Dispatcher{Store: d.store, Handler: &dispatch.Handler{Library: d.acts.Library}, Log: zap.NewNop(), Relay: dispatch.NewBell()}
	for busy := true; busy; {
		var err error
		busy, err = dispatcher.Once(ctx)
		d.must(err)
	}
	rows, err := d.store.Pool().Query(ctx, "select id from runs where profile_id = any ($1)", ids)
	d.must(err)
	runs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	d.must(err)
	queue := make(chan activities.DeliverInput, n)
	for _, run := range runs {
		move, err := d.acts.Advance(ctx, activities.AdvanceInput{Run: run, Seq: 1, Cause: journey.Cause{Kind: journey.Entered}})
		d.must(err)
		if move.Kind != journey.MoveDeliver {
			d.Fatalf("the run's move is %s, not a delivery", move.Kind)
		}
		queue <- activities.DeliverInput{Run: run, Seq: move.Seq, Message: move.Message}
	}
	close(queue)
	_, err = d.store.Pool().Exec(ctx, "analyze") // as a database that has run for a while
	d.must(err)
	return queue
}

func (d *deployment) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}
