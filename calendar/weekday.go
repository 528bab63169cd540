package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Weekdays is a set of days of the week. The empty set, in a Wait or a Window, names no day and
// so allows every one.
type Weekdays uint8

// week is the order in which days are written.
var week = [...]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// ParseWeekdays reads mon, tue, wed, thu, fri, sat and sun.
func ParseWeekdays(names []string) (Weekdays, error) {
	var days Weekdays
	for _, name := range names {
		day, ok := weekdayOf(name)
		if !ok {
			return 0, fmt.Errorf("%q is not a day of the week; write mon, tue, wed, thu, fri, sat or sun", name)
		}
		if short := shortDay(day); short != name {
			return 0, fmt.Errorf("%q is not how a day is written; write %s", name, short)
		}
		days |= 1 << day
	}
	return days, nil
}

// Has tells whether the set names the day.
func (w Weekdays) Has(day time.Weekday) bool { return w&(1<<day) != 0 }

// allows tells whether the day is named, or none is.
func (w Weekdays) allows(day time.Weekday) bool { return w == 0 || w.Has(day) }

// String lists the days from Monday on: "mon, wed".
func (w Weekdays) String() string {
	var names []string
	for _, day := range week {
		if w.Has(day) {
			names = append(names, shortDay(day))
		}
	}
	return strings.Join(names, ", ")
}

// weekdayOf understands more than may be written (Monday, MON, tues), to say what to write.
func weekdayOf(name string) (time.Weekday, bool) {
	name = strings.ToLower(name)
	for _, day := range week {
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(day.String()), name) {
			return day, true
		}
	}
	return 0, false
}

func shortDay(day time.Weekday) string { return strings.ToLower(day.String()[:3]) }
