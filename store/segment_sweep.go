package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

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

// RecomputeSegments lets everybody be looked at once more, as after an import. Quietly means that nobody
// enters a journey by what that finds.
func (s *Store) RecomputeSegments(ctx context.Context, quietly bool) error {
	return s.q.SweepAgain(ctx, quietly)
}

// errSweptByAnother says that somebody else finds out whom a sweep concerns.
var errSweptByAnother = errors.New("another sweep is at it")

// FillSegmentSweep finds out, in one statement, whom a sweep concerns: whoever condition is true of,
// numbered from $2; $1 is the segment. It may take as long as it likes. False says that somebody else is
// at it, or that the rule has changed since.
func (s *Store) FillSegmentSweep(ctx context.Context, w SegmentSweep, condition string, args ...any) (bool, error) {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := queries.New(tx)
		if _, err := tx.Exec(ctx, "set local statement_timeout = 0"); err != nil {
			return err
		}
		ours, err := q.TrySweepLock(ctx)
		if err == nil && !ours {
			err = errSweptByAnother
		}
		if err != nil {
			return err
		}
		if err := q.ClearSegmentWork(ctx, w.Segment); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into segment_work (segment, profile_id) select $1::text, p.id from profiles p where p.merged_into is null and ("+condition+")",
			append([]any{w.Segment}, args...)...)
		if err != nil {
			return err
		}
		n, err := q.MarkFilled(ctx, queries.MarkFilledParams{Segment: w.Segment, Hash: w.Hash, Look: w.look()})
		if err == nil && n == 0 {
			err = errSweptByAnother
		}
		return err
	})
	if errors.Is(err, errSweptByAnother) {
		return false, nil
	}
	return err == nil, err
}

// SegmentWork reads some of the profiles that a sweep has yet to look at.
func (s *Store) SegmentWork(ctx context.Context, segment string, most int) ([]string, error) {
	return s.q.SegmentWork(ctx, queries.SegmentWorkParams{Segment: segment, Limit: int32(most)})
}

// SegmentWorkDone forgets that a sweep has to look at a profile, together with what the look has found.
func (t *Tx) SegmentWorkDone(ctx context.Context, segment, profile string) error {
	return t.later.SegmentWorkDone(ctx, queries.SegmentWorkDoneParams{Segment: segment, ProfileID: profile})
}

// FinishSegmentSweep says that a look has come to its end, unless the rule has changed since.
func (s *Store) FinishSegmentSweep(ctx context.Context, w SegmentSweep) error {
	if w.First {
		return s.q.FinishFirstLook(ctx, queries.FinishFirstLookParams{Segment: w.Segment, Hash: w.Hash})
	}
	return s.q.FinishSecondLook(ctx, queries.FinishSecondLookParams{Segment: w.Segment, Hash: w.Hash})
}
