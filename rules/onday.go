package rules

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// Calendar is the days of a calendar file, in order and without overlaps. A day is a local one,
// wherever the person is.
type Calendar []Days

// Days are days in a row, both ends included, as 2006-01-02: in this form text is in the order of
// time.
type Days struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// calendarFunctions: on_day("holidays-fr") tells whether today, on the profile's own calendar, is one
// of the calendar's days.
func calendarFunctions() map[string]function {
	return map[string]function{
		"on_day": {usage: `on_day("holidays-fr")`, global: true, least: 1, most: 1, compile: compileOnDay},
	}
}

func compileOnDay(c *compiler, cl call) node {
	name, ok := c.text(cl.args[0], "the calendar's name")
	if !ok {
		return absent()
	}
	if c.env.calendars != nil {
		if _, known := c.env.calendars[name]; !known {
			names := slices.Sorted(maps.Keys(c.env.calendars))
			c.problem(c.start(cl.args[0]), "there is no calendar %q; write %s", name, remedyFile(name, names, "calendars/"+name+".ics"))
		}
	}
	c.reads.Now = true
	c.reads.Calendars = append(c.reads.Calendars, name)
	return test(2, func(r *run) bool { return r.onDay(r.facts.Calendars[name]) }).asSQL(func(t *translation) term {
		from, to := []string{}, []string{}
		for _, days := range t.Calendars[name] {
			from, to = append(from, days.From), append(to, days.To)
		}
		local := localClock(t.arg("timestamptz", t.moment()), t.zone())
		return testTerm("exists (select from unnest(" + t.arg("text[]", from) + ", " + t.arg("text[]", to) + ") d(first, last) where to_char(" +
			local + `, 'YYYY-MM-DD') collate "C" between d.first and d.last)`)
	})
}

// onDay notes the local midnight at which the answer changes.
func (r *run) onDay(days Calendar) bool {
	if !r.spend(readSteps) {
		return false
	}
	t := instant{us: r.now}.in(r.zone)
	today := t.Format(time.DateOnly)
	r.noteDateGoingBack(t)
	i := sort.Search(len(days), func(i int) bool { return days[i].To >= today })
	if i == len(days) {
		return false
	}
	if today < days[i].From {
		r.flipAtMidnight(days[i].From, 0)
		return false
	}
	r.flipAtMidnight(days[i].To, 1)
	return true
}

// flipAtMidnight notes when a local day begins, counted so many days after another.
func (r *run) flipAtMidnight(day string, after int) {
	if d, err := time.Parse(time.DateOnly, day); err == nil {
		d = d.AddDate(0, 0, after)
		midnight := calendar.Place(d.Year(), d.Month(), d.Day(), calendar.TimeOfDay{}, r.zone).UnixMicro()
		if midnight <= r.now { // it comes twice, and the first is over
			midnight = r.now + untilTomorrow(instant{us: r.now}.in(r.zone))
		}
		r.flipAt(midnight)
	}
}

// noteDateGoingBack notes the next change of the clocks if it brings back the day before: where they
// are turned back just after midnight, that day is over twice.
func (r *run) noteDateGoingBack(t time.Time) {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return
	}
	end = end.In(r.zone)
	if before := end.Add(-time.Microsecond); end.Format(time.DateOnly) < before.In(r.zone).Format(time.DateOnly) {
		r.flipAt(end.UnixMicro())
	}
}
