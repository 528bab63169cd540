package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store/queries"
)

// RunStatus is whether a run lives.
type RunStatus string

// The statuses of a run.
const (
	Active  RunStatus = "active"
	Over    RunStatus = "ended"
	HeldOut RunStatus = "held_out" // an entry that is measured and never messaged: it has no workflow
)

// Run is one profile's travel through one journey version.
type Run struct {
	ID          string // <journey>/<profile>/<n>, the workflow id
	Journey     string
	Version     string
	ProfileID   string
	Key         string
	Status      RunStatus
	Overlapping bool
	Clock       calendar.Clock
	State       *journey.State
	Seq         int
	Phase       journey.Phase
	Step        string
	Why         string
	NextWakeAt  time.Time // real time; zero: none
	EnteredAt   time.Time // real time
	EndedAt     time.Time
	ExitReason  string
	GoalUntil   time.Time // real time until which its goal is looked for; zero: never
	GoalAt      time.Time
	GoalValue   *float64
	StuckCode   string
	MigrateTo   string // the version that it is told to go on by; empty: it stays on its own

	Bulk  bool          // one of many that begin together: its workflow starts behind live traffic
	Later time.Duration // of Bulk: so much later
}

// Standing is what a run finds around it when it asks for its next move.
type Standing struct {
	Paused     bool        // its journey, or everything
	Since      time.Time   // of Paused: when it began
	Lifted     time.Time   // else: when the latest pause was lifted; long ago where none ever was
	Due        journey.Due // what whoever lifted it chose for what had come due
	Deployment Deployment
	MigrateTo  *Compiled // the version that the run is told to go on by; nil: it stays on its own
}

func runOf(row queries.Run) (*Run, error) {
	r := &Run{
		ID: row.ID, Journey: row.Journey, Version: row.Version, ProfileID: row.ProfileID, Key: row.Key, Status: RunStatus(row.Status),
		Overlapping: row.Overlapping, Seq: int(row.Seq), Phase: journey.Phase(row.Phase), Step: row.Step, Why: row.Why,
		EnteredAt: row.EnteredAt, GoalValue: row.GoalValue, State: &journey.State{},
	}
	for _, f := range []struct {
		to   *time.Time
		from *time.Time
	}{{&r.NextWakeAt, row.NextWakeAt}, {&r.EndedAt, row.EndedAt}, {&r.GoalUntil, row.GoalUntil}, {&r.GoalAt, row.GoalAt}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if row.ExitReason != nil {
		r.ExitReason = *row.ExitReason
	}
	if row.StuckCode != nil {
		r.StuckCode = *row.StuckCode
	}
	if row.MigrateTo != nil {
		r.MigrateTo = *row.MigrateTo
	}
	if len(row.Clock) > 0 {
		if err := json.Unmarshal(row.Clock, &r.Clock); err != nil {
			return nil, fmt.Errorf("run %s: clock: %w", row.ID, err)
		}
	}
	if err := json.Unmarshal(row.State, r.State); err != nil {
		return nil, fmt.Errorf("run %s: state: %w", row.ID, err)
	}
	return r, nil
}

func runsOf(rows []queries.Run, err error) ([]*Run, error) {
	if err != nil {
		return nil, err
	}
	all := make([]*Run, len(rows))
	for i, row := range rows {
		if all[i], err = runOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Run reads a run and what it stands in.
func (t *Tx) Run(ctx context.Context, id string) (*Run, Standing, error) {
	row, err := t.rowOfRun(ctx, id)
	if err != nil {
		return nil, Standing{}, notFound(err)
	}
	settings, err := settingsOf(row.Settings)
	if err != nil {
		return nil, Standing{}, err
	}
	run, err := runOf(row.Run)
	return run, Standing{
		Paused: row.Paused, Since: row.PausedSince, Lifted: row.ResumedAt, Due: journey.Due(row.ResumeHow),
		Deployment: Deployment{Settings: settings, Mode: SendingMode(row.SendingMode), RedirectTo: row.RedirectTo},
	}, err
}

// rowOfRun is the row that came with the lock, the first time that it is asked for.
func (t *Tx) rowOfRun(ctx context.Context, id string) (queries.RunRow, error) {
	if row := t.run; row != nil && row.Run.ID == id {
		t.run = nil
		return *row, nil
	}
	return t.q.Run(ctx, id)
}

// Runs reads the profile's active runs in the order of their entry, and the entries, ended and
// held-out ones too, whose goal was not reached.
func (t *Tx) Runs(ctx context.Context) (active, goalOpen []*Run, err error) {
	all, err := runsOf(t.q.RunsInHand(ctx, t.profile.ID))
	for _, r := range all {
		if r.Status == Active {
			active = append(active, r)
		}
		if r.GoalAt.IsZero() && !r.GoalUntil.IsZero() {
			goalOpen = append(goalOpen, r)
		}
	}
	return active, goalOpen, err
}

// EarlierEntries tells whether a run with this key is active (one that is told to exit is not), and when the last one entered (zero: never).
func (t *Tx) EarlierEntries(ctx context.Context, journey, key string) (active bool, last time.Time, err error) {
	if h := t.ahead; h != nil && journey == h.journey {
		e := h.earlier[entries{t.profile.ID, key}]
		return e.active, e.last, nil
	}
	row, err := t.q.EarlierEntries(ctx, queries.EarlierEntriesParams{ProfileID: t.profile.ID, Journey: journey, Key: key})
	if err == nil && row.Entries > 0 {
		last = row.Last
	}
	return row.Active, last, err
}

// AddRun begins a run (its id is made here) and tells Temporal, unless it is held out.
func (t *Tx) AddRun(ctx context.Context, r *Run) error {
	n, err := t.nextN(ctx, r.Journey)
	if err != nil {
		return err
	}
	r.ID, r.ProfileID, r.EnteredAt = fmt.Sprintf("%s/%s/%d", r.Journey, t.profile.ID, n), t.profile.ID, t.now
	var clock json.RawMessage
	if r.Clock != (calendar.Clock{}) {
		clock = encode(r.Clock)
	}
	err = t.later.InsertRun(ctx, queries.InsertRunParams{
		ID: r.ID, Journey: r.Journey, Version: r.Version, ProfileID: t.profile.ID, N: n, Key: r.Key, Status: string(r.Status),
		Overlapping: r.Overlapping, Clock: clock, State: encode(r.State), Judged: r.State.Judged, EnteredAt: t.now,
		GoalUntil: orNull(r.GoalUntil),
	})
	if err != nil || r.Status == HeldOut {
		return err
	}
	if r.Bulk {
		return t.later.EnqueueStart(ctx, queries.EnqueueStartParams{RunID: r.ID, AfterMs: r.Later.Milliseconds()})
	}
	return t.later.Enqueue(ctx, queries.EnqueueParams{RunID: r.ID, Kind: "start"})
}

func (t *Tx) nextN(ctx context.Context, journey string) (int32, error) {
	if h := t.ahead; h != nil && journey == h.journey {
		h.lastN[t.profile.ID]++
		return h.lastN[t.profile.ID], nil
	}
	return t.q.NextN(ctx, queries.NextNParams{Journey: journey, Origin: t.profile.ID})
}

// SaveRun writes a run back.
func (t *Tx) SaveRun(ctx context.Context, r *Run) error {
	return t.later.SaveRun(ctx, queries.SaveRunParams{
		ID: r.ID, State: encode(r.State), Judged: r.State.Judged, ExitWanted: r.State.Exit, Seq: int32(r.Seq), Phase: string(r.Phase),
		Step: r.Step, Why: r.Why, NextWakeAt: orNull(r.NextWakeAt), Status: string(r.Status), EndedAt: orNull(r.EndedAt),
		ExitReason: orNull(r.ExitReason), StuckCode: orNull(r.StuckCode),
	})
}

// SetGoal counts the goal of an entry, once, and for the variants that the run has drawn.
func (t *Tx) SetGoal(ctx context.Context, run string, at time.Time, value *float64) error {
	worth := 0.0
	if value != nil {
		worth = *value
	}
	if err := t.later.ConvertByGoal(ctx, queries.ConvertByGoalParams{RunID: run, Moment: at, Value: worth}); err != nil {
		return err
	}
	return t.later.SetGoal(ctx, queries.SetGoalParams{ID: run, GoalAt: &at, GoalValue: value})
}

// Wake tells a run's workflow to look, judged against the move that it holds now.
func (t *Tx) Wake(ctx context.Context, r *Run, why string) error {
	return t.later.Enqueue(ctx, queries.EnqueueParams{RunID: r.ID, Kind: "wake", Seq: int32(r.Seq), Why: why})
}

// Move returns the stored move of a run.
func (t *Tx) Move(ctx context.Context, run string, seq int) (journey.Move, bool, error) {
	var m journey.Move
	raw, err := t.q.Move(ctx, queries.MoveParams{RunID: run, Seq: int32(seq)})
	if errors.Is(err, pgx.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	return m, true, json.Unmarshal(raw, &m)
}

// AddMove stores what a run was told, with the cause. The moves of a run go when it ends.
func (t *Tx) AddMove(ctx context.Context, run string, m journey.Move, c journey.Cause) error {
	if m.Kind == journey.MoveEnd {
		return t.later.DeleteMoves(ctx, run)
	}
	return t.later.InsertMove(ctx, queries.InsertMoveParams{RunID: run, Seq: int32(m.Seq), Move: encode(m), Cause: encode(c)})
}

func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// SetStuck marks a run that cannot be walked.
func (t *Tx) SetStuck(ctx context.Context, run, code string) error {
	return t.later.SetStuck(ctx, queries.SetStuckParams{ID: run, Code: code})
}

// RunRow is a run as it is stored.
type RunRow = queries.Run

// RunsOfProfile reads a profile's newest runs, newest first.
func (s *Store) RunsOfProfile(ctx context.Context, profileID string, most int) ([]RunRow, error) {
	return s.q.RunsOfProfile(ctx, queries.RunsOfProfileParams{ProfileID: profileID, Limit: int32(most)})
}
