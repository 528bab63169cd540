package dispatch

import (
	"context"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// assign puts somebody who enters into the arm that the journey's holdout gives them. Whom the workspace holds out tells nothing of
// the journey and is in neither.
func (h *Handler) assign(ctx context.Context, tx Tx, c *store.Compiled, r *store.Run, dep store.Deployment, facts journey.Facts) error {
	a, measured := c.Entered(r, facts.Home())
	if !measured || gate.HeldOut(dep.Settings.Holdout, tx.Profile().ID) {
		return nil
	}
	return tx.Assign(ctx, r, a)
}
