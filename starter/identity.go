package starter

import (
	"context"
	"errors"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// person is whom a call concerns.
type person struct {
	profile string
	// claim says that the profile is anonymous so far and takes the call's user id.
	claim bool
}

// errMoved says that somebody else identified the person in the meantime: look again.
var errMoved = errors.New("the profile was identified by another call")

// resolve finds the person of a call, and makes one when there is none. A call with both ids says
// that they are one person: the anonymous profile becomes the user's, or goes into the one that the
// user has. A profile that is identified already never does so by the way: see alias.
func (s *server) resolve(ctx context.Context, userID, anonymousID string) (person, error) {
	plain := func(user, anonymous string) (person, error) {
		id, err := s.Store.ProfileFor(ctx, user, anonymous)
		return person{profile: id}, err
	}
	if userID == "" || anonymousID == "" {
		return plain(userID, anonymousID)
	}
	anonymous, err := s.Store.AnonymousProfile(ctx, anonymousID)
	if errors.Is(err, store.ErrNotFound) {
		return plain(userID, anonymousID)
	}
	if err != nil {
		return person{}, err
	}
	known, err := s.Store.UserProfile(ctx, userID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return person{}, err
	}
	if known == anonymous {
		return person{profile: known}, nil
	}
	p, err := s.Store.Profile(ctx, anonymous)
	switch {
	case err != nil:
		return person{}, err
	case p.UserID != "": // a device that several people use: the id stays with whom it is
		return plain(userID, "")
	case known == "":
		return person{profile: anonymous, claim: true}, nil
	}
	return person{profile: known}, s.merge(ctx, anonymous, known, false)
}

// merge makes one person of two. Whether the first is anonymous still is asked under both locks.
func (s *server) merge(ctx context.Context, from, into string, identified bool) error {
	return s.Store.Merge(ctx, from, into, func(a, b *profile.Profile) (*profile.Profile, bool) {
		if a.UserID != "" && !identified {
			return nil, false
		}
		return profile.Merge(a, b), true
	})
}

// alias says that the person with the previous id is the user. Two people who are both identified
// become one only here, and only by a server's key.
func (s *server) alias(ctx context.Context, key store.Key, c tracking.Call) ([]rejected, error) {
	from, err := s.previous(ctx, c.PreviousID)
	if err != nil {
		return nil, err
	}
	if from == nil { // nobody had that id: whoever comes with it is the user
		id, err := s.Store.ProfileFor(ctx, c.UserID, c.PreviousID)
		if err != nil {
			return nil, err
		}
		return nil, s.applyAlias(ctx, key, person{profile: id}, c)
	}
	into, err := s.Store.UserProfile(ctx, c.UserID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	switch {
	case from.ID == into:
		return nil, nil
	case from.UserID != "" && key.Kind != store.ServerKey:
		return []rejected{reject(&c, &profile.Problem{Field: "previousId", Message: "is an identified person; two identified people become one only with a server key"})}, nil
	case into == "" && from.UserID == "":
		return nil, s.applyAlias(ctx, key, person{profile: from.ID, claim: true}, c)
	case into == "":
		if into, err = s.Store.ProfileFor(ctx, c.UserID, ""); err != nil {
			return nil, err
		}
	}
	return nil, s.merge(ctx, from.ID, into, key.Kind == store.ServerKey)
}

// applyAlias writes an alias down that merges nobody: it gives an anonymous profile its user id, or says
// of whom nothing was known that there is such a person.
func (s *server) applyAlias(ctx context.Context, key store.Key, who person, c tracking.Call) error {
	return s.Store.InProfile(ctx, who.profile, func(tx *store.Tx) error {
		_, err := apply(ctx, tx, key, &c, who)
		return err
	})
}

// previous finds the person whom alias calls by an earlier id, or nil. An anonymous person comes
// first: that is what the call is mostly for.
func (s *server) previous(ctx context.Context, id string) (*profile.Profile, error) {
	var found *profile.Profile
	for _, look := range []func(context.Context, string) (string, error){s.Store.AnonymousProfile, s.Store.UserProfile} {
		at, err := look(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := s.Store.Profile(ctx, at)
		if err != nil {
			return nil, err
		}
		if found == nil || found.UserID != "" {
			found = p
		}
		if p.UserID == "" {
			break
		}
	}
	return found, nil
}
