package calendar

import "time"

// widestOffset is more than any zone was ever away from UTC (Alaska's local mean time, 15h13m,
// is the record), so the instant of a wall time lies within it of the same reading in UTC.
const widestOffset = 16 * time.Hour

// Place returns the instant of a local date and time. A local time that the clocks skip becomes
// the first instant after the gap (a whole day once, in Samoa); one that comes twice means the
// first. Days and months out of range roll over, as in time.Date.
func Place(year int, month time.Month, day int, at TimeOfDay, loc *time.Location) time.Time {
	return place(time.Date(year, month, day, at.Hour, at.Minute, at.Second, 0, time.UTC), loc)
}

// place returns the instant at which the clocks of loc read what wall reads in UTC. It goes
// through the stretches between changes of the clocks, from one in which wall is still to come.
func place(wall time.Time, loc *time.Location) time.Time {
	var afterGap time.Time
	for at := wall.Add(-widestOffset).In(loc); ; {
		_, offset := at.Zone()
		instant := wall.Add(-time.Duration(offset) * time.Second)
		end, ends := nextChange(at)
		switch {
		case instant.Before(at):
			// The clocks jumped over it into this stretch. They may yet go back to it.
			if afterGap.IsZero() {
				afterGap = at
			}
		case !ends || instant.Before(end):
			return instant.In(loc)
		}
		if !ends || end.After(wall.Add(widestOffset)) {
			return afterGap
		}
		at = end
	}
}

// nextChange returns the first instant after t at which the clocks of its zone change, or begin
// another year by the same rules; false where they never do again.
func nextChange(t time.Time) (time.Time, bool) {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return t, false
	}
	// ZoneBounds takes every year beyond its tables (after 2037) for 365 days, and so ends a
	// leap year a day early: on the last day of one, its end is past.
	for !end.After(t) {
		end = end.Add(24 * time.Hour)
	}
	return end, true
}

// wallOf returns what the clocks of loc read at t, as the same reading in UTC.
func wallOf(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// date returns the midnight that begins wall's day, on the same paper calendar as wall.
func date(wall time.Time) time.Time {
	y, m, d := wall.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// addMonths moves a wall time by calendar months, clamped to the month's last day.
func addMonths(wall time.Time, months int) time.Time {
	if months == 0 {
		return wall
	}
	y, m, d := wall.Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	lastDay := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, lastDay)-1).Add(wall.Sub(date(wall)))
}
