package store

import (
	"context"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Pause holds a journey, or with an empty name everything, from this moment.
func (s *Store) Pause(ctx context.Context, journey string) error {
	if journey == "" {
		return s.q.PauseAll(ctx)
	}
	return found(s.q.PauseJourney(ctx, journey))
}

// Resume lifts a pause and writes down what is to become of what came due. The runs that it held go
// on when a Sweep wakes them, or something else does. It returns the choice that holds: of a pause
// that was lifted before, and whose runs may be under way, the one that was made then.
func (s *Store) Resume(ctx context.Context, in string, due journey.Due) (journey.Due, error) {
	var how string
	var err error
	if in == "" {
		how, err = s.q.ResumeAll(ctx, string(due))
	} else {
		how, err = s.q.ResumeJourney(ctx, queries.ResumeJourneyParams{Journey: in, How: string(due)})
	}
	return journey.Due(how), notFound(err)
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
