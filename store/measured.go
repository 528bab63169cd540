package store

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
)

// MetricWithin is for how long an experiment's own metric counts, where the journey has no goal whose window it could share.
const MetricWithin = 30 * 24 * time.Hour

// Entered is the assignment of an entry to the journey's holdout or to those who are treated; false: nobody is held out, or what
// is entered is by a clock of its own.
func (c *Compiled) Entered(r *Run, home *time.Location) (Assignment, bool) {
	share := c.Entry().Holdout
	if share == 0 || r.Clock != (calendar.Clock{}) {
		return Assignment{}, false
	}
	a := Assignment{Experiment: c.Key(), Variant: Treated, Chance: 1 - share}
	if r.Status == HeldOut {
		a.Variant, a.Chance = HeldOutArm, share
	}
	c.byGoal(&a, r, home)
	return a, true
}

// Drawn is the assignment of what an experiment drew.
func (c *Compiled) Drawn(r *Run, d journey.Draw, home *time.Location) Assignment {
	a := Assignment{Experiment: c.Key() + "/" + d.Step, Variant: d.Variant, Chance: d.Chance, Context: d.Context, Metric: d.Metric}
	c.byGoal(&a, r, home)
	if d.Metric == "" {
		return a
	}
	a.Counted, a.Property = []string{d.Metric}, ""
	a.Until = r.State.Now.Add(MetricWithin)
	if goal, ok := c.Goal(); ok && goal.Within != (calendar.Duration{}) {
		a.Until = goal.Within.AddTo(r.State.Now, home)
	}
	return a
}

func (c *Compiled) byGoal(a *Assignment, r *Run, home *time.Location) {
	goal, ok := c.Goal()
	if !ok {
		return
	}
	a.Counted, a.Property = goal.Events, goal.Property
	if goal.Within != (calendar.Duration{}) {
		a.Until = goal.Within.AddTo(r.State.Entered, home)
	}
}
