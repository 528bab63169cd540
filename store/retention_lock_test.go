package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/store"
)

// Retention takes events of days that are added up, while the people whose they are do more on these days:
// both write the sums, and neither may end as the victim of a deadlock.
func TestForgettingEventsDoesNotStandInAWritersWay(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	ctx := t.Context()
	_, err := d.Publish(ctx, store.Settings{Name: "test", Retention: map[string]string{"events": "1d"}}, nil)
	d.must(err)
	var people []string
	for i := range 6 {
		id, err := d.ProfileFor(ctx, fmt.Sprint("listener-", i), "")
		d.must(err)
		people = append(people, id)
	}
	now := time.Now().UTC()
	for round := range 8 {
		for _, id := range people {
			d.exec(`insert into events (profile_id, number, id, source, name, time, arrival)
				select $1, $2 + n, n::text, 's', case n % 2 when 0 then 'played' else 'liked' end, now(), now() - interval '3 days' from generate_series(1, 40) n`, id, 1_000_000*(round+1))
		}
		group, working := errgroup.WithContext(ctx)
		group.Go(func() error {
			_, err := d.Forget(working, now)
			return err
		})
		for _, id := range people {
			group.Go(func() error {
				for range 10 {
					err := d.InProfile(working, id, func(tx *store.Tx) error {
						return errors.Join(add(working, tx, "liked"), add(working, tx, "played"), add(working, tx, "liked"))
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	var old int
	d.must(d.Pool().QueryRow(ctx, "select count(*) from events where arrival < now() - interval '1 day'").Scan(&old))
	var wrong int
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
