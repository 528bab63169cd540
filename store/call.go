package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Call is what a call step asks of a web service, and what became of it. Secrets stand in it by name,
// between two of its marks. Headers is an object of texts; Answer is the JSON that was answered.
type Call = queries.Call

// The states of a call.
const (
	Asked    = "asked"
	Answered = "answered"
	Failed   = "failed"
)

// AddCall stores a call that is to be made, or finds the one that this step visit made before. It
// returns the call's id and state.
func (t *Tx) AddCall(ctx context.Context, c Call) (id, state string, err error) {
	row, err := t.q.InsertCall(ctx, queries.InsertCallParams{
		ID: c.ID, RunID: c.RunID, Journey: c.Journey, Version: c.Version, Step: c.Step, Visit: c.Visit, ProfileID: c.ProfileID,
		Method: c.Method, Url: c.Url, Headers: c.Headers, Body: c.Body, Mark: c.Mark, TimeoutMs: c.TimeoutMs, State: c.State, Reason: c.Reason,
	})
	return row.ID, row.State, err
}

// CallOfVisit reads the call of a run's step visit.
func (t *Tx) CallOfVisit(ctx context.Context, run string, visit int) (Call, error) {
	c, err := t.q.CallOfVisit(ctx, queries.CallOfVisitParams{RunID: run, Visit: int32(visit)})
	return c, notFound(err)
}

// BeginCall counts an attempt at a call and tells whether it may be made now, and whether services of
// the own network may be asked. It may not when it is over, or when the run has to look first.
func (s *Store) BeginCall(ctx context.Context, id string) (c Call, private, ok bool, err error) {
	row, err := s.q.BeginCall(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Call{}, false, false, nil
	}
	return row.Call, row.PrivateAddresses, err == nil, err
}

// FinishCall writes what became of a call, once. It returns false when that was written before.
func (t *Tx) FinishCall(ctx context.Context, id, state, reason string, status int, answer json.RawMessage) (bool, error) {
	n, err := t.q.FinishCall(ctx, queries.FinishCallParams{ID: id, State: state, Reason: reason, Status: int32(status), Answer: answer})
	return n == 1, err
}

// CallsOfRun reads the calls of a run in order.
func (s *Store) CallsOfRun(ctx context.Context, run string) ([]Call, error) {
	return s.q.CallsOfRun(ctx, run)
}
