package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Decision is a row of the ledger: what was decided for a profile and why.
type Decision struct {
	ProfileID string         `json:"profile_id"` // empty: the locked profile
	RunID     string         `json:"run_id"`
	Journey   string         `json:"journey"`
	Version   string         `json:"version"`
	Step      string         `json:"step"`
	Kind      string         `json:"kind"`              // entry, a step kind, gate, deliver, exit, goal, consent, operator
	Reason    string         `json:"reason"`            // from a closed list by kind
	Words     string         `json:"words"`             // the same for people
	Inputs    map[string]any `json:"inputs,omitempty"`  // what was looked at
	RunTime   time.Time      `json:"run_time,omitzero"` // in the run's clock, where that is not real time
}

// DecisionRow is a decision as it was stored.
type DecisionRow = queries.Decision

// Refusal counts what was refused again and again.
type Refusal = queries.Refusal

// Decide writes to the ledger, when the transaction commits.
func (t *Tx) Decide(_ context.Context, d Decision) error {
	if d.ProfileID == "" {
		d.ProfileID = t.profile.ID
	}
	if t.profile.Erased { // that it was decided, and why, but of nobody
		d.Words, d.Inputs = "", nil
	}
	t.decided = append(t.decided, d)
	return nil
}

// CountRefusal counts a refusal that may come with every event, in one row.
func (t *Tx) CountRefusal(ctx context.Context, journey, reason string) error {
	return t.later.CountRefusal(ctx, queries.CountRefusalParams{ProfileID: t.profile.ID, Journey: journey, Reason: reason})
}

// Verdict gives the verdict on the entry of an event, once: false when it was given before.
func (t *Tx) Verdict(ctx context.Context, number int64, journey, key, refused, run string) (bool, error) {
	v := queries.InsertVerdictParams{ProfileID: t.profile.ID, Number: number, Journey: journey, Key: key, Refused: refused, RunID: run}
	if h := t.ahead; h != nil && journey == h.journey { // a crowd enters by events of this transaction
		return true, t.later.KeepVerdict(ctx, queries.KeepVerdictParams(v))
	}
	_, err := t.q.InsertVerdict(ctx, v)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// DecisionsOfProfile reads the newest decisions about a profile, newest first.
func (s *Store) DecisionsOfProfile(ctx context.Context, id string, most int) ([]DecisionRow, error) {
	return s.q.DecisionsOfProfile(ctx, queries.DecisionsOfProfileParams{ProfileID: id, Limit: int32(most)})
}

// DecisionsOfRun reads the decisions of a run in order.
func (s *Store) DecisionsOfRun(ctx context.Context, id string, most int) ([]DecisionRow, error) {
	return s.q.DecisionsOfRun(ctx, queries.DecisionsOfRunParams{RunID: id, Limit: int32(most)})
}

// RefusalsOfProfile reads what was refused to a profile again and again.
func (s *Store) RefusalsOfProfile(ctx context.Context, id string) ([]Refusal, error) {
	return s.q.RefusalsOfProfile(ctx, id)
}

// RefusalCounts counts refused entries by reason, of one journey or (empty) of all.
func (s *Store) RefusalCounts(ctx context.Context, journey string) (map[string]int64, error) {
	counts := map[string]int64{}
	repeated, err := s.q.RefusalCounts(ctx, journey)
	if err != nil {
		return nil, err
	}
	for _, r := range repeated {
		counts[r.Reason] += r.N
	}
	given, err := s.q.VerdictCounts(ctx, journey)
	for _, v := range given {
		counts[v.Refused] += v.N
	}
	return counts, err
}
