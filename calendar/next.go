package calendar

import "time"

// NextHour returns the first instant after t at which the local date or hour is another.
func NextHour(t time.Time, loc *time.Location) time.Time { return nextUnit(t, loc, time.Hour) }

// NextDay returns the first instant after t at which the local date is another. That may be the
// day before, where the clocks go back over midnight.
func NextDay(t time.Time, loc *time.Location) time.Time { return nextUnit(t, loc, 24*time.Hour) }

// nextUnit looks at the unit's end by the clocks as they go now, and at each change of them on
// the way there: a change may end the unit early, or make it last longer.
func nextUnit(t time.Time, loc *time.Location, unit time.Duration) time.Time {
	now := wallOf(t, loc).Truncate(unit)
	for {
		wall := wallOf(t, loc)
		next := t.Add(wall.Truncate(unit).Add(unit).Sub(wall))
		if change, ok := nextChange(t.In(loc)); ok && !change.After(next) {
			next = change
		}
		if !wallOf(next, loc).Truncate(unit).Equal(now) {
			return next.In(loc)
		}
		t = next
	}
}
