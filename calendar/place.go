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

// place returns the instant at which the clocks of loc read what wall reads in UTC.
func place(wall time.Time, loc *time.Location) time.Time {
	var afterGap time.Time
	last := wall.Add(widestOffset)
	for at := wall.Add(-widestOffset).In(loc); ; {
		_, offset := at.Zone()
		start, end := at.ZoneBounds()
		found := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case !start.IsZero() && found.Before(start):
			// The clocks passed it by on their way into this stretch, unless an earlier or a
			// later stretch has it. The first such jump is the gap that skips it.
			if afterGap.IsZero() && skips(start, wall, loc) {
				afterGap = start
			}
		case end.IsZero() || found.Before(end):
			return found.In(loc)
		}
		if end.IsZero() || end.After(last) {
			return afterGap.In(loc)
		}
		at = end.In(loc)
	}
}

// skips tells whether the clocks jumped over wall at the given change.
func skips(change, wall time.Time, loc *time.Location) bool {
	_, before := change.Add(-1).In(loc).Zone()
	return !change.Add(time.Duration(before) * time.Second).After(wall)
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
