package starter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An old event tells of the person and starts nothing; one of a clock in the future counts as now.
func TestLateAndFutureEvents(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	for who, at := range map[string]time.Duration{"late": -21 * 24 * time.Hour, "early": 21 * 24 * time.Hour} {
		d.good("identify", fmt.Sprintf(`{"userId": %q, "traits": {"plan": "free"}, "timestamp": %q}`, who, stamp(at)))
		d.good("track", fmt.Sprintf(`{"userId": %q, "event": "signed_up", "timestamp": %q}`, who, stamp(at)))
	}
	d.judge()
	got := map[string]string{}
	for _, who := range []string{"late", "early"} {
		p := d.person(who)
		if p.Attributes["plan"] != "free" {
			t.Errorf("nothing was learnt of %s: %v", who, p.Attributes)
		}
		rows, err := d.store.DecisionsOfProfile(t.Context(), p.ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got[who] += r.Reason
		}
	}
	if diff := cmp.Diff(map[string]string{"late": "stale", "early": "entered"}, got); diff != "" {
		t.Error(diff)
	}
}

// Should the database refuse a value that passed all checks, only its item is lost, and named.
func TestWhatTheDatabaseRefusesCostsOnlyItself(t *testing.T) {
	t.Parallel()
	d := open(t)
	_, err := d.store.Pool().Exec(t.Context(), `
		create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '22000'; end $$;
		create trigger refuse before insert on events for each row when (new.name = 'boom') execute function refuse();`)
	if err != nil {
		t.Fatal(err)
	}
	bad := d.call(d.server, "batch", `{"batch": [{"type": "track", "userId": "ada", "event": "one", "messageId": "1"},
		{"type": "track", "userId": "ada", "event": "boom", "messageId": "2"}, {"type": "track", "userId": "ada", "event": "two", "messageId": "3"}]}`).rejected(t)
	if len(bad) != 1 || bad[0].MessageID != "2" {
		t.Errorf("rejected %+v", bad)
	}
	if diff := cmp.Diff([]string{"one", "two"}, d.names("ada")); diff != "" {
		t.Error(diff)
	}
}

// Somebody who holds a person's lock delays what comes for them; it is not lost.
func TestALockedPerson(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("track", `{"userId": "ada", "event": "one"}`)
	tx, err := d.store.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select 1 from profiles where user_id = 'ada' for update"); err != nil {
		t.Fatal(err)
	}
	done := make(chan reply, 1)
	go func() { done <- d.call(d.server, "track", `{"userId": "ada", "event": "two"}`) }()
	await(t, func() bool {
		return d.count("select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())") > 0 ||
			d.count("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0
	})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.status != 200 {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"one", "two"}, d.names("ada")); diff != "" {
		t.Error(diff)
	}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
