package store

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/store/queries"
)

// ImportedExperiment is an experiment that ran elsewhere.
type ImportedExperiment struct {
	Name     string
	Metric   string        // the event that counts
	Property string        // of the metric, that is what it is worth; empty: it is only counted
	Within   time.Duration // after the assignment
}

// ImportedAssignment is in which arm of it somebody was, and since when.
type ImportedAssignment struct {
	Variant string
	At      time.Time
	Chance  float64 // with which it was drawn; 0: not known
}

type assignedPerson struct {
	profile string
	ImportedAssignment
}

// writeAssignments keeps who was in which arm; of whom that is known already, the first stays.
func (l *lot) writeAssignments(ctx context.Context) error {
	if len(l.assigned) == 0 {
		return nil
	}
	x := l.file.Experiment
	p := queries.AddImportedAssignmentsParams{Experiment: "imported/" + x.Name, Metric: x.Metric, Property: x.Property}
	for _, a := range l.assigned {
		p.Profiles, p.Variants, p.Chances = append(p.Profiles, a.profile), append(p.Variants, a.Variant), append(p.Chances, a.Chance)
		p.Moments, p.Untils = append(p.Moments, a.At), append(p.Untils, a.At.Add(x.Within))
	}
	return l.q.AddImportedAssignments(ctx, p)
}
