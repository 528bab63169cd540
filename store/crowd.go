package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Crowd is one transaction that holds the locks of many people, and has them in hand one after the other.
type Crowd struct {
	*Tx
	people []queries.LockCrowdRow
}

// InCrowd runs fn under the locks of people of an audience, or of those that they were merged into. What
// a verdict on their entries asks is read for all of them at once. Whoever does not exist is left out.
func (s *Store) InCrowd(ctx context.Context, a *Audience, clock calendar.Clock, ids []string, fn func(*Crowd) error) error {
	return s.inCrowd(ctx, ids, func(c *Crowd, locked []string) (err error) {
		if c.ahead, err = c.lookAhead(ctx, a, clock, locked); err != nil {
			return err
		}
		return fn(c)
	})
}

// inCrowd runs fn under the locks of people, or of those that they were merged into: fn gets their ids.
func (s *Store) inCrowd(ctx context.Context, ids []string, fn func(c *Crowd, locked []string) error) error {
	for range maxMerges {
		merged := map[string]string{}
		err := s.inTx(ctx, func(t *Tx) error {
			people, err := t.q.LockCrowd(ctx, ids)
			if err != nil {
				return err
			}
			for _, p := range people {
				if p.MergedInto != nil {
					merged[p.ID] = *p.MergedInto
				}
			}
			if len(merged) > 0 { // other locks, to be had in order
				return nil
			}
			if t.now, err = t.q.CrowdClock(ctx); err != nil {
				return err
			}
			return fn(&Crowd{Tx: t, people: people}, ids)
		})
		if err != nil || len(merged) == 0 {
			return err
		}
		ids = slices.Clone(ids)
		for i, id := range ids {
			if into, ok := merged[id]; ok {
				ids[i] = into
			}
		}
	}
	return fmt.Errorf("%d people from %s on: merged too often", len(ids), ids[0])
}

// Each takes one person after the other in hand.
func (c *Crowd) Each(fn func(*Tx) error) error {
	now := c.now
	for _, p := range c.people {
		p.Now = now // as late as the last of the locks
		if err := c.hold(queries.LockProfileOfRunRow(p)); err != nil {
			return err
		}
		if err := fn(c.Tx); err != nil {
			return err
		}
	}
	return nil
}

// MoveEnrolment writes down with the entries how far an enrolment has come, as Store.MoveEnrolment does.
func (c *Crowd) MoveEnrolment(ctx context.Context, e *Enrolment, to EnrolPlace, counts EnrolCounts) error {
	return ended(c.q.MoveEnrolment(ctx, movement(e, to, counts)))
}
