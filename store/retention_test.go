package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/store"
)

func TestForgetTakesWhatIsOldAndNothingElse(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	ctx := t.Context()
	_, err := d.Publish(ctx, store.Settings{Name: "test", Retention: map[string]string{"events": "400d", "bodies": "10d"}}, nil)
	d.must(err)
	for _, sql := range []string{
		"insert into events (profile_id, number, id, source, name, time, arrival) select 'p', n, n::text, 's', 'played', now(), now() - n * interval '100 days' from generate_series(1, 6) n",
		"insert into seen_events (source, id, arrival) select 's', n::text, now() - n * interval '10 days' from generate_series(1, 5) n",
		"insert into message_bodies (message_id, created_at) select n::text, now() - n * interval '4 days' from generate_series(1, 5) n",
		"insert into calls (id, run_id, journey, version, step, visit, profile_id, method, url, timeout_ms, state, created_at) select n::text, 'r', 'j', 'v', 's', n, 'p', 'GET', 'u', 1, case n when 5 then 'asked' else 'answered' end, now() - n * interval '4 days' from generate_series(1, 5) n",
		"insert into entry_counts (journey, period, entries) select 'j', now() - n * interval '40 days', 1 from generate_series(1, 3) n",
		"insert into reference (id, content, created_at) select n::text, '{}', now() - n * interval '20 days' from generate_series(1, 3) n",
		"insert into segment_changes (segment, profile_id, at, entered, why) select 'vip', 'p', now() - n * interval '150 days', true, 'event' from generate_series(1, 4) n",
		"insert into enrolments (id, journey, source, state, created_at) select n::text, 'j', 'ids', case n when 1 then 'draft' when 4 then 'running' else 'done' end, now() - n * interval '150 days' from generate_series(1, 4) n",
		"insert into imports (id, kind, name, source, started_at, finished_at) select n::text, 'profiles', 'people.csv', 'import', now() - n * interval '150 days', case n when 4 then null else now() - n * interval '150 days' end from generate_series(1, 4) n",
		"insert into models (id, name, data_from, data_to, features, parameters, metrics, baseline, promoted, why, created_at) select name || n, name, now(), now(), '[]', '{}', '{}', '{}', true, '', now() - n * interval '150 days' from generate_series(1, 4) n, (values ('churn'), ('gone')) m (name) where name = 'churn' or n > 2",
		"insert into enrolment_ids (enrolment, profile_id) values ('1', 'p'), ('3', 'p'), ('4', 'p')",
		`update deployment set settings = settings || '{"reference": "3"}'`,
		"insert into decisions (at, profile_id, kind, reason) values (now() - interval '20 months', 'p', 'gate', 'now'), (now(), 'p', 'gate', 'now')",
	} {
		d.exec(sql)
	}
	now := time.Now().UTC()
	gone, err := d.Forget(ctx, now)
	d.must(err)
	want := store.Forgotten{"events": 3, "seen_events": 3, "bodies": 3, "verdicts": 0, "calls": 2, "entry_counts": 2, "reference": 1, "segment_changes": 2, "enrolments": 1, "imports": 1, "models": 3, "enrolment_ids": 2, "decisions_months": 0}
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := d.Forget(ctx, now)
	d.must(err)
	for table, n := range again {
		if n != 0 {
			t.Errorf("the second time took %d of %s", n, table)
		}
	}
	if m, err := d.Message(ctx, d.message); err != nil || m.Address != "ada@example.com" {
		t.Errorf("the address of a message whose body is kept is %q, %v", m.Address, err)
	}
	var left int
	d.must(d.Pool().QueryRow(ctx, "select count(*) from imports where id in ('1', '2', '4')").Scan(&left))
	if left != 3 {
		t.Errorf("%d imports are left, want two that are young and one that never came to its end", left)
	}
	var ledger, coming int
	d.must(d.Pool().QueryRow(ctx, "select count(*) from decisions where profile_id = 'p'").Scan(&ledger))
	d.must(d.Pool().QueryRow(ctx, "select count(*) from pg_class where relname ~ '^decisions_\\d{6}$' and relkind = 'r'").Scan(&coming))
	if ledger != 1 || coming != 3 {
		t.Errorf("the ledger has %d rows and %d months to come, want 1 and 3", ledger, coming)
	}
	// Two years later the months that were made have passed, too.
	gone, err = d.Forget(ctx, now.AddDate(2, 0, 0))
	d.must(err)
	if gone["decisions_months"] != 3 {
		t.Errorf("%d months were dropped, want 3", gone["decisions_months"])
	}
}

func TestForgetTakesMessagesAndDecisionsWhereTheWorkspaceSaysSo(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	ctx := t.Context()
	_, err := d.Publish(ctx, store.Settings{Name: "test", Retention: map[string]string{"messages": "90d", "decisions": "3mo", "segment_changes": "10d"}}, nil)
	d.must(err)
	rendered := d.render(func(*store.Message) {})
	sent := d.render(func(*store.Message) {})
	young := d.render(func(*store.Message) {})
	d.exec("update messages set created_at = now() - interval '100 days' where id = any ($1)", []string{rendered, sent})
	d.exec("update messages set state = 'sent' where id = any ($1)", []string{sent, young})
	d.exec("insert into segment_changes (segment, profile_id, at, entered, why) values ('vip', 'p', now() - interval '11 days', true, 'event'), ('vip', 'p', now(), true, 'event')")
	d.exec("insert into decisions (at, profile_id, kind, reason) values (now() - interval '5 months', 'p', 'gate', 'now'), (now() - interval '2 months', 'p', 'gate', 'now')")
	gone, err := d.Forget(ctx, time.Now().UTC())
	d.must(err)
	if gone["messages"] != 1 || gone["segment_changes"] != 1 {
		t.Errorf("%v went", gone)
	}
	for id, kept := range map[string]bool{rendered: true, sent: false, young: true} {
		if _, err := d.Message(ctx, id); (err == nil) != kept {
			t.Errorf("message %s: %v", id, err)
		}
		if _, err := d.Body(ctx, id); (err == nil) != kept {
			t.Errorf("the body of %s: %v", id, err)
		}
	}
	var ledger int
	d.must(d.Pool().QueryRow(ctx, "select count(*) from decisions where profile_id = 'p'").Scan(&ledger))
	if ledger != 1 {
		t.Errorf("%d decisions are left, want that of two months ago", ledger)
	}
}
