package store

import (
	"context"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Preview is a rendered message on its way to somebody who wants to see it as it arrives.
type Preview = queries.Preview

// AddPreview keeps a preview until a worker takes it, an hour at most.
func (s *Store) AddPreview(ctx context.Context, p Preview) error {
	return s.q.InsertPreview(ctx, queries.InsertPreviewParams{
		ID: p.ID, ProfileID: p.ProfileID, Channel: p.Channel, Address: p.Address, OriginallyTo: p.OriginallyTo,
		Sender: p.Sender, Subject: p.Subject, Html: p.Html, Body: p.Body,
	})
}

// TakePreview takes a preview out: whoever has it is the only one. ErrNotFound: somebody else was, or it has been forgotten.
func (s *Store) TakePreview(ctx context.Context, id string) (Preview, error) {
	p, err := s.q.TakePreview(ctx, id)
	return p, notFound(err)
}
