package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// Retention takes events of days that are added up, while the person whose they are does more on these days:
// both write the sums. Here the writer has the one sum and wants the other, and retention came in between.
func TestForgettingEventsDoesNotStandInAWritersWay(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	ctx := t.Context()
	_, err := d.Publish(ctx, store.Settings{Name: "test", Retention: map[string]string{"events": "1d"}}, nil)
	d.must(err)
	d.exec(`insert into events (profile_id, number, id, source, name, time, arrival)
		select $1, 100 + n, n::text, 's', case n % 2 when 0 then 'played' else 'liked' end, now(), now() - interval '3 days' from generate_series(1, 40) n`, d.profile)
	forgotten := make(chan error, 1)
	err = d.InProfile(ctx, d.profile, func(tx *store.Tx) error {
		if err := add(ctx, tx, "played"); err != nil {
			return err
		}
		if _, err := tx.Message(ctx, d.message); err != nil { // a read: what was gathered before it is written
			return err
		}
		go func() {
			_, err := d.Forget(ctx, time.Now())
			forgotten <- err
		}()
		d.awaitBlocked()
		return add(ctx, tx, "liked") // who has it waits for us
	})
	if err != nil {
		t.Errorf("the writer: %v", err)
	}
	if err := <-forgotten; err != nil {
		t.Errorf("retention: %v", err)
	}
	var old, wrong int
	d.must(d.Pool().QueryRow(ctx, "select count(*) from events where arrival < now() - interval '1 day'").Scan(&old))
	d.must(d.Pool().QueryRow(ctx, `select count(*) from event_days d where count <> (select count(*) from events e where e.profile_id = d.profile_id
		and e.name = d.name and days.of(e.time) = d.day)`).Scan(&wrong))
	if old != 0 || wrong != 0 {
		t.Errorf("%d old events are left, and %d days are added up wrongly", old, wrong)
	}
}

func add(ctx context.Context, tx *store.Tx, name string) error {
	_, err := tx.AddEvent(ctx, store.NewEvent{Name: name})
	return err
}

// awaitBlocked waits until somebody waits for a lock of another.
func (d *deployment) awaitBlocked() {
	d.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var n int
		d.must(d.Pool().QueryRow(d.t.Context(), "select count(*) from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0").Scan(&n))
		if n > 0 {
			return
		}
	}
	d.t.Fatal("nobody waits for anybody")
}
