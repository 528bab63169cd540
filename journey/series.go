package journey

import (
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/spelling"
)

// series reads every, on, at and rrule: of a repeat, and of a schedule.
func (c *compiler) series(n *document.Node, f *document.Mapping, what string) (r calendar.Repeat) {
	every, rule := f.Get("every"), f.Get("rrule")
	if at := f.Get("at"); at != nil {
		if t, ok := c.timeOfDay(at, "at"); ok {
			r.At = &t
		}
	}
	if on := f.Get("on"); on != nil {
		r.On = c.weekdays(on, "on")
	}
	switch {
	case rule != nil && (every != nil || f.Has("on")):
		c.Fail(rule, "%s has rrule, or every and on; write one of them", what)
	case rule != nil:
		text, ok := c.Text(rule, "rrule", "one such as FREQ=MONTHLY;BYMONTHDAY=-1")
		if !ok {
			break
		}
		var err error
		if r.Rule, err = calendar.ParseRule(text); err != nil {
			c.Fail(rule, "%v", err)
		}
	case every == nil && !f.Has("every") && !f.Has("on") && !f.Has("rrule"):
		c.Fail(n, "%s says not how often; write every: 7d, on: [mon], or rrule:", what)
	case every != nil:
		d, ok := c.duration(every, "every")
		r.Every = d
		switch {
		case !ok:
		case d.IsZero():
			c.Fail(every, "every is no time at all; write a length of time, such as 7d")
		case f.Has("on") && (d.Months != 0 || d.Clock != 0 || d.Days%7 != 0):
			c.Fail(every, "beside on, every counts weeks; write whole weeks, such as 2w")
		case f.Has("at") && d.Clock != 0:
			c.Fail(every, "at is one time of the day, and every counts hours; write days, or leave at out")
		}
	}
	return r
}

// count reads a whole number.
func (c *compiler) count(n *document.Node, what string, least, most int) int {
	x, err := strconv.Atoi(n.Text)
	if n.Kind != document.Scalar || err != nil || x < least || x > most {
		c.Fail(n, "%s is a number from %d to %d; write one", what, least, most)
		return least
	}
	return x
}

// share reads a part of all: 10%.
func (c *compiler) share(n *document.Node, what string) float64 {
	text, ok := c.Text(n, what, "a share such as 10%")
	if !ok {
		return 0
	}
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	if !percent || err != nil || !(x >= 0 && x <= 100) {
		c.Fail(n, "%s is a share of all; write one from 0%% to 100%%, such as 10%%", what)
		return 0
	}
	return x / 100
}

// orElse is the remedy for a name that none of these is.
func orElse(name string, names []string, otherwise string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return near
	}
	return otherwise
}
