package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// ScheduleRow is a journey's schedule that Temporal keeps for us.
type ScheduleRow = queries.Schedule

// Schedules reads all of them.
func (s *Store) Schedules(ctx context.Context) ([]ScheduleRow, error) { return s.q.Schedules(ctx) }

// SaveSchedule writes down a journey's schedule, and returns since when it is as it is.
func (s *Store) SaveSchedule(ctx context.Context, journey, definition string) (time.Time, error) {
	since, err := s.q.SaveSchedule(ctx, queries.SaveScheduleParams{Journey: journey, Definition: definition})
	return since, notFound(err)
}

// ScheduledSince tells since when a journey's schedule is as it is.
func (s *Store) ScheduledSince(ctx context.Context, journey string) (time.Time, error) {
	since, err := s.q.ScheduledSince(ctx, journey)
	return since, notFound(err)
}

// DeleteSchedule forgets a journey's schedule.
func (s *Store) DeleteSchedule(ctx context.Context, journey string) error {
	return s.q.DeleteSchedule(ctx, journey)
}

// OccurrencesSince reads which occurrences of a journey's schedule came to something.
func (s *Store) OccurrencesSince(ctx context.Context, journey string, since time.Time) ([]time.Time, error) {
	return s.q.OccurrencesSince(ctx, queries.OccurrencesSinceParams{Journey: journey, Since: since})
}

// ZonesPresent returns those of the zones in which somebody lives.
func (s *Store) ZonesPresent(ctx context.Context, zones []string) ([]string, error) {
	return s.q.ZonesPresent(ctx, zones)
}

// NextZone is the next of the time zones that profiles have, whether one of that name exists or not;
// false: there is no other. The zone of those who have none is "".
func (s *Store) NextZone(ctx context.Context, after string) (zone string, ok bool, err error) {
	zone, err = s.q.NextZone(ctx, after)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return zone, err == nil, err
}
