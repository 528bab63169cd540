// Package bandit_test measures what it costs a walk that an experiment draws by what it has learned, beside one whose shares are written.
package bandit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

const (
	walksVariable  = "MIXTAPE_BENCH_WALKS" // of a turn
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
)

// ways are how the experiment draws.
func ways() map[string]string {
	return map[string]string{"fixed shares": "assign: fixed", "a bandit": "assign: bandit", "a bandit that chooses for the person": "assign: bandit, per_person: true, context: [plan]"}
}

// town is a deployment in which runs stand before the experiment.
type town struct {
	testing.TB
	store *store.Store
	acts  *activities.Activities
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func open(tb testing.TB) *town {
	tb.Helper()
	w := &town{TB: tb}
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	var err error
	w.store, err = store.Open(tb.Context(), url, store.Options{MaxConns: 4})
	w.must(err)
	tb.Cleanup(w.store.Close)
	var versions []store.Version
	for name, how := range ways() {
		key := fmt.Sprintf("j%d", len(name))
		source := "journey: " + key + "\nentry: { event: " + key + ", reentry: always }\ngoal: { event: bought, within: 7d }\nsteps:\n  - { id: which, experiment: { " + how +
			", variants: [ { name: a, steps: [ { id: x, wait: 1d } ] }, { name: b, steps: [ { id: y, wait: 1d } ] }, { name: none, control: true } ] } }\n  - { id: end, wait: 30d }\n"
		versions = append(versions, store.Version{Journey: key, Version: journey.Hash([]byte(source), nil), Source: source})
		personal := insight.LearnPersonal([]string{"a", "b", "none"}, nil)
		personal.Earned = true
		w.must(w.store.SaveBandit(tb.Context(), key, "which", map[string]float64{"a": 0.5, "b": 0.4, "none": 0.1}, &personal))
	}
	_, err = w.store.Publish(tb.Context(), store.Settings{Name: "bench"}, versions)
	w.must(err)
	signer, err := message.NewSigner(make([]byte, 32))
	w.must(err)
	links, err := starter.NewLinks("https://mail.example.com", signer)
	w.must(err)
	w.acts = &activities.Activities{Store: w.store, Library: store.NewLibrary(w.store), Log: zap.NewNop(), Walker: &activities.Walker{
		Links: links, Queue: func(string, string) string { return "deliver" }, Provider: func(string) (string, bool) { return "smtp", true },
	}}
	return w
}

// walks lets so many people take the experiment, and says how long a walk takes.
func (w *town) walks(name string, people, round int) time.Duration {
	w.Helper()
	ctx, key := w.Context(), fmt.Sprintf("j%d", len(name))
	for n := range people {
		id, err := w.store.ProfileFor(ctx, fmt.Sprintf("%s-%d-%d", key, round, n), "")
		w.must(err)
		w.must(w.store.InProfile(ctx, id, func(tx *store.Tx) error {
			if changed := profile.Identify(tx.Profile(), map[string]any{"plan": "free"}); len(changed) > 0 {
				if err := tx.SaveProfile(ctx); err != nil {
					return err
				}
			}
			_, err := tx.AddEvent(ctx, store.NewEvent{Source: "bench", Name: key, Time: tx.Now()})
			return err
		}))
	}
	d := &dispatch.Dispatcher{Store: w.store, Handler: &dispatch.Handler{Library: store.NewLibrary(w.store)}, Log: zap.NewNop(), Relay: dispatch.NewBell()}
	for busy := true; busy; {
		var err error
		busy, err = d.Once(ctx)
		w.must(err)
	}
	rows, err := w.store.Pool().Query(ctx, "select id from runs where journey = $1 and seq = 0 order by id", key)
	w.must(err)
	var runs []string
	for rows.Next() {
		var id string
		w.must(rows.Scan(&id))
		runs = append(runs, id)
	}
	if len(runs) != people {
		w.Fatalf("%d runs of %d", len(runs), people)
	}
	began := time.Now()
	for _, run := range runs {
		_, err := w.acts.Advance(ctx, activities.AdvanceInput{Run: run, Seq: 1, Cause: journey.Cause{Kind: journey.Entered}})
		w.must(err)
	}
	return time.Since(began) / time.Duration(people)
}

func (w *town) measure(people, rounds int) {
	w.Helper()
	took := map[string][]time.Duration{}
	for round := range rounds + 1 {
		for name := range ways() {
			if each := w.walks(name, people, round); round > 0 { // the first does not count
				took[name] = append(took[name], each)
			}
		}
	}
	for name, all := range took {
		slices.Sort(all)
		w.Logf("%-40s a walk %v (%v to %v)", name, all[len(all)/2], all[0], all[len(all)-1])
	}
	var assigned int
	w.must(w.store.Pool().QueryRow(w.Context(), "select count(*) from assignments").Scan(&assigned))
	if want := people * (rounds + 1) * len(ways()); assigned != want {
		w.Errorf("%d were assigned, want %d", assigned, want)
	}
}

func TestEverybodyIsAssignedOnce(t *testing.T) {
	t.Parallel()
	open(t).measure(10, 1)
}

// BenchmarkBandit is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkBandit(b *testing.B) {
	open(b).measure(size.Of(b, walksVariable, 300), size.Of(b, roundsVariable, 7))
}
