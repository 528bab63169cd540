// Package train_test measures what it takes to learn of everybody and to write what was learned, beside one scan in SQL of the same events, and by how much memory
// it grows.
package train_test

import (
	"context"
	"encoding/json"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

const (
	peopleVariable = "MIXTAPE_BENCH_PEOPLE" // of whom each did ten things
	doings         = 10
)

// scan is what a statement needs that only adds the same events up, by person: it makes no features, fits nothing and writes nothing.
const scan = `select count(*), avg(n), avg(last) from (select profile_id, count(*) as n, extract(epoch from max(time)) as last from events where name <> '' group by 1) t`

func fill(tb testing.TB, s *store.Store, people int) {
	tb.Helper()
	for _, sql := range []string{
		`insert into profiles (id, user_id, last_number, dispatched) select 'x' || n, 'u' || n, 100, 100 from generate_series(1, $1::int) n`,
		`insert into events (profile_id, number, id, source, name, time, arrival)
			select 'x' || n, k, n || '-' || k, 'past', 'played', t.at, t.at from generate_series(1, $1::int) n cross join generate_series(1, 10) k
			cross join lateral (select now() - interval '1 day' * (k * (1 + hashint4(n) % 17 + 17) * (1 + abs(hashint8(n * 31::bigint + k)) % 100 / 100.0) * 0.4 + case when n % 3 = 0 then abs(hashint4(n)) % 90 else 0 end) as at) t`,
		`vacuum analyze events`, `vacuum analyze profiles`,
	} {
		var err error
		if sql[0] == 'v' {
			_, err = s.Pool().Exec(tb.Context(), sql)
		} else {
			_, err = s.Pool().Exec(tb.Context(), sql, people)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// peak watches how much memory is in use at most, while fn runs.
func peak(fn func()) uint64 {
	var most atomic.Uint64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	fn()
	close(done)
	<-watched
	return most.Load()
}

func measure(tb testing.TB, people int) {
	tb.Helper()
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(tb.Context(), url, store.Options{MaxConns: 4, StatementTimeout: 10 * time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	if _, err := s.Publish(tb.Context(), store.Settings{Name: "bench", Predict: map[string]store.Predict{"churn": {Without: true, Within: "30d"}}}, nil); err != nil {
		tb.Fatal(err)
	}
	fill(tb, s, people)
	a := &activities.Activities{Store: s, Library: store.NewLibrary(s), Log: zap.NewNop()}
	in := activities.TrainInput{Training: "churn/bench", Name: "churn", Now: time.Now()}
	pages := func(page func(context.Context, activities.TrainInput) (activities.TrainedPage, error)) time.Duration {
		began := time.Now()
		for in.After = ""; ; {
			p, err := page(tb.Context(), in)
			if err != nil {
				tb.Fatal(err)
			}
			if in.After = p.Last; p.Last == "" {
				return time.Since(began)
			}
		}
	}
	var sampled, fitted, applied time.Duration
	memory := peak(func() {
		sampled = pages(a.TrainSample)
		samples := func() (n int) {
			if err := s.Pool().QueryRow(tb.Context(), "select count(*) from training_samples").Scan(&n); err != nil {
				tb.Fatal(err)
			}
			return n
		}
		before := samples()
		in.After = ""
		if _, err := a.TrainSample(tb.Context(), in); err != nil || samples() != before || before == 0 { // as after an answer that was lost
			tb.Fatalf("a page that came twice: %d samples, then %d, %v", before, samples(), err)
		}
		began := time.Now()
		if _, err := a.TrainFit(tb.Context(), in); err != nil {
			tb.Fatal(err)
		}
		fitted = time.Since(began)
		m, err := s.Model(tb.Context(), in.Training)
		if err != nil {
			tb.Fatal(err)
		}
		var quality struct{ AUC float64 }
		_ = json.Unmarshal(m.Metrics, &quality)
		tb.Logf("AUC %.3f, %s", quality.AUC, m.Why)
		if !m.Promoted {
			tb.Fatal("a model that is not used is not measured")
		}
		applied = pages(a.TrainApply)
	})
	began := time.Now()
	if _, err := s.Pool().Exec(tb.Context(), scan); err != nil {
		tb.Fatal(err)
	}
	scanned := time.Since(began)
	var scored int
	if err := s.Pool().QueryRow(tb.Context(), "select count(*) from profiles where computed -> 'scores' ? 'churn'").Scan(&scored); err != nil || scored < people*9/10 {
		tb.Errorf("%d of %d have a score, %v", scored, people, err)
	}
	whole := sampled + fitted + applied
	tb.Logf("%d people, %d events: sample %.1f s, fit %.1f s, features and scores of all %.1f s: %.0f people a second; heap at most %d MB; one scan in SQL %.1f s, so %.1f times that",
		people, people*doings, sampled.Seconds(), fitted.Seconds(), applied.Seconds(), float64(people)/whole.Seconds(), memory>>20, scanned.Seconds(), whole.Seconds()/scanned.Seconds())
}

func TestEverybodyIsScored(t *testing.T) {
	t.Parallel()
	measure(t, 2000)
}

// BenchmarkTrain is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkTrain(b *testing.B) { measure(b, size.Of(b, peopleVariable, 1_000_000)) }
