package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Ending is what became of a claimed message.
type Ending struct {
	State      string // Sent, Skipped or Unknown
	Reason     string
	ProviderID string
	Detail     string // the provider's own words
}

// InRunOf writes what became of a claimed message and runs fn, in one transaction under the lock of
// the profile whose message it is. When the claim is no longer held nothing is written, and held is
// false.
func (s *Store) InRunOf(ctx context.Context, c Claim, e Ending, fn func(t *Tx, held bool) error) error {
	held := false
	finish := func(t *Tx, q *queries.Queries) (err error) {
		held, err = t.finish(ctx, q, c, e)
		return err
	}
	return s.inRun(ctx, c.RunID, finish, func(t *Tx) error { return fn(t, held) })
}

// Finish writes what became of a claimed message. It returns false when the claim is no longer held.
func (t *Tx) Finish(ctx context.Context, c Claim, e Ending) (held bool, err error) {
	return t.finish(ctx, t.q, c, e)
}

func (t *Tx) finish(ctx context.Context, q *queries.Queries, c Claim, e Ending) (held bool, err error) {
	t.waiting, err = q.FinishMessage(ctx, queries.FinishMessageParams{
		ID: c.ID, Attempt: c.Attempt, State: e.State, Reason: e.Reason, ProviderID: e.ProviderID, Detail: e.Detail,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m := c.Message
	m.State, m.Reason, m.ProviderID, m.Detail, m.ClaimedUntil = e.State, e.Reason, e.ProviderID, e.Detail, nil
	t.handed = &m
	return true, nil
}
