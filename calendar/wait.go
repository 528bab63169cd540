package calendar

import "time"

// Wait is how long a step waits from the moment it is reached.
type Wait struct {
	For Duration
	At  *TimeOfDay // the local time of day to end at; nil keeps the clock time
	On  Weekdays   // the days it may end on; the empty set is every day
}

// Target returns the instant at which a wait that began at arrived is over, never before arrived.
//
// Without At and On that is For later, a day being 24 hours. With either, days, weeks and months
// move the date, and the first such local time from that date on counts: Friday 18:00 and 1d at
// 09:00 is Saturday 09:00. Hours and minutes move the instant instead: the first such local time
// at or after it. On alone keeps the clock time.
func (w Wait) Target(arrived time.Time, loc *time.Location) time.Time {
	if w.At == nil && w.On == 0 {
		return w.For.AddTo(arrived, loc)
	}
	wall := addMonths(wallOf(arrived, loc), w.For.Months).AddDate(0, 0, w.For.Days)
	moved := w.For.Months != 0 || w.For.Days != 0
	earliest := arrived
	if w.For.Clock != 0 {
		if moved {
			earliest = place(wall, loc)
		}
		earliest = earliest.Add(w.For.Clock)
		wall = wallOf(earliest, loc)
		moved = false
	}
	if w.At == nil && !moved && w.On.Has(wall.Weekday()) {
		// The clock time is that of earliest itself. Placing it anew would find its first
		// coming where it comes twice, and that may be past.
		return earliest.In(loc)
	}
	reading := wall.Sub(date(wall))
	if w.At != nil {
		reading = w.At.sinceMidnight()
	}
	return firstFrom(date(wall), reading, w.On, earliest, loc)
}

// firstFrom returns the first instant, at or after earliest, at which the clocks show the
// reading on one of the days, from the given date on.
func firstFrom(day time.Time, reading time.Duration, on Weekdays, earliest time.Time, loc *time.Location) time.Time {
	for {
		t := place(day.Add(reading), loc)
		// A gap may carry a time over into another day, one that is not listed.
		if !t.Before(earliest) && on.allows(t.Weekday()) && on.allows(day.Weekday()) {
			return t
		}
		day = day.AddDate(0, 0, 1)
	}
}

// Until is a moment told by a date: so long before or after it.
type Until struct {
	Offset Duration   // negative is before the date
	At     *TimeOfDay // the local time of day to end at; nil keeps the date's own
}

// Target returns the moment. Alone, an offset of -1d is 24 hours before the date; with At, days
// and months move the local date instead, and At is the time on that day.
func (u Until) Target(instant time.Time, loc *time.Location) time.Time {
	if u.At == nil {
		return u.Offset.AddTo(instant, loc)
	}
	wall := wallOf(instant.Add(u.Offset.Clock), loc)
	day := date(addMonths(wall, u.Offset.Months)).AddDate(0, 0, u.Offset.Days)
	return place(u.At.on(day), loc)
}
