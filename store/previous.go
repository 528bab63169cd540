package store

import (
	"context"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Previous is what a template may know of the last message of a channel.
type Previous = queries.PreviousMessageRow

// PreviousMessage is the last message of a channel that went to the profile; before the first one it
// is ErrNotFound.
func (t *Tx) PreviousMessage(ctx context.Context, channel string) (Previous, error) {
	p, err := t.q.PreviousMessage(ctx, queries.PreviousMessageParams{ProfileID: t.Profile().ID, Channel: channel})
	return p, notFound(err)
}
