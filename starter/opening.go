package starter

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

// countingTime bounds the counting of all whom a publication lets in, well within that of the request.
const countingTime = 8 * time.Second

// opening is whom a publication would let in by itself: by a schedule, which nobody has to start.
type opening struct {
	LetsIn  int64 `json:"lets_in,omitempty" doc:"How many people fit now whom its schedule, or a segment whose rule changes, would let in without anything else happening. Re-entry, limits and holdout may leave out some of them."`
	Guessed bool  `json:"guessed,omitempty" doc:"lets_in could not be counted in time: it is everybody."`
}

// openings says whom each journey would let in.
func (s *server) openings(ctx context.Context, settings store.Settings, versions []store.Version, changes []journeyChange, segments []segmentChange) error {
	within, cancel := context.WithTimeout(ctx, countingTime)
	defer cancel()
	for i, v := range versions {
		c, err := store.Compile(v, &settings)
		if err != nil {
			return err
		}
		opens, err := s.opens(ctx, c, settings, changes[i])
		if err != nil {
			return err
		}
		if opens {
			n, err := s.Store.CountFitting(within, c, settings)
			if err := s.lets(ctx, within, &changes[i], n, err); err != nil {
				return err
			}
		}
		for _, segment := range segments {
			if segment.Change != changeChanged || segment.Segment != c.Entry().Segment {
				continue // of a new one, nobody enters who is in it from the start
			}
			n, err := s.Store.CountJoining(within, segment.Segment, settings)
			if err := s.lets(ctx, within, &changes[i], n, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// lets adds to whom a journey lets in what was counted; what could not be counted in time is everybody.
func (s *server) lets(ctx, within context.Context, change *journeyChange, n int64, err error) error {
	if errors.Is(err, store.ErrTooLong) || err != nil && within.Err() != nil && ctx.Err() == nil {
		change.Guessed = true
		n, err = s.Store.Everybody(ctx)
	}
	change.LetsIn += n
	return err
}

// opens tells whether the journey has a schedule to come that it did not have before.
func (s *server) opens(ctx context.Context, c *store.Compiled, settings store.Settings, change journeyChange) (bool, error) {
	schedule := c.Entry().Schedule
	if schedule == nil || change.Change == changeUnchanged || schedule.NextBegin(time.Now(), settings.Zone()).IsZero() {
		return false, nil
	}
	if change.Change != changeChanged {
		return true, nil
	}
	before, err := s.Handler.Library.Compiled(ctx, change.Journey, change.Previous, nil)
	if err != nil {
		return false, err
	}
	same := reflect.DeepEqual(before.Entry().Schedule, schedule) && written(before) == written(c)
	return !same, nil
}

// written is the entry's rule in its author's words.
func written(c *store.Compiled) string {
	if rule := c.EntryRule(); rule != nil {
		return rule.String()
	}
	return ""
}

// confirmOpening wants the number of people typed back where it is large.
func confirmOpening(changes []journeyChange, limit, confirmed int64) error {
	var n int64
	for _, c := range changes {
		n += c.LetsIn
	}
	if n-confirmed > limit {
		return huma.Error409Conflict(fmt.Sprintf(`this lets up to %d people into journeys by itself; confirm it with {"confirm_entries": %d}`, n, n))
	}
	return nil
}
