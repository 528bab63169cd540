package starter

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

// inFlightMigrate takes the runs that are on other versions of a journey along.
const inFlightMigrate = "migrate"

// migration is where runs that stand alike go on by the version that is published.
type migration struct {
	Version string `json:"version" doc:"That they are on."`
	Step    string `json:"step" doc:"At which they stand; empty: before the first."`
	Phase   string `json:"phase"`
	Runs    int64  `json:"runs"`
	To      string `json:"to" doc:"The step with which they go on; empty, and not staying: nothing is left for them, and they end."`
	Stays   bool   `json:"stays" doc:"They go on standing at their step; its wait is computed anew from the moment they arrived there."`
}

// migrations says what a version would do to the runs in flight.
func (s *server) migrations(ctx context.Context, v store.Version) ([]migration, error) {
	counts, err := s.Store.RunCounts(ctx, v.Journey)
	if err != nil {
		return nil, err
	}
	to, err := store.Compile(v, nil)
	if err != nil {
		return nil, err
	}
	all := []migration{}
	for _, c := range counts {
		if c.Status != string(store.Active) || c.Version == v.Version {
			continue
		}
		from, err := s.Handler.Library.Compiled(ctx, c.Journey, c.Version, nil)
		if err != nil {
			return nil, err
		}
		l := to.Landing(from.Journey, c.Step)
		all = append(all, migration{Version: c.Version, Step: c.Step, Phase: c.Phase, Runs: c.Runs, To: l.Step, Stays: l.Stays})
	}
	return all, nil
}

// confirmMigration wants the number of runs typed back where it is large: shortened waits release at once.
func confirmMigration(changes []journeyChange, limit, confirmed int64) error {
	var n int64
	for _, c := range changes {
		for _, m := range c.Migrations {
			n += m.Runs
		}
	}
	if n-confirmed > limit { // what came since the number was told may be as many as go unasked
		return huma.Error409Conflict(fmt.Sprintf(`this moves %d runs to other versions of their journeys; confirm it with {"confirm": %d}`, n, n))
	}
	return nil
}

// migrate begins to take the runs in flight along: of a journey that was changed also those that entered by
// the old version just now, of others those that are there.
func (s *server) migrate(ctx context.Context, changes []journeyChange) error {
	for _, c := range changes {
		changed := c.Change == changeChanged || c.Change == changeRestored
		if !changed && len(c.Migrations) == 0 {
			continue
		}
		if err := s.Sweeper.Migrate(ctx, c.Journey, c.Version); err != nil {
			return s.apiError("all is published; taking along the runs of "+c.Journey+" is not yet begun; publish again", err)
		}
	}
	return nil
}
