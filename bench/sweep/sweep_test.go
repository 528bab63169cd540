// Package sweep_test measures how fast people are moved whom a changed rule takes into a segment, beside one
// statement by hand that writes the same memberships and their history.
package sweep_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

const (
	peopleVariable = "MIXTAPE_BENCH_PEOPLE" // who are moved in a turn
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	orders         = 3 // of each person
)

// change takes everybody into a segment: first its rule is true of nobody.
type change struct{ name, before, after, byHand string }

var changes = []change{
	{"attribute", `user.level >= 3`, `user.level >= 2`, `(p.attributes ->> 'level')::float8 >= 2`},
	{
		"events", `events("order_completed").within("30d").count() >= 5`, `events("order_completed").within("30d").count() >= 2`,
		`(select count(*) from events e where e.profile_id = p.id and e.name = 'order_completed' and e.time > now() - interval '30 days') >= 2`,
	},
}

// BenchmarkSweep is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkSweep(b *testing.B) {
	people, rounds := size.Of(b, peopleVariable, 20_000), size.Of(b, roundsVariable, 3)
	for range b.N {
		for _, c := range changes {
			var swept, byHand []float64
			for range rounds {
				f := found(b, people, c)
				swept = append(swept, f.speed(f.sweep))
				f = found(b, people, c)
				byHand = append(byHand, f.speed(f.byHand))
			}
			slices.Sort(swept)
			slices.Sort(byHand)
			n := (rounds - 1) / 2
			fmt.Printf("%s: %d people; a second: %.0f (%.0f to %.0f), by one statement %.0f (%.0f to %.0f)\n",
				c.name, people, swept[n], swept[0], swept[rounds-1], byHand[n], byHand[0], byHand[rounds-1])
			b.ReportMetric(swept[n], c.name+"/s")
		}
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestSweep keeps the measurement in working order. It says nothing of speed.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		f := found(t, 150, c)
		f.sweep()
		f.check()
		f = found(t, 150, c)
		f.byHand()
		f.check()
	}
}

// field is a deployment in which all are about to be moved.
type field struct {
	testing.TB
	store   *store.Store
	people  int
	change  change
	library *store.Library
}

func (f *field) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *field) publish(rule string) {
	f.Helper()
	settings := store.Settings{Name: "sweep"}
	settings.Segments = []store.Segment{{Key: "vip", Rule: rule}}
	_, err := f.store.Publish(f.Context(), settings, nil)
	f.must(err)
}

func found(tb testing.TB, people int, c change) *field {
	tb.Helper()
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(tb.Context(), url, store.Options{MaxConns: 4, StatementTimeout: time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	f := &field{TB: tb, store: s, people: people, change: c, library: store.NewLibrary(s)}
	f.publish(c.before)
	f.exec("update segments set computed = hash, checked = hash")
	now := time.Now()
	f.copy("profiles", []string{"id", "user_id", "attributes", "last_number", "dispatched"}, people, func(i int) []any {
		return []any{fmt.Sprintf("p%09d", i), fmt.Sprintf("user%d", i), map[string]any{"level": 2, "email": fmt.Sprintf("user%d@example.com", i)}, orders, orders}
	})
	f.copy("events", []string{"profile_id", "number", "id", "source", "name", "time", "arrival"}, people*orders, func(i int) []any {
		at := now.Add(-time.Duration(i%orders+1) * 24 * time.Hour)
		return []any{fmt.Sprintf("p%09d", i/orders), i%orders + 1, fmt.Sprintf("e%d", i), "bench", "order_completed", at, at}
	})
	f.exec("analyze")
	f.publish(c.after)
	return f
}

func (f *field) exec(sql string) {
	f.Helper()
	_, err := f.store.Pool().Exec(f.Context(), sql)
	f.must(err)
}

func (f *field) copy(table string, columns []string, rows int, row func(i int) []any) {
	f.Helper()
	_, err := f.store.Pool().CopyFrom(f.Context(), pgx.Identifier{table}, columns, pgx.CopyFromSlice(rows, func(i int) ([]any, error) { return row(i), nil }))
	f.must(err)
}

func (f *field) speed(work func()) float64 {
	f.Helper()
	began := time.Now()
	work()
	took := time.Since(began)
	f.check()
	return float64(f.people) / took.Seconds()
}

// sweep is what a worker does.
func (f *field) sweep() {
	f.Helper()
	a := &activities.Activities{Store: f.store, Library: f.library, Walker: &activities.Walker{}, Log: zap.NewNop()}
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	for {
		value, err := env.ExecuteActivity(a.SegmentsPage)
		f.must(err)
		var page activities.SegmentsPage
		f.must(value.Get(&page))
		if page.Over || page.Wait > 0 {
			return
		}
	}
}

// byHand moves everybody by one statement, which nobody hears of.
func (f *field) byHand() {
	f.Helper()
	f.exec(`with moved as (update profiles p set segments = p.segments || array['vip'] where not p.segments @> array['vip'] and ` + f.change.byHand + ` returning p.id)
		insert into segment_changes (segment, profile_id, at, entered, why) select 'vip', m.id, now(), true, 'rule' from moved m`)
}

func (f *field) check() {
	f.Helper()
	var members, history int
	err := f.store.Pool().QueryRow(f.Context(), "select (select count(*) from profiles where segments @> array['vip']), (select count(*) from segment_changes)").Scan(&members, &history)
	if f.must(err); members != f.people || history != f.people {
		f.Fatalf("%d of %d people are in the segment, by %d changes", members, f.people, history)
	}
}
