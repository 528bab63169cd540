package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/mixtapehq/mixtape/calendar"
)

// lateGoals is how long after a goal's window an event that happened within it may still arrive.
const lateGoals = 7 * 24 * time.Hour

// GoalUntil is the real time until which the goal of an entry is looked for; zero: there is no goal.
// entered is in the run's clock, home the zone that its days are counted in.
func (c *Compiled) GoalUntil(entered time.Time, home *time.Location, clock calendar.Clock) time.Time {
	goal, ok := c.Goal()
	switch {
	case !ok:
		return time.Time{}
	case goal.Within == (calendar.Duration{}):
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		return clock.ToReal(goal.Within.AddTo(entered, home)).Add(lateGoals)
	}
}

// goalWithin bounds for how long after an entry its goal is looked for, whatever its zone and clock;
// not valid: there is no goal. That a goal is reached in time is asked of each event in its own right.
func (c *Compiled) goalWithin() pgtype.Interval {
	goal, ok := c.Goal()
	switch {
	case !ok:
		return pgtype.Interval{}
	case goal.Within == (calendar.Duration{}):
		return pgtype.Interval{Months: 7000 * 12, Valid: true}
	default:
		from := time.Unix(0, 0).UTC()
		length := goal.Within.AddTo(from, time.UTC).Sub(from) + 4*24*time.Hour // months differ by three days, clocks change
		return pgtype.Interval{Microseconds: (length + lateGoals).Microseconds(), Valid: true}
	}
}
