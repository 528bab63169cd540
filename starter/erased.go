package starter

import (
	"context"

	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// readmit is what becomes of calls about somebody who was erased: they are taken and forgotten, so that no
// late event makes the person anew. Only an identify call with a server key that was made after the erasure
// says that the person is back, and starts from nothing.
func (s *server) readmit(ctx context.Context, key store.Key, calls []tracking.Call) ([]rejected, error) {
	at, now, err := s.Store.ErasedAt(ctx, calls[0].UserID, calls[0].AnonymousID)
	if err != nil {
		return nil, err
	}
	for i := range calls {
		if calls[i].Kind == tracking.Identify && key.Kind == store.ServerKey && calls[i].Time(now).After(at) {
			if err := s.Store.Readmit(ctx, calls[0].UserID, calls[0].AnonymousID); err != nil {
				return nil, err
			}
			return s.write(ctx, key, calls[i:])
		}
	}
	return nil, nil
}
