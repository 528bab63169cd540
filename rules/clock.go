package rules

import (
	"fmt"
	"time"

	"github.com/google/cel-go/common/ast"
)

// clockFunctions read the hour, the day and the like off a date, as a local clock and calendar
// show it: local_hour and local_day in the profile's zone, CEL's own in the zone they name.
func clockFunctions() map[string]function {
	all := map[string]function{
		"local_hour": local("local_hour(now)", Number, func(t time.Time) any { return float64(t.Hour()) }, hour, "extract(hour from %s)"),
		"local_day": local("local_day(now)", String, func(t time.Time) any {
			return [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[t.Weekday()]
		}, day, "(array['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'])[extract(dow from %s)::integer + 1]"),
	}
	for _, p := range []part{
		{"getFullYear", func(t time.Time) int { return t.Year() }, day, 0, 0, "extract(year from %s)"},
		{"getMonth", func(t time.Time) int { return int(t.Month()) - 1 }, day, 0, 0, "(extract(month from %s) - 1)"},
		{"getDayOfYear", func(t time.Time) int { return t.YearDay() - 1 }, day, 0, 0, "(extract(doy from %s) - 1)"},
		{"getDayOfMonth", func(t time.Time) int { return t.Day() - 1 }, day, 0, 0, "(extract(day from %s) - 1)"},
		{"getDate", func(t time.Time) int { return t.Day() }, day, 0, 0, "extract(day from %s)"},
		{"getDayOfWeek", func(t time.Time) int { return int(t.Weekday()) }, day, 0, 0, "extract(dow from %s)"},
		{"getHours", func(t time.Time) int { return t.Hour() }, hour, hour, 0, "extract(hour from %s)"},
		{"getMinutes", func(t time.Time) int { return t.Minute() }, minute, minute, 0, "extract(minute from %s)"},
		{"getSeconds", func(t time.Time) int { return t.Second() }, second, second, 0, "trunc(extract(second from %s))"},
		{"getMilliseconds", func(t time.Time) int { return t.Nanosecond() / 1e6 }, second / 1000, second / 1000, 1000, "mod(trunc(extract(milliseconds from %s)), 1000)"},
	} {
		all[p.name] = p.function()
	}
	return all
}

// local compiles a function of one date in the profile's zone.
func local(usage string, kind Kind, read func(time.Time) any, grain int64, sql string) function {
	return function{usage: usage, global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
		x := c.compile(cl.args[0])
		value := x.value
		return expression(kind, x.size+1, func(r *run) any {
			i, ok := r.asInstant(value(r))
			if !ok || !r.spend(clockSteps) {
				return nil
			}
			return read(r.shown(i, r.zone, grain))
		}).asSQL(func(t *translation) term {
			return term{kind: kind, decimal: kind == Number, text: fmt.Sprintf(sql, localClock(t.asDate(t.term(x)), t.zone()))}
		})
	}}
}

// shown is what a clock in the zone shows at an instant. If that moves with now, it notes when the
// clock next comes to a full grain (a minute, an hour, a day) or is changed.
func (r *run) shown(i instant, zone *time.Location, grain int64) time.Time {
	t := i.in(zone)
	if i.rate == 0 {
		return t
	}
	into := clock(t) % grain
	low, high := i.us-into, i.us-into+grain
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		low = max(low, start.UnixMicro())
	}
	if !end.IsZero() {
		high = min(high, end.UnixMicro())
	}
	r.leaves(i.us, i.rate, low, high)
	return t
}

// part is one of CEL's accessors: of a date in a zone, or of a length of time.
type part struct {
	name   string
	of     func(time.Time) int
	grain  int64
	unit   int64 // of a length of time, how much is counted; 0 where that makes no sense
	modulo int64 // of a length of time, what is left out; 0 for none
	sql    string
}

func (p part) function() function {
	usage := `date(user.renews_at).` + p.name + `("Europe/Paris")`
	return function{usage: usage, member: true, least: 1, most: 2, compile: func(c *compiler, cl call) node {
		x := c.compile(cl.target)
		if len(cl.args) == 0 {
			return p.ofSpan(c, cl, x)
		}
		z := c.compile(cl.args[0])
		zone := c.zone(cl.args[0], z)
		value := x.value
		return expression(Number, x.size+z.size+1, func(r *run) any {
			i, ok := r.asInstant(value(r))
			loc := zone(r)
			if !ok || loc == nil || !r.spend(clockSteps) {
				return nil
			}
			return float64(p.of(r.shown(i, loc, p.grain)))
		}).asSQL(func(t *translation) term {
			at := t.asDate(t.term(x))
			shown := sqlCall("local", at, sqlCall("zone", t.asText(t.term(z))))
			if name, ok := z.literalText(); ok && fixedOffset.FindString(name) == "" {
				shown = localClock(at, t.zoneNamed(name))
			}
			return term{kind: Number, decimal: true, text: fmt.Sprintf(p.sql, shown)}
		})
	}}
}

// ofSpan compiles the accessor without a zone, which only a length of time can do without.
func (p part) ofSpan(c *compiler, cl call, x node) node {
	if x.kind != Duration || p.unit == 0 {
		instead := `with a zone, as in ` + p.name + `("Europe/Paris")`
		switch p.grain {
		case hour:
			instead = "local_hour(...) for the profile's own clock, or " + instead
		case day:
			instead = "local_day(...) for the profile's own weekday, or " + instead
		}
		c.problem(c.start(cl.expr), "%s() without a zone would read the clock of UTC; write %s", p.name, instead)
		return absent()
	}
	value := x.value
	return expression(Number, x.size+1, func(r *run) any {
		s, ok := value(r).(span)
		if !ok {
			return nil
		}
		n := s.total() / p.unit
		low, high := n*p.unit, (n+1)*p.unit
		if n == 0 {
			low = -p.unit + 1
		}
		if n < 0 {
			low, high = (n-1)*p.unit+1, n*p.unit+1
		}
		r.leaves(s.total(), s.rate, low, high)
		if p.modulo != 0 {
			n %= p.modulo
		}
		return float64(n)
	}).asSQL(func(t *translation) term {
		count := fmt.Sprintf("trunc(%s / %d)", sqlCall("microseconds", t.asSpan(t.term(x))), p.unit)
		if p.modulo != 0 {
			count = fmt.Sprintf("mod(%s, %d)", count, p.modulo)
		}
		return term{kind: Number, decimal: true, text: count}
	})
}

// zone compiles the zone of an accessor. A name that stands in the rule is looked up at once.
func (c *compiler) zone(e ast.Expr, n node) func(*run) *time.Location {
	if !n.constant {
		value := n.value
		return func(r *run) *time.Location {
			name, _ := value(r).(string)
			if !r.spend(readSteps) || len(name) > longText {
				return nil
			}
			return zoneNamed(name)
		}
	}
	name, _ := n.value(nil).(string)
	loc := zoneNamed(name)
	if loc == nil {
		c.problem(c.start(e), "there is no time zone %q; write an IANA name such as \"Europe/Paris\"", name)
	}
	return func(*run) *time.Location { return loc }
}
