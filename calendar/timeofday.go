package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// TimeOfDay is a reading of a wall clock, from 00:00:00 to 23:59:59.
type TimeOfDay struct{ Hour, Minute, Second int }

var timeOfDay = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)

// ParseTimeOfDay reads 09:00 or 09:00:30.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	parts := timeOfDay.FindStringSubmatch(s)
	if parts == nil {
		return TimeOfDay{}, fmt.Errorf("%q is not a time of day; write hours and minutes from 00:00 to 23:59, such as 09:00", s)
	}
	var t TimeOfDay
	for i, field := range []*int{&t.Hour, &t.Minute, &t.Second} {
		// At most two digits, or none for absent seconds, which stay 0.
		*field, _ = strconv.Atoi(parts[i+1])
	}
	if t == (TimeOfDay{Hour: 24}) {
		return TimeOfDay{}, fmt.Errorf("%q is not a time of day; write 00:00 for midnight", s)
	}
	if t.Hour > 23 || t.Minute > 59 || t.Second > 59 {
		return TimeOfDay{}, fmt.Errorf("%q is not on the clock; write a time from 00:00 to 23:59", s)
	}
	return t, nil
}

// String returns 09:00, or 09:00:30 where there are seconds; ParseTimeOfDay reads it back.
func (t TimeOfDay) String() string {
	if t.Second != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", t.Hour, t.Minute, t.Second)
	}
	return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute)
}

// on returns the wall time at which a day's clock shows t.
func (t TimeOfDay) on(day time.Time) time.Time { return day.Add(t.sinceMidnight()) }

func (t TimeOfDay) sinceMidnight() time.Duration {
	return time.Duration(t.Hour)*time.Hour + time.Duration(t.Minute)*time.Minute + time.Duration(t.Second)*time.Second
}
