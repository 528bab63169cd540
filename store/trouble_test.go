package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/store"
)

func TestTrouble(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	counts := func(stuck, unknown int64) {
		t.Helper()
		s, u, err := d.Trouble(t.Context())
		d.must(err)
		if s != stuck || u != unknown {
			t.Errorf("%d runs are stuck and %d messages unknown, want %d and %d", s, u, stuck, unknown)
		}
	}
	counts(0, 0)
	d.render(func(m *store.Message) { m.State, m.Reason = store.Unknown, "unknown" })
	d.locked(func(ctx context.Context, tx *store.Tx) error { return tx.SetStuck(ctx, d.run.ID, "panic") })
	counts(1, 1)
	_, err := d.RetryStuck(t.Context(), "")
	d.must(err)
	counts(0, 1)
}

// Every scrape asks for them, of tables that only grow.
func TestTroubleIsCountedByAnIndex(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, statement := range []string{
		`insert into runs (id, journey, version, profile_id, origin, n, status, state, entered_at)
			select 'r' || n, 'hello', 'v', 'p' || n, 'p' || n, 1, 'active', '{}', now() from generate_series(1, 2000) n`,
		`insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state)
			select 'm' || n, 'r' || n, 'hello', 'v', 's', 1, 'p', 'email', 'smtp', 't', 'sent' from generate_series(1, 2000) n`,
		"vacuum analyze runs, messages",
	} {
		if _, err := s.Pool().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for index, query := range map[string]string{
		"runs_stuck":       "select count(*) from runs where stuck_code is not null and status = 'active'",
		"messages_unknown": "select count(*) from messages where reason = 'unknown' and state = 'unknown'",
	} {
		var plan []byte
		if err := s.Pool().QueryRow(t.Context(), "explain (format json) "+query).Scan(&plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(plan), `"`+index+`"`) {
			t.Errorf("%s is not used: %s", index, plan)
		}
	}
}

// An index that looks at the state would be written to by every claim and every outcome.
func TestNoIndexOfMessagesLooksAtTheState(t *testing.T) {
	t.Parallel()
	var names []string
	err := open(t).Pool().QueryRow(t.Context(),
		"select coalesce(array_agg(indexname::text), '{}') from pg_indexes where tablename = 'messages' and indexdef ~ '\\mstate\\M'").Scan(&names)
	if err != nil || len(names) > 0 {
		t.Errorf("%v do, %v", names, err)
	}
}
