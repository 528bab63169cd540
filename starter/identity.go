package starter

import (
	"context"
	"errors"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// errMoved says that somebody else identified the person in the meantime: look again.
var errMoved = errors.New("the profile was identified by another call")

// alias says that the person with the previous id is the user.
func (s *server) alias(ctx context.Context, key store.Key, c tracking.Call) ([]rejected, error) {
	who, err := s.Store.Alias(ctx, c.PreviousID, c.UserID, key.Kind == store.ServerKey, false)
	switch {
	case errors.Is(err, store.ErrIdentified):
		return []rejected{reject(&c, &profile.Problem{Field: "previousId", Message: "is an identified person; two identified people become one only with a server key"})}, nil
	case errors.Is(err, store.ErrErased):
		return nil, nil // as what else comes late of them
	case err != nil || who.Profile == "":
		return nil, err
	}
	toConfirm, err := s.toConfirm(ctx, []tracking.Call{c})
	if err != nil {
		return nil, err
	}
	return nil, s.Store.InProfile(ctx, who.Profile, func(tx *store.Tx) error {
		_, err := s.apply(ctx, tx, key, &c, who, toConfirm)
		return err
	})
}
