package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mixtapehq/mixtape/store"
)

func asSent() store.Ending {
	return store.Ending{State: store.Sent, ProviderID: "id", Detail: "250 ok"}
}

func (d *deployment) state(id string) string {
	d.t.Helper()
	m, err := d.Message(d.t.Context(), id)
	d.must(err)
	return m.State
}

func TestAnOutcomeAndWhatFollowsAreOneTransaction(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	c, _ := d.claim(d.message, false)
	broken := errors.New("the walk failed")
	err := d.InRunOf(t.Context(), c, asSent(), func(*store.Tx, bool) error { return broken })
	if !errors.Is(err, broken) || d.state(d.message) != store.Claimed {
		t.Errorf("after a failure (%v) the message is %s", err, d.state(d.message))
	}
	for _, first := range []bool{true, false} { // whoever comes second does not hold it any more
		d.must(d.InRunOf(t.Context(), c, asSent(), func(tx *store.Tx, held bool) error {
			if held != first || tx.Profile().ID != d.profile {
				t.Errorf("held: %v, want %v, by %s", held, first, tx.Profile().ID)
			}
			return nil
		}))
	}
	if m, err := d.Message(t.Context(), d.message); err != nil || m.State != store.Sent || m.ProviderID != "id" || m.Detail != "250 ok" {
		t.Errorf("the message stands so: %+v, %v", m, err)
	}
}

// Somebody is merged into another while the outcome of their message waits for their lock.
func TestAnOutcomeIsWrittenUnderTheLockOfWhomTheRunHasMovedTo(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	c, _ := d.claim(d.message, false)
	into, err := d.ProfileFor(t.Context(), "grace", "")
	d.must(err)
	merging, err := d.Pool().Begin(t.Context())
	d.must(err)
	defer func() { _ = merging.Rollback(context.Background()) }()
	_, err = merging.Exec(t.Context(), "update profiles set merged_into = $1 where id = $2", into, d.profile)
	d.must(err)
	_, err = merging.Exec(t.Context(), "update runs set profile_id = $1 where id = $2", into, c.RunID)
	d.must(err)

	under, done := "", make(chan error, 1)
	go func() {
		done <- d.InRunOf(context.Background(), c, asSent(), func(tx *store.Tx, held bool) error {
			if !held {
				t.Error("the claim was not held")
			}
			under = tx.Profile().ID
			return nil
		})
	}()
	for waits := false; !waits; {
		d.must(d.Pool().QueryRow(t.Context(),
			"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')").Scan(&waits))
	}
	d.must(merging.Commit(t.Context()))
	d.must(<-done)
	if under != into || d.state(d.message) != store.Sent {
		t.Errorf("it is %s, under the lock of %s, want %s", d.state(d.message), under, into)
	}
}

// A run that is over skips what it has rendered, whenever that was.
func TestWhatElseIsRenderedIsSkippedAfterAnOutcome(t *testing.T) {
	t.Parallel()
	another := func(ctx context.Context, tx *store.Tx, c store.Claim, visit int32) error {
		m := c.Message
		m.ID, m.Visit, m.State = "", visit, store.Rendered
		_, _, err := tx.AddMessage(ctx, m, store.Body{})
		return err
	}
	for name, c := range map[string]struct{ before, after, want int }{
		"nothing":             {0, 0, 0},
		"of an earlier visit": {1, 0, 1},
		"of the same moment":  {0, 1, 1},
		"of both":             {1, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			claim, _ := d.claim(d.message, false)
			add := func(ctx context.Context, tx *store.Tx, n int, visit int32) {
				for range n {
					d.must(another(ctx, tx, claim, visit))
				}
			}
			d.locked(func(ctx context.Context, tx *store.Tx) error { add(ctx, tx, c.before, 2); return nil })
			ctx := t.Context()
			d.must(d.InRunOf(ctx, claim, asSent(), func(tx *store.Tx, _ bool) error {
				add(ctx, tx, c.after, 3)
				skipped, err := tx.SkipRendered(ctx, claim.RunID, "ended")
				if len(skipped) != c.want {
					t.Errorf("%d were skipped, want %d", len(skipped), c.want)
				}
				return err
			}))
			if d.state(d.message) != store.Sent {
				t.Errorf("what was sent is %s", d.state(d.message))
			}
		})
	}
}
