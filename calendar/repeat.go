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
	if _, err := rrule.NewRRule(*o); err != nil {
		return nil, fmt.Errorf("%q is no recurrence rule (%w); write one such as FREQ=MONTHLY;BYMONTHDAY=-1", text, err)
	}
	return &Rule{text: text, options: *o}, nil
}

// String is the rule as it was written.
func (r *Rule) String() string { return r.text }

// Ends tells whether the rule says when it is over.
func (r *Rule) Ends() bool { return r.options.Count > 0 || !r.options.Until.IsZero() }

// First is the first moment at or after the arrival; the arrival itself when there is nothing to wait
// for. Zero: there is none.
func (r Repeat) First(arrived time.Time, loc *time.Location) time.Time {
	switch {
	case r.Rule != nil:
		return r.byRule(arrived, arrived, true, loc)
	case r.At != nil || r.On != 0:
		return Wait{At: r.At, On: r.On}.Target(arrived, loc)
	}
	return arrived.In(loc)
}

// Next is the first moment after the last one that is not before now: what was missed is dropped.
// arrived is when the series was reached, first its first moment. Zero: there is none.
func (r Repeat) Next(arrived, first, last, now time.Time, loc *time.Location) time.Time {
	earliest, inclusive := now, true
	if !last.Before(now) {
		earliest, inclusive = last, false
	}
	switch {
	case r.Rule != nil:
		return r.byRule(arrived, earliest, inclusive, loc)
	case r.On != 0:
		return r.onDays(first, earliest, inclusive, loc)
	}
	return r.every(first, earliest, inclusive, loc)
}

// every counts from the first moment.
func (r Repeat) every(first, earliest time.Time, inclusive bool, loc *time.Location) time.Time {
	moment := func(n int) time.Time {
		d := Duration{Months: r.Every.Months * n, Days: r.Every.Days * n, Clock: r.Every.Clock * time.Duration(n)}
		if r.At == nil {
			return d.AddTo(first, loc)
		}
		day := date(addMonths(wallOf(first, loc), d.Months)).AddDate(0, 0, d.Days)
		return place(r.At.on(day), loc)
	}
	// A step is at least this long: so many are certainly over.
	step := time.Duration(r.Every.Months)*28*24*time.Hour + time.Duration(r.Every.Days)*23*time.Hour + r.Every.Clock
	longest := time.Duration(r.Every.Months)*32*24*time.Hour + time.Duration(r.Every.Days)*25*time.Hour + r.Every.Clock
	if step <= 0 {
		return time.Time{}
	}
	for n := max(1, int(earliest.Sub(first)/longest)-1); ; n++ {
		if t := moment(n); t.After(earliest) || inclusive && t.Equal(earliest) {
			return t
		}
	}
}

// onDays goes through the days of the weeks that count.
func (r Repeat) onDays(first, earliest time.Time, inclusive bool, loc *time.Location) time.Time {
	begin := wallOf(first, loc)
	reading := begin.Sub(date(begin))
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
		if t := place(day.Add(reading), loc); t.After(earliest) || inclusive && t.Equal(earliest) {
			return t
		}
	}
}

// byRule expands the rule over wall time, and places what comes of it by the zone's clocks.
func (r Repeat) byRule(arrived, earliest time.Time, inclusive bool, loc *time.Location) time.Time {
	wall := wallOf(arrived, loc).Truncate(time.Second)
	if r.At != nil {
		wall = r.At.on(date(wall))
	}
	o := r.Rule.options
	o.Dtstart = wall
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return time.Time{} // it was read before
	}
	// A wall time and the instant that it is placed at are less than two days apart.
	for next := wallOf(earliest, loc).Add(-48 * time.Hour); ; {
		if next = rule.After(next, false); next.IsZero() {
			return time.Time{}
		}
		if t := place(next, loc); t.After(earliest) || inclusive && t.Equal(earliest) {
			return t
		}
	}
}
