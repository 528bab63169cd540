package store

import (
	"context"
	"encoding/json"
	"errors"
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

// mergeAssignments makes one person's of two, after their events have become one's.
func (t *Tx) mergeAssignments(ctx context.Context, from string) error {
	into := t.profile.ID
	return errors.Join(
		t.later.FoldAssignments(ctx, queries.FoldAssignmentsParams{IntoID: into, FromID: from}),
		t.later.DropYoungerAssignments(ctx, queries.DropYoungerAssignmentsParams{IntoID: into, FromID: from}),
		t.later.RekeyAssignments(ctx, queries.RekeyAssignmentsParams{IntoID: into, FromID: from}),
		t.later.RemeasureAssignments(ctx, into),
	)
}

// Drawing is what a profile's draws go by.
type Drawing struct {
	Assigned map[string]string             // variants that it has, by step
	Weights  map[string]map[string]float64 // of bandits now, by step and variant
	Personal map[string]insight.Personal   // of those that choose for the person and have earned it
}

// Drawing reads what the locked profile's draws in a journey go by.
func (t *Tx) Drawing(ctx context.Context, journey string) (d Drawing, err error) {
	rows, err := t.q.AssignedVariants(ctx, queries.AssignedVariantsParams{ProfileID: t.profile.ID, Prefix: journey + "/"})
	if err != nil {
		return d, err
	}
	learned, err := t.q.BanditWeights(ctx, journey)
	if err != nil {
		return d, err
	}
	d = Drawing{Assigned: make(map[string]string, len(rows)), Weights: make(map[string]map[string]float64, len(learned)), Personal: map[string]insight.Personal{}}
	for _, r := range rows {
		d.Assigned[strings.TrimPrefix(r.Experiment, journey+"/")] = r.Variant
	}
	for _, b := range learned {
		var w map[string]float64
		if err := json.Unmarshal(b.Weights, &w); err != nil {
			return d, err
		}
		d.Weights[b.Step] = w
		if len(b.Personal) == 0 {
			continue
		}
		var p insight.Personal
		if err := json.Unmarshal(b.Personal, &p); err != nil {
			return d, err
		}
		if p.Earned {
			d.Personal[b.Step] = p
		}
	}
	return d, nil
}

// SaveBandit keeps by what an experiment draws from now on; personal is nil where it does not choose for the person.
func (s *Store) SaveBandit(ctx context.Context, journey, step string, weights map[string]float64, personal *insight.Personal) error {
	p := queries.SaveBanditParams{Journey: journey, Step: step, Weights: encode(weights)}
	if personal != nil {
		p.Personal = encode(personal)
	}
	return s.q.SaveBandit(ctx, p)
}

// Personal is what is known of choosing for the person in an experiment; nil: nothing.
func (s *Store) Personal(ctx context.Context, journey, step string) (*insight.Personal, error) {
	rows, err := s.q.BanditWeights(ctx, journey)
	if err != nil {
		return nil, err
	}
	for _, b := range rows {
		if b.Step == step && len(b.Personal) > 0 {
			p := &insight.Personal{}
			return p, json.Unmarshal(b.Personal, p)
		}
	}
	return nil, nil
}

// Tried are people whose outcome in an experiment is known: those who were drawn before a moment.
func (s *Store) Tried(ctx context.Context, experiment string, before time.Time, most int) ([]insight.Tried, error) {
	rows, err := s.q.TriedVariants(ctx, queries.TriedVariantsParams{Experiment: experiment, Before: before, Most: int32(most)})
	if err != nil {
		return nil, err
	}
	all := make([]insight.Tried, len(rows))
	for i, r := range rows {
		all[i] = insight.Tried{Variant: r.Variant, Chance: *r.Chance, Converted: r.Converted}
		if err := json.Unmarshal(r.Context, &all[i].Context); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Silent are people who were drawn since then in an experiment and have not converted.
func (s *Store) Silent(ctx context.Context, experiment string, since time.Time) ([]insight.Silent, error) {
	rows, err := s.q.SilentVariants(ctx, queries.SilentVariantsParams{Experiment: experiment, Since: since})
	all := make([]insight.Silent, len(rows))
	for i, r := range rows {
		all[i] = insight.Silent{Arm: r.Variant, At: r.At, People: r.People}
	}
	return all, err
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
