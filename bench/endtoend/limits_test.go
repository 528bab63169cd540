package endtoend_test

import (
	"fmt"
	"testing"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/store"
)

// limited is a journey that as many may enter as there are.
func limited(name, event string) store.Version {
	return rig.Version(`journey: `+name+`
entry: { event: `+event+`, limit: { max: 1000, per: month } }
steps:
  - { id: rest, wait: 1d }
`, nil)
}

// TestNobodyWaitsInACircleForALimit lets many people do two things, half of them in the one order and
// half in the other; each thing enters a journey with a limit, and a third one that both enter.
func TestNobodyWaitsInACircleForALimit(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
	r.Publish(tips(), limited("at-home", "came"), limited("abroad", "went"), limited("both", "[came, went]"))
	ctx := t.Context()
	const people = 60
	for i := range people {
		events := []string{"came", "went"}
		if i%2 == 1 {
			events = []string{"went", "came"}
		}
		id, err := r.Store.ProfileFor(ctx, fmt.Sprintf("listener-%d", i), "")
		if err != nil {
			t.Fatal(err)
		}
		err = r.Store.InProfile(ctx, id, func(tx *store.Tx) error {
			for _, name := range events {
				if _, err := tx.AddEvent(ctx, store.NewEvent{Name: name}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var dispatchers errgroup.Group
	for range 4 {
		d := &dispatch.Dispatcher{Store: r.Store, Handler: r.Handler, Log: zap.NewNop()}
		dispatchers.Go(func() error {
			for found := true; found; {
				var err error
				if found, err = d.Once(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := dispatchers.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range people {
		if n := len(r.Runs(fmt.Sprintf("listener-%d", i))); n != 3 {
			t.Errorf("listener %d has entered %d journeys, want 3", i, n)
		}
	}
	var failures, pending int
	err := r.Store.Pool().QueryRow(ctx, "select (select count(*) from dispatch_failures), (select count(*) from profiles where pending_since is not null)").Scan(&failures, &pending)
	if err != nil || failures+pending > 0 {
		t.Errorf("%d entries failed at first and %d people wait for their events to be judged, %v", failures, pending, err)
	}
}
