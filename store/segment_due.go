package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store/queries"
)

// InNextDue runs fn under the lock of the profile whose segments have been due for a look longest,
// passing over those that others hold. fn gets the segments; that they were due is forgotten with what
// it does. It returns false when there is none.
func (s *Store) InNextDue(ctx context.Context, fn func(tx *Tx, segments []string) error) (bool, error) {
	found := false
	err := s.inTx(ctx, func(t *Tx) error {
		row, err := t.q.LockNextDue(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if row.MergedInto != nil {
			return t.later.DropDue(ctx, row.ID)
		}
		if err := t.hold(queries.LockProfileOfRunRow(row)); err != nil {
			return err
		}
		segments, err := t.q.TakeDue(ctx, queries.TakeDueParams{ProfileID: row.ID, At: t.now})
		if err != nil || len(segments) == 0 { // somebody was faster
			return err
		}
		return fn(t, segments)
	})
	return found, err
}

// NextDue tells how long it is until a profile's segments are due for a look.
func (s *Store) NextDue(ctx context.Context) (time.Duration, error) {
	seconds, err := s.q.NextDue(ctx)
	return time.Duration(seconds * float64(time.Second)), err
}

// Overdue counts the looks that are late by more than a few seconds, up to a bound.
func (s *Store) Overdue(ctx context.Context) (int64, error) { return s.q.Overdue(ctx) }

// Revise looks at some segments of the locked profile, gone ones included, and those that ask for them,
// and lets dispatch know of what has flipped. Flips of quiet segments, and of those that are fresh, let
// nobody into a journey; only runs hear of them.
func (t *Tx) Revise(ctx context.Context, l *Library, keys, quiet []string, why segment.Why, clock calendar.Clock) (flipped bool, err error) {
	d, err := t.Deployment(ctx)
	if err != nil {
		return false, err
	}
	set, err := l.Segments(ctx, &d.Settings)
	if err != nil {
		return false, err
	}
	gone, err := t.leaveGone(ctx, set, keys)
	if err != nil {
		return false, err
	}
	flips, err := set.Update(ctx, t, Look{Change: segment.Change{Keys: keys}, UpTo: t.dispatched, Why: why, Zone: d.Settings.Zone(), Clock: clock})
	if err != nil {
		return false, err
	}
	flips = append(gone, flips...)
	return len(flips) > 0, t.announce(ctx, flips, append(quiet, d.FreshSegments...))
}

// leaveGone takes the profile out of those segments that there are no more.
func (t *Tx) leaveGone(ctx context.Context, set *Segments, keys []string) ([]segment.Flip, error) {
	var gone []segment.Flip
	for _, key := range keys {
		if t.profile.Segments[key] && (set == nil || !set.Has(key)) {
			t.profile.Segments[key] = false
			gone = append(gone, segment.Flip{Segment: key})
		}
	}
	return gone, t.SaveSegments(ctx, SegmentChanges{Flips: gone, Why: segment.ByRule})
}

// announce lets dispatch judge flips that no event has brought about.
func (t *Tx) announce(ctx context.Context, flips []segment.Flip, quiet []string) error {
	var loud, still []string
	for _, f := range flips {
		if f.Entered && slices.Contains(quiet, f.Segment) {
			still = append(still, f.Name())
		} else {
			loud = append(loud, f.Name())
		}
	}
	if len(loud) > 0 {
		if _, err := t.AddEvent(ctx, NewEvent{Changed: loud}); err != nil {
			return err
		}
	}
	if len(still) == 0 {
		return nil
	}
	if listens, err := t.inJourney(ctx); err != nil || !listens {
		return err
	}
	_, err := t.AddEvent(ctx, NewEvent{Changed: still, Properties: map[string]any{quietProperty: true}})
	return err
}
