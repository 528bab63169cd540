// Package report_test asks a report of a journey with very many runs, beside counting the runs and messages themselves, in one run on the same
// Postgres; and measures what keeping the counts costs those who write.
package report_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
)

const runsVariable = "MIXTAPE_BENCH_REPORT_RUNS"

// recount asks the rows what a report says first.
const recount = `select count(*) filter (where status <> 'held_out'), count(*) filter (where status = 'held_out'), count(goal_at) filter (where status <> 'held_out'),
    coalesce(sum(goal_value) filter (where status <> 'held_out'), 0), count(*) filter (where status = 'active'),
    (select count(*) from messages where journey = 'big' and state in ('sent', 'delivered', 'bounced'))
from runs where journey = 'big'`

type sums struct {
	entered, held, goals int64
	value                float64
	here, sent           int64
}

func fill(tb testing.TB, s *store.Store, runs int) {
	tb.Helper()
	do := func(sql string, args ...any) {
		tb.Helper()
		began := time.Now()
		if _, err := s.Pool().Exec(tb.Context(), sql, args...); err != nil {
			tb.Fatal(err)
		}
		tb.Logf("%6.1f s: %.70s", time.Since(began).Seconds(), sql)
	}
	do(`insert into runs (id, journey, version, profile_id, origin, n, status, state, step, entered_at)
		select 'big/' || n || '/1', 'big', 'v' || n % 3, 'p' || n, 'p' || n, 1, case when n % 10 = 0 then 'held_out' else 'active' end, '{}', 's' || n % 12, now() - interval '1 hour' * (n % 2400) from generate_series(1, $1::int) n`, runs)
	do(`insert into assignments (experiment, profile_id, version, variant, chance, run_id, at, pre)
		select 'big', profile_id, version, case status when 'held_out' then 'held_out' else 'treated' end, case status when 'held_out' then 0.1 else 0.9 end, id, entered_at, 0 from runs where journey = 'big'`)
	do(`insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, sent_at)
		select 'm' || n, 'big/' || n || '/1', 'big', 'v' || n % 3, 's' || n % 12, 1, 'p' || n, 'email', 'smtp', 't' || n % 6, case when n % 7 = 0 then 'skipped' else 'sent' end, now() from generate_series(1, $1::int) n where n % 10 > 0`, runs)
	do(`update runs set status = 'ended', exit_reason = 'completed', ended_at = now() where journey = 'big' and status = 'active' and hashtext(id) % 2 = 0`)
	do(`update runs set goal_at = entered_at + interval '1 day', goal_value = 3 where journey = 'big' and hashtext(id) % 5 = 0`)
	do(`update assignments a set converted_at = r.goal_at, value = 3 from runs r where r.id = a.run_id and r.goal_at is not null`)
	do(`analyze runs, messages, tallies, tally_deltas`)
}

// report is what the starter makes of counts.
func report(tb testing.TB, s *store.Store) insight.Report {
	tb.Helper()
	counts, err := s.Tallies(tb.Context(), "big")
	if err != nil {
		tb.Fatal(err)
	}
	return insight.NewReport(insight.ReportInput{
		Journey: "big", Counts: counts, Now: time.Now(), Level: insight.Level,
		Meant: func(_, arm string) (float64, bool) {
			return map[string]float64{insight.Treated: 0.9, insight.Held: 0.1}[arm], true
		},
	})
}

func measure(tb testing.TB, runs, rounds int) {
	tb.Helper()
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(tb.Context(), url, store.Options{MaxConns: 4, StatementTimeout: 20 * time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	fill(tb, s, runs)
	fresh := time.Now()
	before := report(tb, s)
	tb.Logf("with all differences still to be summed up: %.3f s", time.Since(fresh).Seconds())
	fold := time.Now()
	if err := s.FoldTallies(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Logf("summed up in %.1f s", time.Since(fold).Seconds())
	var ours, theirs []time.Duration
	var counted sums
	var r insight.Report
	for range rounds {
		began := time.Now()
		r = report(tb, s)
		ours = append(ours, time.Since(began))
		began = time.Now()
		err := s.Pool().QueryRow(tb.Context(), recount).Scan(&counted.entered, &counted.held, &counted.goals, &counted.value, &counted.here, &counted.sent)
		if err != nil {
			tb.Fatal(err)
		}
		theirs = append(theirs, time.Since(began))
	}
	sent := int64(0)
	for _, m := range r.Messages {
		sent += m.Sent
	}
	if got := (sums{r.Entered, r.HeldOut, r.Goals, r.Value, r.Here, sent}); got != counted {
		tb.Errorf("the report says %+v, the rows %+v", got, counted)
	}
	if before.Entered != r.Entered || before.Goals != r.Goals || before.Here != r.Here {
		tb.Errorf("before it was summed up %d %d %d, after it %d %d %d", before.Entered, before.Goals, before.Here, r.Entered, r.Goals, r.Here)
	}
	if !r.Lift.Claimed || r.Arms[0].People+r.Arms[1].People != int64(runs) {
		tb.Errorf("the lift is %+v", r.Lift)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	tb.Logf("%d runs: the report takes %v (%v to %v), counting only its first six figures %v (%v to %v)", runs, ours[rounds/2], ours[0], ours[rounds-1], theirs[rounds/2], theirs[0], theirs[rounds-1])
}

func TestTheReportIsTheRecount(t *testing.T) {
	t.Parallel()
	measure(t, 3000, 1)
}

// BenchmarkReport is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkReport(b *testing.B) { measure(b, size.Of(b, runsVariable, 1_000_000), 7) }
