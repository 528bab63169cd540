package store

import (
	"context"
	"errors"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/tracking"
)

// Whom is the person that a call concerns.
type Whom struct {
	Profile string
	// Claim says that the profile is anonymous so far and takes the call's user id.
	Claim bool
}

// PersonFor finds the person of a call, and makes one when there is none. Where its two ids turn out to
// be one person's, their profiles are merged.
func (s *Store) PersonFor(ctx context.Context, userID, anonymousID string, quietly bool) (Whom, error) {
	known := tracking.Known{}
	if userID != "" && anonymousID != "" {
		var err error
		if known, err = s.knownOf(ctx, userID, anonymousID); err != nil {
			return Whom{}, err
		}
	}
	switch tracking.WhoseIs(userID, anonymousID, known) {
	case tracking.OnlyUsers:
		anonymousID = ""
	case tracking.Claimed:
		return Whom{Profile: known.Visitor, Claim: true}, s.mayCome(ctx, userID, "")
	case tracking.Merged:
		return Whom{Profile: known.User}, s.becomeOne(ctx, known.Visitor, known.User, false, quietly)
	case tracking.TheUsers, tracking.TheVisitor:
	}
	id, err := s.ProfileFor(ctx, userID, anonymousID)
	return Whom{Profile: id}, err
}

func (s *Store) knownOf(ctx context.Context, userID, anonymousID string) (k tracking.Known, err error) {
	k.Visitor, err = s.AnonymousProfile(ctx, anonymousID)
	if errors.Is(err, ErrNotFound) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	if k.User, err = s.UserProfile(ctx, userID); err != nil && !errors.Is(err, ErrNotFound) {
		return k, err
	}
	p, err := s.Profile(ctx, k.Visitor)
	if err != nil {
		return k, err
	}
	k.VisitorUser = p.UserID
	return k, nil
}

// becomeOne makes one person of two. Whether the first is anonymous still is asked under both locks.
func (s *Store) becomeOne(ctx context.Context, from, into string, identified, quietly bool) error {
	return s.merging(ctx, from, into, quietly, func(a, b *profile.Profile) (*profile.Profile, bool) {
		if a.UserID != "" && !identified {
			return nil, false
		}
		return profile.Merge(a, b), true
	})
}

// ErrIdentified says that an earlier id is that of somebody who is identified.
var ErrIdentified = errors.New("the earlier id is an identified person's")

// Alias says that the person with an earlier id is the user. Two people who are both identified become
// one only here, and only where the caller may do that; else it is ErrIdentified. Where nobody is merged,
// the call itself is left to the caller, to write down for the one who is returned.
func (s *Store) Alias(ctx context.Context, previousID, userID string, identified, quietly bool) (Whom, error) {
	from, err := s.previous(ctx, previousID)
	if err != nil {
		return Whom{}, err
	}
	if from == nil { // nobody had that id: whoever comes with it is the user
		id, err := s.ProfileFor(ctx, userID, previousID)
		return Whom{Profile: id}, err
	}
	into, err := s.UserProfile(ctx, userID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Whom{}, err
	}
	switch {
	case from.ID == into:
		return Whom{}, nil
	case from.UserID != "" && !identified:
		return Whom{}, ErrIdentified
	case into == "" && from.UserID == "":
		return Whom{Profile: from.ID, Claim: true}, s.mayCome(ctx, userID, "")
	case into == "":
		if into, err = s.ProfileFor(ctx, userID, ""); err != nil {
			return Whom{}, err
		}
	}
	return Whom{}, s.becomeOne(ctx, from.ID, into, identified, quietly)
}

// previous finds the person whom alias calls by an earlier id, or nil. An anonymous person comes
// first: that is what the call is mostly for.
func (s *Store) previous(ctx context.Context, id string) (*profile.Profile, error) {
	var found *profile.Profile
	for _, look := range []func(context.Context, string) (string, error){s.AnonymousProfile, s.UserProfile} {
		at, err := look(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p, err := s.Profile(ctx, at)
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
