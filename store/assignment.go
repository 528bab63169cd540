package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store/queries"
)

// The variants of a journey's holdout.
const (
	Treated    = "treated"
	HeldOutArm = "held_out"
)

// Assignment puts a person into an arm of an experiment, for ever: the first one stays.
type Assignment struct {
	Experiment string // <journey>: its holdout; <journey>/<step>; imported/<name>
	Variant    string
	Chance     float64        // with which it was drawn; 0: not known
	Context    map[string]any // what it was drawn by, of a variant chosen for the person
	Metric     string         // the event that counts; empty: the goal of the run
	Until      time.Time      // real time; what happens later is not on its account; zero: anything is
	Counted    []string       // events by which it is measured what they did before
	Property   string         // of these, that is summed up; empty: they are counted
}

// Assign keeps an assignment of the locked profile, in a run.
func (t *Tx) Assign(ctx context.Context, run *Run, a Assignment) error {
	p := queries.AddAssignmentParams{
		Experiment: a.Experiment, ProfileID: t.profile.ID, Version: run.Version, Variant: a.Variant, Chance: orNull(a.Chance), RunID: run.ID, Metric: a.Metric,
		Moment: t.now, Until: orNull(a.Until), Property: a.Property, Counted: a.Counted,
	}
	if a.Context != nil {
		p.Context = encode(a.Context)
	}
	if p.Counted == nil {
		p.Counted = []string{}
	}
	return t.later.AddAssignment(ctx, p)
}

// Draws are the variants that the locked profile has in a journey's experiments, and by what its bandits draw now: by step.
func (t *Tx) Draws(ctx context.Context, journey string) (assigned map[string]string, weights map[string]map[string]float64, err error) {
	rows, err := t.q.AssignedVariants(ctx, queries.AssignedVariantsParams{ProfileID: t.profile.ID, Prefix: journey + "/"})
	if err != nil {
		return nil, nil, err
	}
	learned, err := t.q.BanditWeights(ctx, journey)
	if err != nil {
		return nil, nil, err
	}
	assigned, weights = make(map[string]string, len(rows)), make(map[string]map[string]float64, len(learned))
	for _, r := range rows {
		assigned[strings.TrimPrefix(r.Experiment, journey+"/")] = r.Variant
	}
	for _, b := range learned {
		var w map[string]float64
		if err := json.Unmarshal(b.Weights, &w); err != nil {
			return nil, nil, err
		}
		weights[b.Step] = w
	}
	return assigned, weights, nil
}

// SaveBandit keeps by what an experiment draws from now on.
func (s *Store) SaveBandit(ctx context.Context, journey, step string, weights map[string]float64) error {
	return s.q.SaveBandit(ctx, queries.SaveBanditParams{Journey: journey, Step: step, Weights: encode(weights)})
}

// Experiments are the names under which people were assigned.
func (s *Store) Experiments(ctx context.Context) ([]string, error) { return s.q.Experiments(ctx) }

// Arms are the arms of an experiment, in the order of their names.
func (s *Store) Arms(ctx context.Context, experiment string) ([]insight.Arm, error) {
	tallies, err := s.Tallies(ctx, experiment)
	if err != nil {
		return nil, err
	}
	return insight.Arms(tallies), nil
}
