package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// UserProfile returns the id of the profile that has a caller's user id, or had it before it went
// into another; else ErrNotFound.
func (s *Store) UserProfile(ctx context.Context, userID string) (string, error) {
	id, err := s.q.UserProfile(ctx, &userID)
	return id, notFound(err)
}

// RunFilter says which runs to list; what is empty matches all.
type RunFilter struct {
	Journey, Status, Phase, Step, ExitReason, Profile string

	Written bool // leaves out runs of journeys that send one template by itself
}

// Runs lists runs in the order of their ids, behind an id.
func (s *Store) Runs(ctx context.Context, f RunFilter, after string, most int) ([]*Run, error) {
	return runsOf(s.q.RunsMatching(ctx, queries.RunsMatchingParams{
		Journey: f.Journey, Status: f.Status, Phase: f.Phase, Step: f.Step, ExitReason: f.ExitReason, Profile: f.Profile, Written: f.Written, After: after, Most: int32(most),
	}))
}

// Run reads a run without its profile's lock.
func (s *Store) Run(ctx context.Context, id string) (*Run, error) {
	row, err := s.q.RunByID(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	return runOf(row)
}

// MoveRow is what a run was told, with the cause.
type MoveRow = queries.Move

// Moves reads what a living run was told so far.
func (s *Store) Moves(ctx context.Context, run string) ([]MoveRow, error) { return s.q.Moves(ctx, run) }

// CountPaused counts the runs that a pause holds, of one journey or (empty) of all.
func (s *Store) CountPaused(ctx context.Context, journey string) (int64, error) {
	return s.q.CountPaused(ctx, journey)
}

// ActiveRunsOf reads the ids of a profile's living runs of a journey.
func (s *Store) ActiveRunsOf(ctx context.Context, profile, journey string) ([]string, error) {
	return s.q.ActiveRunsOf(ctx, queries.ActiveRunsOfParams{Profile: profile, Journey: journey})
}

// VersionCount counts the living runs on a version.
type VersionCount = queries.ActiveByVersionRow

// ActiveByVersion counts living runs by journey and version.
func (s *Store) ActiveByVersion(ctx context.Context) ([]VersionCount, error) {
	return s.q.ActiveByVersion(ctx)
}

// VersionRow is a published version in a list.
type VersionRow = queries.VersionsOfRow

// VersionsOf lists the versions of a journey, newest first.
func (s *Store) VersionsOf(ctx context.Context, journey string) ([]VersionRow, error) {
	return s.q.VersionsOf(ctx, journey)
}

// RetryStuck lets runs that could not be walked try again: one, or with an empty id all. It returns
// which.
func (s *Store) RetryStuck(ctx context.Context, run string) (ids []string, err error) {
	err = s.inTx(ctx, func(t *Tx) error {
		rows, err := t.q.Unstick(ctx, run)
		if err != nil {
			return err
		}
		ids = make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		return t.later.EnqueueWakes(ctx, queries.EnqueueWakesParams{Ids: ids, Why: "retry"})
	})
	return ids, err
}

// VerdictOn returns what was decided on an event of the locked profile, such as an enrolment that
// comes again; ok is false when nothing was kept.
func (t *Tx) VerdictOn(ctx context.Context, source, id, journey string) (run, refused string, ok bool, err error) {
	row, err := t.q.VerdictOn(ctx, queries.VerdictOnParams{Profile: t.profile.ID, Source: source, ID: id, Journey: journey})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", false, nil
	}
	return row.RunID, row.Refused, err == nil, err
}

// ProfileTimes tells when a profile was made and last changed.
func (s *Store) ProfileTimes(ctx context.Context, id string) (created, updated time.Time, err error) {
	row, err := s.q.ProfileTimes(ctx, id)
	return row.CreatedAt, row.UpdatedAt, notFound(err)
}
