package journey

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// firstClocks is how far ahead of UTC the clocks are that come to a local time first.
const firstClocks = 14 * time.Hour

// An occurrence of a schedule by each profile's clock is one reading of the clocks, which comes to one
// zone after the other. It is told by the instant at which it begins: that of the first clocks on Earth,
// whether anybody lives by them or not. By the workspace's clock it is a single instant.

// NextBegin is when the first occurrence after t begins; zero: there is none.
func (s *Schedule) NextBegin(t time.Time, workspace *time.Location) time.Time {
	if s.Workspace {
		return s.Next(t, workspace, workspace)
	}
	reading := s.Next(t.Add(firstClocks), time.UTC, workspace)
	if reading.IsZero() {
		return reading
	}
	return reading.Add(-firstClocks)
}

// Comes is when an occurrence, told by its begin, comes to a zone; zero: its clocks pass it over, or
// there is no such occurrence.
func (s *Schedule) Comes(begin time.Time, home, workspace *time.Location) time.Time {
	if s.NextBegin(begin.Add(-time.Microsecond), workspace).Equal(begin) {
		return s.comes(begin, home, workspace)
	}
	return time.Time{}
}

func (s *Schedule) comes(begin time.Time, home, workspace *time.Location) time.Time {
	if s.Workspace {
		return begin
	}
	reading := begin.Add(firstClocks).UTC()
	if s.lengths() && s.series.Every.Months == 0 {
		return origin(nil, home).Add(reading.Sub(origin(nil, time.UTC)))
	}
	y, m, d := reading.Date()
	at := calendar.Place(y, m, d, calendar.TimeOfDay{Hour: reading.Hour(), Minute: reading.Minute(), Second: reading.Second()}, home)
	next := s.Next(at.Add(-time.Microsecond), home, workspace)
	if s.lengths() { // of months and hours, which the clocks' changes have moved
		next = s.Next(at.Add(-clockChange), home, workspace)
		if next.Sub(at).Abs() > clockChange {
			return time.Time{}
		}
		return next
	}
	if !next.Equal(at) {
		return time.Time{}
	}
	return at
}

// Begins is when the occurrence began that comes to a zone at an instant.
func (s *Schedule) Begins(at time.Time, home, workspace *time.Location) time.Time {
	if s.Workspace {
		return at
	}
	local := at.In(home)
	y, m, d := local.Date()
	reading := time.Date(y, m, d, local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	if s.lengths() {
		reading = origin(nil, time.UTC).Add(at.Sub(origin(nil, home)))
	}
	if begin := reading.Add(-firstClocks); s.Comes(begin, home, workspace).Equal(at) {
		return begin
	}
	// Behind a gap the clocks show more than they would have.
	for begin := s.NextBegin(reading.Add(-firstClocks-longestGap), workspace); !begin.IsZero(); begin = s.NextBegin(begin, workspace) {
		if comes := s.comes(begin, home, workspace); comes.Equal(at) {
			return begin
		} else if comes.After(at) {
			break
		}
	}
	return time.Time{}
}

// longestGap is more than clocks ever skip, a day's change of sides of the date line included.
const longestGap = 25 * time.Hour

// clockChange is more than clocks are ever moved by where it counts.
const clockChange = 3 * time.Hour

// lengths tells whether the series counts lengths of time, and not readings of the clocks.
func (s *Schedule) lengths() bool {
	return s.once.IsZero() && s.series.At == nil && s.series.On == 0 && s.series.Rule == nil
}

// String is the same for schedules that let people in at the same times.
func (s *Schedule) String() string {
	zone, at, rule := "profile", "", ""
	if s.Workspace {
		zone = "workspace"
	}
	if s.series.At != nil {
		at = fmt.Sprintf("%02d:%02d:%02d", s.series.At.Hour, s.series.At.Minute, s.series.At.Second)
	}
	if s.series.Rule != nil {
		rule = s.series.Rule.String()
	}
	every := s.series.Every
	return fmt.Sprintf("once %s every %dmo%dd%s on %d at %s rule %q by the %s", s.once.Format(time.DateTime), every.Months, every.Days, every.Clock, s.series.On, at, rule, zone)
}
