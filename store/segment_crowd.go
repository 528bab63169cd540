package store

import (
	"context"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store/queries"
)

// InSweep takes some of the people in hand, one after the other, whom a sweep has yet to look at, in one
// transaction under the locks of all of them. That it has to is forgotten with what the looks have found.
// What they ask is read for all at once. Whoever does not exist any more is passed over.
func (s *Store) InSweep(ctx context.Context, w SegmentSweep, l *Library, clock calendar.Clock, ids []string, look func(*Tx) error) error {
	return s.inCrowd(ctx, ids, func(c *Crowd, locked []string) (err error) {
		if c.ahead, err = c.lookAheadAt(ctx, w.Segment, l, clock, locked); err != nil {
			return err
		}
		if err := c.Each(look); err != nil {
			return err
		}
		return c.later.SegmentWorkDone(ctx, queries.SegmentWorkDoneParams{Segment: w.Segment, Profiles: ids}) // by the names that they had when it began
	})
}

// lookAheadAt reads what looks at a segment, and at those that ask for it, want to know of many.
func (t *Tx) lookAheadAt(ctx context.Context, key string, l *Library, clock calendar.Clock, ids []string) (*ahead, error) {
	h := &ahead{wants: map[string]Want{}, active: map[string]bool{}}
	active, err := t.q.ActiveOfCrowd(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range active {
		h.active[id] = true
	}
	d, err := t.Deployment(ctx)
	if err != nil {
		return nil, err
	}
	set, err := l.Segments(ctx, &d.Settings)
	if err != nil || set == nil {
		return h, err
	}
	if part := set.Concerned(segment.Change{Keys: []string{key}}); part != nil {
		wants := Wants(journey.Needs{Events: part.Reads().Events}, Sight{Now: clock.ToVirtual(t.now), Clock: clock, UpTo: Everything})
		for _, w := range wants {
			h.wants[w.Name] = w
		}
		h.pasts, err = t.pasts(ctx, ids, wants)
	}
	return h, err
}

// inJourney tells whether the profile in hand is in a journey.
func (t *Tx) inJourney(ctx context.Context) (bool, error) {
	if h := t.ahead; h != nil && h.active != nil {
		return h.active[t.profile.ID], nil
	}
	active, err := t.q.ActiveRuns(ctx, t.profile.ID)
	return len(active) > 0, err
}
