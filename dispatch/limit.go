package dispatch

import (
	"context"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// refused is the entry verdict, and takes one of the entries that the journey's limit allows where it
// lets somebody in.
func (h *Handler) refused(ctx context.Context, tx Tx, c *store.Compiled, candidate journey.Candidate, facts journey.Facts, dep store.Deployment) (string, error) {
	limit := c.Entry().Limit
	if limit == nil {
		return c.EntryVerdict(candidate, facts), nil
	}
	period := limit.Since(facts.Now, dep.Settings.Zone())
	entered, err := tx.EntriesSince(ctx, c.Key(), period, h.Clock)
	if err != nil {
		return "", err
	}
	candidate.Full = entered >= limit.Max
	if refused := c.EntryVerdict(candidate, facts); refused != "" {
		return refused, nil
	}
	ok, err := tx.TakeEntry(ctx, c.Key(), h.Clock.ToReal(period), limit.Max)
	if err == nil && !ok { // somebody else took the last one meanwhile
		return journey.RefusedLimit, nil
	}
	return "", err
}
