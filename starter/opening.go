package starter

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

// countingTime bounds the counting of all whom a publication lets in, well within that of the request.
const countingTime = 8 * time.Second

// opening is whom a publication would let in by itself: by a schedule, which nobody has to start.
type opening struct {
	LetsIn  int64 `json:"lets_in,omitempty" doc:"How many people fit now whom its schedule, or a segment whose rule changes, would let in without anything else happening. Re-entry, limits and holdout may leave out some of them."`
	Guessed bool  `json:"guessed,omitempty" doc:"lets_in cannot be counted now: the database takes too long, or the entry asks for a segment whose members are yet to be computed. It is everybody then, where there are many about so many."`
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
			n, err := s.fitting(within, c, settings, segments)
			if err := s.lets(ctx, within, settings.Unasked(), &changes[i], n, err); err != nil {
				return err
			}
		}
		for _, segment := range segments {
			if segment.Change != changeChanged || segment.Segment != c.Entry().Segment {
				continue // of a new one, nobody enters who is in it from the start
			}
			n, err := s.Store.CountJoining(within, segment.Segment, settings)
			if err := s.lets(ctx, within, settings.Unasked(), &changes[i], n, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// errUncomputed says that a rule asks for a segment whose members will be others than they are.
var errUncomputed = errors.New("a segment is yet to be computed")

// fitting counts those who fit a journey's schedule now.
func (s *server) fitting(ctx context.Context, c *store.Compiled, settings store.Settings, segments []segmentChange) (int64, error) {
	if rule := c.EntryRule(); rule != nil {
		for _, read := range rule.Reads().Segments {
			if slices.ContainsFunc(segments, func(s segmentChange) bool { return s.Segment == read && s.Change != changeArchived }) {
				return 0, errUncomputed
			}
		}
	}
	return s.Store.CountFitting(ctx, c, settings)
}

// lets adds to whom a journey lets in what was counted. Where that could not be done, everybody may fit.
func (s *server) lets(ctx, within context.Context, unasked int64, change *journeyChange, n int64, err error) error {
	late := errors.Is(err, store.ErrTooLong) || err != nil && within.Err() != nil && ctx.Err() == nil
	if late || errors.Is(err, errUncomputed) {
		change.Guessed = true
		n, err = s.Store.Everybody(ctx, unasked)
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
	words := ""
	for _, c := range changes {
		n += c.LetsIn
		if c.Guessed {
			words = ", or more, as they cannot be counted now"
		}
	}
	if n-confirmed > limit {
		return huma.Error409Conflict(fmt.Sprintf(`this lets up to %d people into journeys by itself%s; confirm it with {"confirm_entries": %d}`, n, words, n))
	}
	return nil
}
