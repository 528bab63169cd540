package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Letter is one thing that Temporal is to be told.
type Letter struct {
	ID        int64
	RunID     string
	Start     bool // else a wake
	Seq       int
	Why       string
	Attempts  int
	Journey   string
	Version   string
	ProfileID string
	Status    RunStatus // of the run, now
	RunSeq    int
	Clock     calendar.Clock
}

// Relay hands letters to deliver, live ones first, and forgets those it says were received; the
// others come again later. It returns how many there were. Who dies inside gives all of them back.
func (s *Store) Relay(ctx context.Context, most int, deliver func([]Letter) (received []int64, err error)) (int, error) {
	n := 0
	err := s.inTx(ctx, func(t *Tx) error {
		rows, err := t.q.TakeOutbox(ctx, int32(most))
		if err != nil || len(rows) == 0 {
			return err
		}
		n = len(rows)
		letters := make([]Letter, n)
		for i, r := range rows {
			letters[i] = Letter{
				ID: r.ID, RunID: r.RunID, Start: r.Kind == "start", Seq: int(r.Seq), Why: r.Why, Attempts: int(r.Attempts), Journey: r.Journey,
				Version: r.Version, ProfileID: r.ProfileID, Status: RunStatus(r.Status), RunSeq: int(r.RunSeq),
			}
			if len(r.Clock) > 0 {
				if err := json.Unmarshal(r.Clock, &letters[i].Clock); err != nil {
					return err
				}
			}
		}
		received, err := deliver(letters)
		if err != nil {
			return err
		}
		done := map[int64]bool{}
		for _, id := range received {
			done[id] = true
		}
		var postponed []int64
		for _, l := range letters {
			if !done[l.ID] {
				postponed = append(postponed, l.ID)
			}
		}
		if len(postponed) > 0 {
			if err := t.later.PostponeOutbox(ctx, postponed); err != nil {
				return err
			}
		}
		return t.later.DeleteOutbox(ctx, received)
	})
	return n, err
}

// Backlog is how many letters are due and for how many seconds the oldest has been.
func (s *Store) Backlog(ctx context.Context) (letters int64, seconds float64, err error) {
	row, err := s.q.OutboxAge(ctx)
	return row.Rows, row.Seconds, err
}

// EnqueueWakes tells many runs to look, below all live traffic.
func (s *Store) EnqueueWakes(ctx context.Context, runs []string, why string) error {
	return s.q.EnqueueWakes(ctx, queries.EnqueueWakesParams{Ids: runs, Why: why})
}

// ActiveRun is a living run as the reconciler and sweeps page through them.
type ActiveRun struct {
	ID        string
	Seq       int
	EnteredAt time.Time
}

// ActiveRuns reads living runs in the order of their ids.
func (s *Store) ActiveRuns(ctx context.Context, after string, most int) ([]ActiveRun, error) {
	rows, err := s.q.ActiveRunIDs(ctx, queries.ActiveRunIDsParams{After: after, Most: int32(most)})
	all := make([]ActiveRun, len(rows))
	for i, r := range rows {
		all[i] = ActiveRun{ID: r.ID, Seq: int(r.Seq), EnteredAt: r.EnteredAt}
	}
	return all, err
}

// PausedRuns reads runs that stand paused though nothing pauses them any more.
func (s *Store) PausedRuns(ctx context.Context, journey, after string, most int) ([]string, error) {
	rows, err := s.q.PausedRuns(ctx, queries.PausedRunsParams{Journey: journey, After: after, Most: int32(most)})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, err
}

// WaitingRuns reads runs of a journey that wait: for somebody to do something, for a moment, or with a message for its hour.
func (s *Store) WaitingRuns(ctx context.Context, journey, after string, most int) ([]string, error) {
	return s.q.WaitingRuns(ctx, queries.WaitingRunsParams{Journey: journey, After: after, Most: int32(most)})
}

// CountActive counts the living runs, and those of them whose workflow is yet to be started.
func (s *Store) CountActive(ctx context.Context) (active, unstarted int64, err error) {
	if active, err = s.q.CountActive(ctx); err != nil {
		return 0, 0, err
	}
	unstarted, err = s.q.CountUnstarted(ctx)
	return active, unstarted, err
}

// StillActive returns those of the runs that live.
func (s *Store) StillActive(ctx context.Context, ids []string) ([]ActiveRun, error) {
	rows, err := s.q.ActiveAmong(ctx, ids)
	all := make([]ActiveRun, len(rows))
	for i, r := range rows {
		all[i] = ActiveRun{ID: r.ID, Seq: int(r.Seq)}
	}
	return all, err
}

// RunIDs pages through all runs that entered since a moment and had a workflow.
func (s *Store) RunIDs(ctx context.Context, since time.Time, after string, most int) ([]string, error) {
	return s.q.RunIDs(ctx, queries.RunIDsParams{Since: since, After: after, Most: int32(most)})
}
