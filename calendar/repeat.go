package calendar

import (
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

// Repeat is a series of moments: every so often, on certain weekdays, or by a recurrence rule of
// RFC 5545.
type Repeat struct {
	// Every is the distance. Without At a day is 24 hours; with At days, weeks and months move the
	// local date. Months count from the first moment and are clamped to the month's end. Beside On
	// it counts weeks; zero is every week.
	Every Duration
	At    *TimeOfDay // the local time of day; nil keeps that of the arrival
	On    Weekdays   // a moment on each of these days
	Rule  *Rule      // instead of Every and On
}

// Rule is a recurrence rule, which counts local dates: it skips those that a month does not have.
type Rule struct {
	text    string
	options rrule.ROption
}

// ParseRule reads FREQ=MONTHLY;BYMONTHDAY=31 and the like, without a start of its own.
func ParseRule(text string) (*Rule, error) {
	o, err := rrule.StrToROption(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no recurrence rule (%w); write one such as FREQ=MONTHLY;BYMONTHDAY=-1", text, err)
	}
	if !o.Dtstart.IsZero() {
		return nil, fmt.Errorf("the rule has a start of its own; write it without DTSTART: it starts when somebody gets there")
	}
	if o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 {
		return nil, fmt.Errorf("the rule counts parts of a day; write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, and at: for the time of day")
	}
	r := &Rule{text: text, options: *o}
	o.Dtstart = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil, fmt.Errorf("%q is no recurrence rule (%w); write one such as FREQ=MONTHLY;BYMONTHDAY=-1", text, err)
	}
	// One that leaves days out may come for those who start on another day.
	if o.Interval <= 1 && rule.After(o.Dtstart, true).IsZero() {
		return nil, fmt.Errorf("no day is ever one of %q; write one such as FREQ=MONTHLY;BYMONTHDAY=-1", text)
	}
	return r, nil
}

// String is the rule as it was written.
func (r *Rule) String() string { return r.text }

// Ends tells whether the rule says when it is over.
func (r *Rule) Ends() bool { return r.options.Count > 0 || !r.options.Until.IsZero() }

// Counts tells whether the rule is over after so many moments.
func (r *Rule) Counts() bool { return r.options.Count > 0 }

// First is the first moment at or after the arrival; the arrival itself when there is nothing to wait
// for. Zero: there is none.
func (r Repeat) First(arrived time.Time, loc *time.Location) time.Time {
	switch {
	case r.Rule != nil:
		return r.byRule(arrived.In(loc), arrived, loc, func(_, t time.Time) bool { return !t.Before(arrived) })
	case r.At != nil || r.On != 0:
		return Wait{At: r.At, On: r.On}.Target(arrived, loc)
	}
	return arrived.In(loc)
}

// Next is the first moment after the last one that is not before now: what was missed is dropped.
// arrived is when the series was reached, first its first moment. Both, and last, are read by the clocks
// of their own zones: when somebody moves, the series keeps its days, and none comes twice. Zero: there
// is none.
func (r Repeat) Next(arrived, first, last, now time.Time, loc *time.Location) time.Time {
	gone, earliest := wallOf(last, last.Location()), now
	if last.After(now) {
		earliest = last
	}
	fits := func(wall, t time.Time) bool { return wall.After(gone) && t.After(last) && !t.Before(now) }
	switch {
	case r.Rule != nil:
		return r.byRule(arrived, earliest, loc, fits)
	case r.On != 0:
		return r.onDays(arrived, first, earliest, loc, fits)
	case r.At == nil: // lengths of time, which know no days
		fits = func(_, t time.Time) bool { return t.After(last) && !t.Before(now) }
	}
	return r.every(first, earliest, loc, fits)
}

// every counts from the first moment.
func (r Repeat) every(first, earliest time.Time, loc *time.Location, fits func(wall, t time.Time) bool) time.Time {
	moment := func(n int) (wall, t time.Time) {
		d := Duration{Months: r.Every.Months * n, Days: r.Every.Days * n, Clock: r.Every.Clock * time.Duration(n)}
		if r.At == nil {
			t = d.AddTo(first, loc)
			return wallOf(t, loc), t
		}
		day := date(addMonths(wallOf(first, first.Location()), d.Months)).AddDate(0, 0, d.Days)
		wall = r.At.on(day)
		return wall, place(wall, loc)
	}
	// A step is at least this long: so many are certainly over.
	step := time.Duration(r.Every.Months)*28*24*time.Hour + time.Duration(r.Every.Days)*23*time.Hour + r.Every.Clock
	longest := time.Duration(r.Every.Months)*32*24*time.Hour + time.Duration(r.Every.Days)*25*time.Hour + r.Every.Clock
	if step <= 0 {
		return time.Time{}
	}
	for n := max(1, int(earliest.Sub(first)/longest)-1); ; n++ {
		if wall, t := moment(n); fits(wall, t) {
			return t
		}
	}
}

// onDays goes through the days of the weeks that count.
func (r Repeat) onDays(arrived, first, earliest time.Time, loc *time.Location, fits func(wall, t time.Time) bool) time.Time {
	begin, came := wallOf(first, first.Location()), wallOf(arrived, arrived.Location())
	reading := came.Sub(date(came)) // not of the first moment, which may lie behind a gap
	if r.At != nil {
		reading = r.At.sinceMidnight()
	}
	monday := func(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }
	weeks := max(1, r.Every.Days/7)
	for day := date(wallOf(earliest, loc)).AddDate(0, 0, -1); ; day = day.AddDate(0, 0, 1) {
		apart := int(monday(day).Sub(monday(date(begin)))/(24*time.Hour)) / 7
		if !r.On.Has(day.Weekday()) || apart%weeks != 0 {
			continue
		}
		wall := day.Add(reading)
		// A gap may carry a time over into another day, one that is not listed.
		if t := place(wall, loc); r.On.Has(t.Weekday()) && fits(wall, t) {
			return t
		}
	}
}

// byRule expands the rule over wall time, and places what comes of it by the zone's clocks.
func (r Repeat) byRule(arrived, earliest time.Time, loc *time.Location, fits func(wall, t time.Time) bool) time.Time {
	wall := wallOf(arrived, arrived.Location())
	if r.At != nil {
		wall = r.At.on(date(wall))
	}
	o := r.Rule.options
	o.Dtstart = wall.Truncate(time.Second) // rules count whole seconds
	below := wall.Sub(o.Dtstart)
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return time.Time{} // it was read before
	}
	// A wall time and the instant that it is placed at are less than two days apart.
	for next := wallOf(earliest, loc).Add(-48 * time.Hour); ; {
		if next = rule.After(next, false); next.IsZero() {
			return time.Time{}
		}
		if t := place(next.Add(below), loc); fits(next.Add(below), t) {
			return t
		}
	}
}
