package workspace

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/rules"
)

// Limits of one calendar.
const (
	maxEvents = 5_000
	maxDays   = 20_000
	// lastYear is how far events that repeat for ever are followed: a calendar is a list of days.
	lastYear = 2060
)

// calendars reads calendars/<name>.ics.
func (l *loader) calendars(zone string) map[string]rules.Calendar {
	home, ok := calendar.LoadZone(zone)
	if !ok {
		home = time.UTC
	}
	all := map[string]rules.Calendar{}
	l.folder("calendars", ".ics", func(file, name, text string) {
		all[name] = l.calendar(file, text, home)
	})
	return all
}

// calendar reads the days on which something of a calendar takes place. A day is as it is written,
// in the event's own zone; only instants in UTC have none, and get the calendar's, else home.
func (l *loader) calendar(file, text string, home *time.Location) rules.Calendar {
	r := &icsReader{zone: home, days: map[string]bool{}, replaced: map[string]map[string]bool{}}
	before := len(l.problems)
	r.fail = func(line int, format string, args ...any) {
		if len(l.problems)-before < maxComplaints {
			l.fail(file, line, 1, "%s", fmt.Sprintf(format, args...))
		}
	}
	r.read(unfold(text))
	r.expand()
	return inARow(r.days)
}

// inARow makes the calendar of a set of days.
func inARow(days map[string]bool) rules.Calendar {
	all := rules.Calendar{}
	next := ""
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if n := len(all); n > 0 && day == next {
			all[n-1].To = day
		} else {
			all = append(all, rules.Days{From: day, To: day})
		}
		d, err := time.Parse(time.DateOnly, day)
		if err == nil {
			next = d.AddDate(0, 0, 1).Format(time.DateOnly)
		}
	}
	return all
}

// icsReader gathers the events of one file, then their days.
type icsReader struct {
	fail     func(line int, format string, args ...any)
	zone     *time.Location
	events   []icsEvent
	replaced map[string]map[string]bool // by UID, the rounds that a later event replaces
	days     map[string]bool
	full     bool
}

// read goes through the components. Only events matter; time zones, alarms and to-dos are passed over.
func (r *icsReader) read(lines []contentLine) {
	if len(lines) == 0 {
		r.fail(1, "the calendar is empty; write one that begins with BEGIN:VCALENDAR")
		return
	}
	var open []contentLine
	var event *icsEvent
	for i := range lines {
		l := lines[i]
		switch {
		case !l.parse():
			r.fail(l.line, "this is no line of a calendar; write NAME:VALUE, in UTF-8")
			return
		case len(open) == 0 && (l.name != "BEGIN" || l.value != "VCALENDAR"):
			r.fail(l.line, "no calendar begins here; write BEGIN:VCALENDAR first")
			return
		case l.name == "BEGIN":
			open = append(open, l)
			if l.value == "VEVENT" && len(open) == 2 {
				event = &icsEvent{line: l.line}
			}
		case l.name == "END":
			if last := open[len(open)-1]; last.value != l.value {
				r.fail(l.line, "%s ends here, and %s of line %d is still open; write END:%s", l.value, last.value, last.line, last.value)
				return
			}
			open = open[:len(open)-1]
			if event != nil && len(open) == 1 {
				r.finish(event)
				event = nil
			}
		case event != nil && len(open) == 2:
			event.property(r, l)
		case l.name == "X-WR-TIMEZONE" && len(open) == 1:
			if zone, ok := calendar.LoadZone(l.value); ok {
				r.zone = zone
			}
		}
	}
	if len(open) > 0 {
		last := open[len(open)-1]
		r.fail(last.line, "%s is never closed; write END:%s", last.value, last.value)
	}
}

// finish takes an event that is complete.
func (r *icsReader) finish(e *icsEvent) {
	switch {
	case e.bad || e.cancelled:
		return
	case !e.start.given:
		r.fail(e.line, "this event has no DTSTART; write when it begins, such as DTSTART;VALUE=DATE:20261225")
		return
	case len(r.events) == maxEvents:
		if !r.full {
			r.fail(e.line, "the calendar has more than %d events; write those that messages need", maxEvents)
		}
		r.full = true
		return
	}
	if e.replaces != "" {
		if r.replaced[e.uid] == nil {
			r.replaced[e.uid] = map[string]bool{}
		}
		r.replaced[e.uid][e.replaces] = true
	}
	r.events = append(r.events, *e)
}

// expand puts the days of all events together, once all of them are known.
func (r *icsReader) expand() {
	for i := range r.events {
		e := &r.events[i]
		length := e.length(r)
		for _, start := range e.rounds(r) {
			if e.replaces == "" && r.replaced[e.uid][start.Format(time.DateOnly)] {
				continue
			}
			for n := range length {
				r.days[start.AddDate(0, 0, n).Format(time.DateOnly)] = true
			}
			if len(r.days) > maxDays {
				r.fail(e.line, "the calendar has more than %d days; write fewer or shorter events", maxDays)
				return
			}
		}
	}
}
