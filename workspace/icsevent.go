package workspace

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/mixtapehq/mixtape/calendar"
)

// icsEvent is one VEVENT. Its times are read as walls: the clock's reading in the event's own zone,
// as if that were UTC, so that a day stays the day that is written there.
type icsEvent struct {
	line       int
	uid        string
	start, end wall
	duration   time.Duration
	repeats    contentLine // RRULE
	also, not  []time.Time // RDATE, EXDATE
	replaces   string      // the day of the round that this event stands in for
	cancelled  bool
	bad        bool // and said so
}

type wall struct {
	given bool
	line  int
	at    time.Time
	whole bool           // a date without a time
	zone  *time.Location // nil: none is named, or none that is known
}

// property reads one line of the event; what says nothing of when it takes place is passed over.
func (e *icsEvent) property(r *icsReader, l contentLine) {
	switch l.name {
	case "UID":
		e.uid = l.value
	case "STATUS":
		e.cancelled = l.value == "CANCELLED"
	case "DTSTART":
		e.start = e.wall(r, l, l.value)
	case "DTEND":
		e.end = e.wall(r, l, l.value)
	case "DURATION":
		d, ok := icsDuration(l.value)
		if !ok {
			e.fault(r, l, "%s is no duration; write one such as P1D or PT2H", l.value)
		}
		e.duration = d
	case "RRULE":
		if e.repeats.name != "" {
			e.fault(r, l, "this event has a second RRULE; write one, or another event")
			return
		}
		e.repeats = l
	case "RDATE", "EXDATE":
		for _, value := range strings.Split(l.value, ",") {
			value, _, _ = strings.Cut(value, "/") // a period counts from its start
			if w := e.wall(r, l, value); l.name == "RDATE" {
				e.also = append(e.also, w.at)
			} else {
				e.not = append(e.not, w.at)
			}
		}
	case "RECURRENCE-ID":
		e.replaces = e.wall(r, l, l.value).at.Format(time.DateOnly)
	}
}

func (e *icsEvent) fault(r *icsReader, l contentLine, format string, args ...any) {
	e.bad = true
	r.fail(l.line, format, args...)
}

// wall reads a date or a date-time.
func (e *icsEvent) wall(r *icsReader, l contentLine, value string) wall {
	w := wall{given: true, line: l.line}
	if zone, ok := calendar.LoadZone(l.parameters["TZID"]); ok {
		w.zone = zone
	}
	for _, layout := range []string{rrule.DateFormat, rrule.LocalDateTimeFormat, rrule.DateTimeFormat} {
		t, err := time.Parse(layout, value)
		if err != nil {
			continue
		}
		switch layout {
		case rrule.DateFormat:
			w.whole = true
		case rrule.DateTimeFormat:
			w.zone = r.zone
			t = asWall(t, r.zone)
		}
		w.at = t
		return w
	}
	e.fault(r, l, "%s cannot be read as a date; write one such as 20261225, 20261225T090000 or 20261225T090000Z", l.name)
	return w
}

// asWall is what a clock in the zone shows, as if that were UTC.
func asWall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// length is how many days one round touches.
func (e *icsEvent) length(r *icsReader) int {
	first := midnight(e.start.at)
	end := e.start.at.Add(e.duration)
	if e.end.given {
		end = e.end.at
		if end.Before(e.start.at) {
			r.fail(e.end.line, "this event ends before it begins; write a DTEND after its DTSTART")
			return 0
		}
	}
	last := midnight(end)
	if end.Equal(last) && last.After(first) { // the end itself is no part of it
		last = last.AddDate(0, 0, -1)
	}
	days := int(last.Sub(first).Hours()/24) + 1
	if days > maxDays {
		r.fail(e.line, "this event lasts %d days; write one of at most %d", days, maxDays)
		return 0
	}
	return days
}

func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// rounds are the beginnings of all rounds: the first, those of the rule and those named one by one.
func (e *icsEvent) rounds(r *icsReader) []time.Time {
	all := append([]time.Time{e.start.at}, e.also...)
	if e.repeats.name != "" {
		all = append(all, e.repeated(r)...)
	}
	kept := all[:0]
	for _, t := range all {
		out := false
		for _, not := range e.not {
			out = out || t.Equal(not) || midnight(t).Equal(not) // an EXDATE may name the day alone
		}
		if !out {
			kept = append(kept, t)
		}
	}
	return kept
}

func (e *icsEvent) repeated(r *icsReader) []time.Time {
	const example = "write one such as RRULE:FREQ=YEARLY or RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1SU"
	option, err := rrule.StrToROption(strings.ToUpper(e.repeats.value))
	if err != nil {
		r.fail(e.repeats.line, "this rule for repeating cannot be read (%s); %s", err, example)
		return nil
	}
	if option.Freq > rrule.DAILY {
		r.fail(e.repeats.line, "an event that repeats within a day says nothing about days; write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
		return nil
	}
	option.Dtstart = e.start.at
	if utcUntil.MatchString(e.repeats.value) && e.start.zone != nil {
		option.Until = asWall(option.Until, e.start.zone)
	}
	if last := time.Date(lastYear, 12, 31, 23, 59, 59, 0, time.UTC); option.Until.IsZero() || option.Until.After(last) {
		option.Until = last
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		r.fail(e.repeats.line, "this rule for repeating cannot be read (%s); %s", err, example)
		return nil
	}
	var all []time.Time
	next := rule.Iterator()
	for len(all) <= maxDays {
		t, ok := next()
		if !ok {
			break
		}
		all = append(all, t)
	}
	return all
}

var utcUntil = regexp.MustCompile(`(?i)UNTIL=\d{8}T\d{6}Z`)

var icsDurationForm = regexp.MustCompile(`^\+?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)$`)

// icsDuration reads P1D, PT2H30M and the like (RFC 5545 section 3.3.6), those that go forward.
func icsDuration(text string) (time.Duration, bool) {
	m := icsDurationForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	total := time.Duration(0)
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1]) // digits, or nothing
		total += time.Duration(n) * unit
	}
	return total, true
}
