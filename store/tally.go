package store

import (
	"context"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Tallies are all counts of a journey, or of an experiment, by day, as of now: those not summed up yet are in them.
func (s *Store) Tallies(ctx context.Context, name string) ([]insight.Count, error) {
	rows, err := s.q.Tallies(ctx, name)
	if err != nil {
		return nil, err
	}
	all := make([]insight.Count, len(rows))
	for i, r := range rows {
		all[i] = insight.Count{Version: r.Version, Step: r.Step, Kind: r.Kind, Name: r.Name, Day: r.Day.Time, N: r.N, Sum: r.Sum, Squares: r.Squares}
	}
	return all, nil
}

// foldBite is how many differences one transaction sums up.
const foldBite = 20_000

// FoldTallies sums up what has happened since it was done last. It may be stopped anywhere, and run by several.
func (s *Store) FoldTallies(ctx context.Context) error {
	for {
		n, err := s.q.FoldTallies(ctx, foldBite)
		if err != nil || n < foldBite {
			return err
		}
	}
}

// Reached counts the steps that a run has come to.
func (t *Tx) Reached(ctx context.Context, run *Run, steps []journey.Arrival) error {
	if len(steps) == 0 {
		return nil
	}
	p := queries.AddReachedParams{Journey: run.Journey, Version: run.Version}
	for _, a := range steps {
		name := "again"
		if a.First {
			name = "first"
		}
		p.Steps, p.Names = append(p.Steps, a.Step), append(p.Names, name)
	}
	return t.later.AddReached(ctx, p)
}

// Did is what a reader did with a message.
type Did string

// What readers do.
const (
	DidOpen        Did = "opened"
	DidOpenMachine Did = "machine_opened" // nobody did: a machine
	DidClick       Did = "clicked"
	DidComplain    Did = "complained"
	DidUnsubscribe Did = "unsubscribed"
)

// MarkMessage keeps what a reader did with a message, the first time.
func (t *Tx) MarkMessage(ctx context.Context, id string, did Did) error {
	return t.later.MarkMessage(ctx, queries.MarkMessageParams{ID: id, What: string(did)})
}
