package journey

import (
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
)

// Schedule is when everybody who fits enters by themselves: once, or again and again.
type Schedule struct {
	once      time.Time // a reading of the clocks, in UTC; zero: again and again
	series    calendar.Repeat
	Workspace bool // by the workspace's clock; else by each profile's own
}

// origin is the Monday from which weeks and months of a schedule are counted: nobody arrives at one.
func origin(at *calendar.TimeOfDay, loc *time.Location) time.Time {
	t := calendar.TimeOfDay{}
	if at != nil {
		t = *at
	}
	return calendar.Place(2024, time.January, 1, t, loc)
}

// Next is the first time after t at which the schedule lets people in who live in the home zone; zero
// when there is none.
func (s *Schedule) Next(t time.Time, home, workspace *time.Location) time.Time {
	loc := home
	if s.Workspace {
		loc = workspace
	}
	if !s.once.IsZero() {
		y, m, d := s.once.Date()
		at := calendar.Place(y, m, d, calendar.TimeOfDay{Hour: s.once.Hour(), Minute: s.once.Minute(), Second: s.once.Second()}, loc)
		if !at.After(t) {
			return time.Time{}
		}
		return at
	}
	begin := origin(s.series.At, loc)
	return s.series.Next(begin, begin, t.In(loc), t, loc)
}

func (c *compiler) schedule(n *document.Node) *Schedule {
	s := &Schedule{}
	f, ok := c.Mapping(n, "a schedule", "{on: [mon], at: \"09:00\"}")
	if !ok {
		return s
	}
	s.Workspace = c.OneOf(f.Get("zone"), "zone", "profile", "workspace") == "workspace"
	if v := f.Get("once"); v != nil {
		for _, name := range []string{"every", "on", "at", "rrule"} {
			if f.Has(name) {
				c.Fail(f.Get(name), "a schedule is once, or again and again by %s; write one of them", name)
			}
		}
		text, _ := c.Text(v, "once", `a local time such as "2026-06-01 09:00"`)
		for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, text); err == nil {
				s.once = t
			}
		}
		if s.once.IsZero() && text != "" {
			c.Fail(v, `%q is no local time; write one such as "2026-06-01 09:00"`, text)
		}
	} else {
		s.series = c.series(n, f, "a schedule")
		if s.series.At == nil && f.Get("at") == nil && s.series.Every.Clock == 0 {
			c.Fail(n, "a schedule has a time of day; write at: \"09:00\"")
		}
		if s.series.Rule != nil && s.series.Rule.Counts() {
			c.Fail(f.Get("rrule"), "nobody arrives at a schedule, so there is no first time to COUNT from; write UNTIL=20271231 instead")
		}
	}
	c.localClock(n, nil)
	f.Done()
	return s
}

// Limit is how many may enter in a period of the workspace's calendar, all profiles together.
type Limit struct {
	Max int
	Per string // hour, day, week or month
}

// Since is when the period began that t is in.
func (l Limit) Since(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	var begins time.Time
	switch l.Per {
	case "hour":
		begins = calendar.Place(y, m, d, calendar.TimeOfDay{Hour: local.Hour()}, zone)
	case "day":
		begins = calendar.Place(y, m, d, calendar.TimeOfDay{}, zone)
	case "week":
		begins = calendar.Place(y, m, d-(int(local.Weekday())+6)%7, calendar.TimeOfDay{}, zone)
	default:
		begins = calendar.Place(y, m, 1, calendar.TimeOfDay{}, zone)
	}
	if begins.After(t) { // in a gap
		return t
	}
	return begins
}

func (c *compiler) limit(n *document.Node) *Limit {
	f, ok := c.Mapping(n, "a limit", "{max: 5000, per: day}")
	if !ok {
		return nil
	}
	l := &Limit{}
	if v := f.Want("max", "max: and a number"); v != nil {
		l.Max = c.count(v, "max", 1, 1_000_000_000)
	}
	if v := f.Want("per", "per: hour, day, week or month"); v != nil {
		l.Per = c.OneOf(v, "per", "day", "hour", "week", "month")
	}
	f.Done()
	return l
}

// segment reads the name of a segment.
func (c *compiler) segment(n *document.Node) string {
	name, ok := c.Text(n, "segment", "the name of a segment")
	if ok && c.o.Segments != nil && !slices.Contains(c.o.Segments, name) {
		c.Fail(n, "there is no segment %s; write %s", name, orElse(name, c.o.Segments, "segments/"+name+".yaml first"))
	}
	return name
}
