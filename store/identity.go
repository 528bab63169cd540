package store

import (
	"context"
	"errors"
	"sort"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// ProfileFor finds the profile of a caller's user id, or else of an anonymous id, and makes it when
// there is none. With both, an anonymous id that belongs to nobody becomes the user's. Of an id that was an
// erased person's nobody is made: ErrErased.
func (s *Store) ProfileFor(ctx context.Context, userID, anonymousID string) (string, error) {
	if userID != "" {
		id, err := s.byUser(ctx, userID)
		if err != nil || anonymousID == "" {
			return id, err
		}
		return id, s.q.InsertAnonymousID(ctx, queries.InsertAnonymousIDParams{AnonymousID: anonymousID, ProfileID: id})
	}
	id, err := s.q.ProfileIDByAnonymous(ctx, anonymousID)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if err := s.mayCome(ctx, "", anonymousID); err != nil {
		return "", err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := queries.New(tx)
		made, err := q.InsertProfile(ctx, queries.InsertProfileParams{ID: NewID("p")})
		if err != nil {
			return err
		}
		if err := q.InsertAnonymousID(ctx, queries.InsertAnonymousIDParams{AnonymousID: anonymousID, ProfileID: made}); err != nil {
			return err
		}
		if id, err = q.ProfileIDByAnonymous(ctx, anonymousID); err != nil {
			return err
		}
		if id != made { // somebody was faster
			return errFaster
		}
		return nil
	})
	if errors.Is(err, errFaster) {
		err = nil
	}
	return id, err
}

var errFaster = errors.New("made by another")

func (s *Store) byUser(ctx context.Context, userID string) (string, error) {
	id, err := s.q.ProfileIDByUser(ctx, &userID)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if err := s.mayCome(ctx, userID, ""); err != nil {
		return "", err
	}
	id, err = s.q.InsertProfile(ctx, queries.InsertProfileParams{ID: NewID("p"), UserID: &userID})
	if errors.Is(err, pgx.ErrNoRows) {
		return s.q.ProfileIDByUser(ctx, &userID)
	}
	return id, err
}

// AnonymousProfile returns the profile of an anonymous id, or ErrNotFound.
func (s *Store) AnonymousProfile(ctx context.Context, anonymousID string) (string, error) {
	id, err := s.q.ProfileIDByAnonymous(ctx, anonymousID)
	return id, notFound(err)
}

// SetUserID identifies the locked profile.
func (t *Tx) SetUserID(ctx context.Context, userID string) error {
	t.profile.UserID = userID
	return t.later.SetUserID(ctx, queries.SetUserIDParams{ID: t.profile.ID, UserID: &userID})
}

// merging makes the person from become the person into: events, consents and runs go on as into's,
// under both locks in the order of their ids. decide says, under those locks, what the merged
// profile is to look like, or that there is nothing to merge. Afterwards runs look again. Quietly means
// that nobody enters a journey by a segment that they are in thereby.
func (s *Store) merging(ctx context.Context, from, into string, quietly bool, decide func(from, into *profile.Profile) (merged *profile.Profile, ok bool)) error {
	return s.inTx(ctx, func(t *Tx) error {
		ids := []string{from, into}
		sort.Strings(ids)
		locked := map[string]queries.LockProfileRow{}
		for _, id := range ids {
			row, err := t.q.LockProfile(ctx, id)
			if err != nil {
				return notFound(err)
			}
			locked[id] = row
		}
		old := locked[from]
		if from == into || old.MergedInto != nil || locked[into].MergedInto != nil || old.ErasedAt != nil || locked[into].ErasedAt != nil {
			return nil // done before, or nobody is left
		}
		anonymous, err := profileOf(queries.ProfileRow(old))
		if err != nil {
			return err
		}
		if err := t.hold(queries.LockProfileOfRunRow(locked[into])); err != nil {
			return err
		}
		merged, ok := decide(anonymous, t.profile)
		if !ok {
			return nil
		}
		t.profile = merged
		return t.merge(ctx, old, quietly)
	})
}

func (t *Tx) merge(ctx context.Context, old queries.LockProfileRow, quietly bool) error {
	into, from, shift := t.profile.ID, old.ID, t.lastNumber
	if err := t.mergeRuns(ctx, from, shift, old.Dispatched); err != nil {
		return err
	}
	err := errors.Join(
		t.later.MoveEvents(ctx, queries.MoveEventsParams{IntoID: into, FromID: from, Shift: shift, Dispatched: old.Dispatched}),
		t.later.MoveVerdicts(ctx, queries.MoveVerdictsParams{IntoID: into, FromID: from, Shift: shift}),
		t.later.MoveDecisions(ctx, queries.MoveDecisionsParams{IntoID: into, FromID: from}),
		t.later.MoveRefusals(ctx, queries.MoveRefusalsParams{IntoID: into, FromID: from}),
		t.later.DropRefusals(ctx, from),
		t.later.RekeyMessages(ctx, queries.RekeyMessagesParams{IntoID: into, FromID: from}),
		t.mergeAssignments(ctx, from),
		t.later.RekeyCalls(ctx, queries.RekeyCallsParams{IntoID: into, FromID: from}),
		t.later.MoveSegmentChanges(ctx, queries.MoveSegmentChangesParams{IntoID: into, FromID: from}),
		t.later.DropDue(ctx, from), // the merged profile is looked at by its event
		t.later.MoveAnonymousIDs(ctx, queries.MoveAnonymousIDsParams{IntoID: into, FromID: from}),
		t.later.RetireProfile(ctx, queries.RetireProfileParams{ID: from, IntoID: into}),
		t.SaveProfile(ctx),
		t.SaveComputed(ctx),
	)
	if err != nil {
		return err
	}
	t.lastNumber += old.LastNumber
	changed := t.profile.Computed.Changes()
	for name := range t.profile.Attributes {
		changed = append(changed, name)
	}
	properties := map[string]any{mergedProperty: true}
	if quietly {
		properties[quietProperty] = true
	}
	_, err = t.AddEvent(ctx, NewEvent{Changed: changed, Properties: properties})
	return err
}

// mergeRuns takes the runs over. Of two with the same journey and key the older stays; the other is
// told to exit, and counts no more.
func (t *Tx) mergeRuns(ctx context.Context, from string, shift, dispatched int64) error {
	ours, err := runsOf(t.q.ActiveRuns(ctx, t.profile.ID))
	if err != nil {
		return err
	}
	theirs, err := runsOf(t.q.ActiveRuns(ctx, from))
	if err != nil {
		return err
	}
	for _, r := range theirs {
		r.State.Renumber(shift, dispatched)
		for _, o := range ours {
			if o.Journey == r.Journey && o.Key == r.Key && !o.Overlapping && !r.Overlapping {
				younger := r
				if o.EnteredAt.After(r.EnteredAt) {
					younger = o
				}
				younger.State.Exit = journey.ReasonMerged
			}
		}
	}
	for _, r := range append(ours, theirs...) {
		err := errors.Join(
			t.SaveRun(ctx, r), t.Wake(ctx, r, journey.ReasonMerged))
		if err != nil {
			return err
		}
	}
	return t.later.RekeyRuns(ctx, queries.RekeyRunsParams{IntoID: t.profile.ID, FromID: from})
}
