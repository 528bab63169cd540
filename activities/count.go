package activities

import (
	"context"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
)

// count keeps for reports where the run came and which variants it drew. Runs by a clock of their own are there to look at, not
// to measure.
func (k *walk) count(ctx context.Context, a journey.Action) error {
	if err := k.tx.Reached(ctx, k.run, a.Reached); err != nil || k.run.Clock != (calendar.Clock{}) {
		return err
	}
	for _, d := range a.Drawn {
		if gate.HeldOut(k.standing.Deployment.Settings.Holdout, k.tx.Profile().ID) {
			continue // whatever was drawn, the workspace leaves them alone: they tell nothing of the variant
		}
		if err := k.tx.Assign(ctx, k.run, k.journey.Drawn(k.run, d, k.facts.Home())); err != nil {
			return err
		}
	}
	return nil
}
