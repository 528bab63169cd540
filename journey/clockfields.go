package journey

import (
	"regexp"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
)

// localClock reports a wait whose local time would be UTC because nobody said otherwise.
func (c *compiler) localClock(n *document.Node, own *rule) {
	c.j.clocked = true
	if c.o.Zone == "" && own == nil {
		c.advise(n, "for profiles without a time zone this clock is UTC; write timezone: in workspace.yaml, or zone: here")
	}
}

// sexagesimal are the times that older YAML reads as numbers: 21:00 is 1260 there.
var sexagesimal = regexp.MustCompile(`^[1-9][0-9]?:[0-5]?[0-9](:[0-5]?[0-9])?$`)

func (c *compiler) timeOfDay(n *document.Node, what string) (t calendar.TimeOfDay, ok bool) {
	text, ok := c.Text(n, what, `a time of day, such as "09:00"`)
	if !ok {
		return t, false
	}
	if !n.Quoted && sexagesimal.MatchString(text) {
		c.Fail(n, "%s without quotes is a number to many a YAML reader; write %q", text, text)
		return t, false
	}
	t, err := calendar.ParseTimeOfDay(text)
	if err != nil {
		c.Fail(n, "%v", err)
	}
	return t, err == nil
}

// duration reads a length of time, which is never negative.
func (c *compiler) duration(n *document.Node, what string) (d calendar.Duration, ok bool) {
	text, ok := c.Text(n, what, "a length of time, such as 2d")
	if !ok {
		return d, false
	}
	d, err := calendar.ParseDuration(text)
	if err != nil {
		c.Fail(n, "%v", err)
	}
	return d, err == nil
}

// offset reads a length of time that may lie before a date.
func (c *compiler) offset(n *document.Node) (d calendar.Duration) {
	text, ok := c.Text(n, "offset", "a length of time, such as -1d")
	if !ok {
		return d
	}
	d, err := calendar.ParseOffset(text)
	if err != nil {
		c.Fail(n, "%v", err)
	}
	return d
}

// spreadOf reads how far apart runs are spread: hours at most, as days differ in length.
func (c *compiler) spreadOf(n *document.Node) time.Duration {
	d, ok := c.duration(n, "spread")
	if ok && d.Months > 0 {
		c.Fail(n, "spread cannot be counted in months; write days at most, such as 15m")
	}
	return d.AddTo(time.Time{}, time.UTC).Sub(time.Time{})
}

func (c *compiler) weekdays(n *document.Node, what string) calendar.Weekdays {
	days, err := calendar.ParseWeekdays(c.Names(n, what, "weekdays, such as [mon, wed]"))
	if err != nil {
		c.Fail(n, "%v", err)
	}
	return days
}

func (c *compiler) window(n *document.Node) *calendar.Window {
	w := &calendar.Window{}
	f, ok := c.Mapping(n, "a window", "{from: \"09:00\", to: \"18:00\"}")
	if !ok {
		return w
	}
	from, to := f.Get("from"), f.Get("to")
	switch {
	case from != nil && to != nil:
		var okFrom, okTo bool
		w.From, okFrom = c.timeOfDay(from, "from")
		w.To, okTo = c.timeOfDay(to, "to")
		w.HasTimes = okFrom && okTo
	case f.Has("from") != f.Has("to"):
		c.Fail(n, "a window has from and to, or neither; write both")
	}
	if v := f.Get("days"); v != nil {
		w.Days = c.weekdays(v, "days")
	} else if !f.Has("from") && !f.Has("to") {
		c.Fail(n, "the window is always open; write from and to, or days")
	}
	f.Done()
	return w
}

// bestTime reads {within, fallback}.
func (c *compiler) bestTime(n *document.Node) *BestTime {
	b := &BestTime{}
	f, ok := c.Mapping(n, "best_time", "{within: 24h, fallback: \"10:00\"}")
	if !ok {
		return b
	}
	if v := f.Want("within", "within: and how long it may take, such as 24h"); v != nil {
		if d, ok := c.duration(v, "within"); ok {
			b.Within = d
			if d.IsZero() || d.Months != 0 || d.AddTo(time.Time{}, time.UTC).Sub(time.Time{}) > 31*24*time.Hour {
				c.Fail(v, "the best time is looked for within hours or days; write from 1h to 31d")
			}
		}
	}
	if v := f.Get("fallback"); v != nil {
		if t, ok := c.timeOfDay(v, "fallback"); ok {
			b.Fallback = &t
		}
	}
	f.Done()
	return b
}
