package store

import (
	"context"

	"github.com/mixtapehq/mixtape/store/queries"
)

// WantMigration tells a page of a journey's runs, in the order of their ids, to go on by a version, and
// wakes them, below all live traffic. It returns the last one's id and how many there were. Of a
// version that new runs do not get any more, there are none.
func (s *Store) WantMigration(ctx context.Context, journey, version, after string, most int) (last string, n int, err error) {
	last = after
	err = s.inTx(ctx, func(t *Tx) error {
		rows, err := t.q.InFlight(ctx, queries.InFlightParams{Journey: journey, Version: version, After: after, Most: int32(most)})
		if err != nil || len(rows) == 0 {
			return err
		}
		runs, profiles := make([]string, len(rows)), make([]string, len(rows))
		for i, r := range rows {
			runs[i], profiles[i] = r.ID, r.ProfileID
		}
		if _, err := t.q.LockProfiles(ctx, profiles); err != nil {
			return err
		}
		told, err := t.q.WantMigration(ctx, queries.WantMigrationParams{Version: version, Ids: runs})
		if err != nil {
			return err
		}
		last, n = runs[len(runs)-1], len(runs)
		return t.later.EnqueueWakes(ctx, queries.EnqueueWakesParams{Ids: told, Why: "edited"})
	})
	return last, n, err
}

// MigrateHeldOut lets a page of the entries that a journey's version only measures be measured by
// another one, and returns how many there were.
func (s *Store) MigrateHeldOut(ctx context.Context, journey string, c *Compiled, most int) (int, error) {
	n, err := s.q.MigrateHeldOut(ctx, queries.MigrateHeldOutParams{Version: c.Version, Within: c.goalWithin(), Journey: journey, Most: int32(most)})
	return int(n), err
}

// MigrateRun writes by which version the run goes on from now.
func (t *Tx) MigrateRun(ctx context.Context, r *Run) error {
	return t.later.MigrateRun(ctx, queries.MigrateRunParams{ID: r.ID, Version: r.Version, GoalUntil: orNull(r.GoalUntil)})
}
