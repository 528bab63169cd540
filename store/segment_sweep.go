package store

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/store/queries"
)

// SegmentSweep is what a sweep over everybody does next for one segment. It is done twice: what was being
// written while the first look was taken, the second one sees.
type SegmentSweep struct {
	Segment string
	Hash    string // of the rule that it is done for
	First   bool   // else the second look
	Quiet   bool   // whoever turns out to be a member enters no journey by it
	Filled  bool   // it is known whom the sweep concerns
}

// look is the number that the two looks have in the database.
func (s SegmentSweep) look() string {
	if s.First {
		return "1"
	}
	return "2"
}

// betweenLooks is longer than any transaction takes that has not heard of a new rule.
const betweenLooks = 20 * time.Second

// NextSegmentSweep says what is to be done next, and how long that has to wait; ErrNotFound says that all
// is done.
func (s *Store) NextSegmentSweep(ctx context.Context) (SegmentSweep, time.Duration, error) {
	row, err := s.q.NextSweep(ctx)
	if err != nil {
		return SegmentSweep{}, 0, notFound(err)
	}
	sweep := SegmentSweep{Segment: row.Segment, Hash: row.Hash, First: row.First, Quiet: row.First && row.Quiet, Filled: row.Filled}
	if sweep.First {
		return sweep, 0, nil
	}
	return sweep, max(0, betweenLooks-time.Duration(row.ComputedAgo*float64(time.Second))), nil
}

// SegmentsToSweep counts the segments whose members are not computed by their rule as it is now, and
// those that are yet to be looked at once more.
func (s *Store) SegmentsToSweep(ctx context.Context) (uncomputed, unchecked int64, err error) {
	row, err := s.q.SegmentsToSweep(ctx)
	return row.Uncomputed, row.Unchecked, err
}

// SegmentWork reads some of the profiles that a sweep has yet to look at.
func (s *Store) SegmentWork(ctx context.Context, segment string, most int) ([]string, error) {
	return s.q.SegmentWork(ctx, queries.SegmentWorkParams{Segment: segment, Limit: int32(most)})
}

// FinishSegmentSweep says that a look has come to its end, unless the rule has changed since.
func (s *Store) FinishSegmentSweep(ctx context.Context, w SegmentSweep) error {
	if w.First {
		return s.q.FinishFirstLook(ctx, queries.FinishFirstLookParams{Segment: w.Segment, Hash: w.Hash})
	}
	return s.q.FinishSecondLook(ctx, queries.FinishSecondLookParams{Segment: w.Segment, Hash: w.Hash})
}
