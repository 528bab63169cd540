package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mixtapehq/mixtape/dev/harness"
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
			jsonb_build_object('total', n / 4.0, 'plan', 'free', 'rate', -n), date '2026-01-01' + n * interval '40 minutes', now() from generate_series(1, 250) p, generate_series(1, 19 + p % 9) n`)
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

// Whoever forgets an event does not hold the person's lock. The day becomes busy meanwhile, and its row tells of what is left.
func TestADayThatBecomesBusyWhileAnEventIsForgotten(t *testing.T) {
	t.Parallel()
	s := open(t)
	exec := func(on interface {
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	}, sql string, args ...any) {
		t.Helper()
		if _, err := on.Exec(t.Context(), sql, args...); err != nil {
			t.Error(err)
		}
	}
	begin := func() pgx.Tx {
		t.Helper()
		tx, err := s.Pool().Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		return tx
	}
	const (
		add    = `insert into events (profile_id, number, id, source, name, time, arrival) select $1, n, n::text, 's', 'played', date '2026-01-01' + n * interval '1 minute', now() from generate_series($2::integer, $3::integer) n`
		forget = `delete from events where profile_id = $1 and number = 3`
	)
	for id, order := range map[string][2]string{"forgotten first": {forget, add}, "added first": {add, forget}} {
		exec(s.Pool(), "insert into profiles (id) values ($1)", id)
		exec(s.Pool(), add, id, 1, 7)
		args := func(sql string) []any {
			if sql == add {
				return []any{id, 8, 8}
			}
			return []any{id}
		}
		first, second := begin(), begin()
		exec(first, order[0], args(order[0])...)
		var pid uint32
		if err := second.QueryRow(t.Context(), "select pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			exec(second, order[1], args(order[1])...)
		}()
		for waits := false; !waits; {
			if err := s.Pool().QueryRow(t.Context(), "select exists (select from pg_locks where pid = $1 and not granted)", pid).Scan(&waits); err != nil {
				t.Fatal(err)
			}
			select {
			case <-done:
				t.Fatalf("%s: the second did not wait for the first", id)
			default:
			}
		}
		if err := first.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-done
		if err := second.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := s.Pool().QueryRow(t.Context(), "select count(*) from event_days where profile_id = $1", id).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows != 0 {
			t.Errorf("%s: a day of seven events has a row", id)
		}
	}
}

// A day that is not whole within what is wanted is not added up, whatever the windows say.
func TestADayThatHistoryBeginsIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	id, err := s.ProfileFor(t.Context(), "ada", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pool().Exec(t.Context(), `insert into events (profile_id, number, id, source, name, time, arrival)
		select $1, n, n::text, 's', 'played', timestamptz '2026-01-01 00:00Z' + n * interval '2 hours', now() from generate_series(0, 29) n`, id); err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC)
	err = s.InProfile(t.Context(), id, func(tx *store.Tx) error {
		past, err := tx.History(t.Context(), []store.Want{{Name: "played", Since: since, DaysUpTo: store.Everything, DaysBy: since.AddDate(1, 0, 0)}})
		if days, events := past.Days["played"], past.Events["played"]; len(days) != 1 || days[0].Count != 12 || len(events) != 5+6 || events[0].Number != 7 || events[5].Number != 24 {
			t.Errorf("days %v, events %v", days, events)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
