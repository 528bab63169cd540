package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// What people did before there were days is added up by the migration, which goes on where it was broken off.
func TestDaysOfWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	exec := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	const days = `select coalesce(string_agg(d::text, E'\n' order by profile_id, name, day), '') from event_days d`
	read := func() (all string) {
		t.Helper()
		if err := s.Pool().QueryRow(t.Context(), days).Scan(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	exec("insert into profiles (id) select 'p' || n from generate_series(1, 250) n",
		`insert into events (profile_id, number, id, source, name, properties, time, arrival) select 'p' || p, n, n::text, 's', case n % 3 when 0 then '' else 'played' || n % 3 end,
			jsonb_build_object('total', n / 4.0, 'plan', 'free', 'rate', -n), now() - n * interval '7 hours', now() from generate_series(1, 250) p, generate_series(1, 1 + p % 9) n`)
	want := read()
	exec("delete from goose_db_version where version_id = 10", "drop schema days cascade", "truncate event_days",
		"create table event_days_filled (after_id text not null)", "insert into event_days_filled values ('p2')")
	if err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	exec("delete from event_days where profile_id <= 'p2'") // done before, as far as it knows
	half := read()
	exec("delete from goose_db_version where version_id = 10", "truncate event_days")
	if err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != want || half == "" || len(half) >= len(want) {
		t.Errorf("of the events that were there\n%.2000s\nwas made\n%.2000s", want, got)
	}
	exec("truncate events")
	if left := read(); left != "" {
		t.Errorf("no events, and\n%s", left)
	}
}

// Asked of everybody, what has no window is taken from the days.
func TestThePlanReadsDays(t *testing.T) {
	t.Parallel()
	s := open(t)
	env, err := rules.New()
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]bool{
		`events("played").sum("seconds") > 3600`:             true,
		`user.plan == "pro" && events("played").count() > 9`: true,
		`events("played").within("30d").count() > 9`:         false,
		`events("played").where(e, e.x > 1).count() > 9`:     false,
		`events("played").count() > 0`:                       false,
		`events("played").last("genre") == "jazz"`:           false,
	} {
		rule, problems := env.Compile(source, rules.Position{}, rules.ScopeSegment)
		if rule == nil {
			t.Fatal(problems)
		}
		condition, problems := rule.SQL(rules.SQLOptions{Now: time.Now()})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		plan, err := s.ExplainCount(t.Context(), condition)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(plan.Plan, "event_days"); got != want {
			t.Errorf("%s reads days: %v\n%s\n%s", source, got, plan.Statement, plan.Plan)
		}
	}
}
