package rules

import (
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// addAggregates adds what events can be made into: one value.
func addAggregates(all map[string]function) {
	all["count"] = aggregate(`events("order_completed").count()`, Number, func(ch *chain) func(*run) any {
		if ch.plain() {
			return func(r *run) any {
				n := len(r.facts.History[ch.name])
				for i := range r.facts.Days[ch.name] {
					n += r.facts.Days[ch.name][i].Count
				}
				return float64(n)
			}
		}
		return func(r *run) any {
			n := 0
			for range ch.events(r) {
				n++
			}
			for d := range ch.days(r) {
				n += d.Count
			}
			return float64(n)
		}
	}, func(ch *chainSQL) term {
		return term{kind: Number, decimal: true, text: "count(*)", of: ch, none: 0.0, counts: true}
	})
	all["first"] = aggregate(`events("order_completed").first()`, Date, func(ch *chain) func(*run) any {
		return func(r *run) any {
			var first *time.Time
			for e := range ch.events(r) {
				first = earlier(first, e.Time)
			}
			for d := range ch.days(r) {
				first = earlier(first, d.First)
			}
			return timeOf(first)
		}
	}, func(ch *chainSQL) term { return term{kind: Date, text: "min(" + ch.event + ".time)", of: ch} })
	all["sum"] = sums("sum", func(sum float64, _ int) any { return number(sum) }, func(ch *chainSQL, value string) term {
		return term{kind: Number, text: sqlCall("double", "coalesce(sum("+value+"), 0)"), of: ch, none: 0.0}
	})
	all["avg"] = sums("avg", func(sum float64, n int) any {
		return number(normal(sum / float64(n))) // of none: not a number, so absent
	}, func(ch *chainSQL, value string) term {
		return term{kind: Number, text: sqlCall("divided", sqlCall("double", "sum("+value+")"), "count("+value+")::double precision"), of: ch}
	})
	all["min"] = numbers("min", func(least float64, n int, v float64) float64 {
		if n == 0 {
			return v
		}
		return min(least, v)
	})
	all["max"] = numbers("max", func(most float64, n int, v float64) float64 {
		if n == 0 {
			return v
		}
		return max(most, v)
	})
	all["last"] = last()
}

func unlessNone(v float64, n int) any {
	if n == 0 {
		return nil
	}
	return v
}

// aggregate compiles one without an argument.
func aggregate(usage string, kind Kind, over func(*chain) func(*run) any, asSQL func(*chainSQL) term) function {
	return function{usage: usage, member: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
		var read EventRead
		ch, ok := c.chain(cl.target, &read)
		if !ok {
			return absent()
		}
		c.looks(ch, read, false)
		return expression(kind, 1, over(ch)).asSQL(func(t *translation) term { return t.aggregate(asSQL(t.chain(ch))) })
	}}
}

// numbers compiles one over a property: what is no number is passed over.
func numbers(name string, fold func(acc float64, n int, v float64) float64) function {
	return overProperty(name, func(ch *chain, property string) func(*run) any {
		return func(r *run) any {
			acc, n := 0.0, 0
			for e := range ch.events(r) {
				if v, ok := inward(e.Properties[property]).(float64); ok {
					acc = fold(acc, n, v)
					n++
				}
			}
			for d := range ch.days(r) {
				if v := d.Numbers[property]; v.Count > 0 {
					acc = fold(fold(acc, n, v.Least), n+1, v.Most)
					n += v.Count
				}
			}
			return unlessNone(acc, n)
		}
	}, func(ch *chainSQL, value string) term {
		return term{kind: Number, decimal: true, text: name + "(" + value + ")", of: ch}
	})
}

// sums compiles one that adds a property up.
func sums(name string, end func(sum float64, n int) any, asSQL func(ch *chainSQL, value string) term) function {
	return overProperty(name, func(ch *chain, property string) func(*run) any {
		return func(r *run) any {
			var sum decimalSum
			n := 0
			for e := range ch.events(r) {
				if v, ok := inward(e.Properties[property]).(float64); ok {
					n++
					if sum.add(v) && !r.spend(decimalSteps) {
						break
					}
				}
			}
			for d := range ch.days(r) {
				if v := d.Numbers[property]; v.Count > 0 {
					n += v.Count
					if sum.addText(v.Sum) && !r.spend(decimalSteps) {
						break
					}
				}
			}
			if sum.rest != nil && !r.spend(10*decimalSteps) {
				return nil
			}
			return end(sum.float(), n)
		}
	}, asSQL)
}

func overProperty(name string, over func(*chain, string) func(*run) any, asSQL func(ch *chainSQL, value string) term) function {
	usage := `events("order_completed").` + name + `("total")`
	return function{usage: usage, member: true, least: 2, most: 2, compile: func(c *compiler, cl call) node {
		var read EventRead
		ch, ok := c.chain(cl.target, &read)
		property, literal := c.text(cl.args[0], "the property's name")
		if !ok || !literal {
			return absent()
		}
		read.Properties = true
		ch.cost += lookupSteps
		c.looks(ch, read, false)
		return expression(Number, 1, over(ch, property)).asSQL(func(t *translation) term {
			chain := t.chain(ch)
			return t.aggregate(asSQL(chain, sqlCall("number", chain.event+".properties -> "+t.arg("text", property))))
		})
	}}
}

// last is the time of the latest event, or one of its properties. Latest is by event time: one
// that arrives late does not become the last.
func last() function {
	usage := `events("order_completed").last(), or .last("total") for a property of it`
	return function{usage: usage, member: true, least: 1, most: 2, compile: func(c *compiler, cl call) node {
		var read EventRead
		ch, ok := c.chain(cl.target, &read)
		property, kind := "", Date
		if len(cl.args) == 1 {
			kind, read.Properties = Unknown, true
			p, literal := c.text(cl.args[0], "the property's name")
			property, ok = p, ok && literal
		}
		if !ok {
			return absent()
		}
		c.looks(ch, read, kind != Date)
		return expression(kind, 1, func(r *run) any {
			if kind == Date {
				return ch.lastTime(r)
			}
			var latest *profile.Event
			for e := range ch.events(r) {
				if latest == nil || !e.Time.Before(latest.Time) {
					latest = e
				}
			}
			if latest == nil {
				return nil
			}
			return inward(latest.Properties[property])
		}).asSQL(func(t *translation) term {
			chain := t.chain(ch)
			if kind == Date {
				return t.aggregate(term{kind: Date, text: "max(" + chain.event + ".time)", of: chain})
			}
			return unknownTerm("(select " + chain.event + ".properties -> " + t.arg("text", property) + chain.ofProfile() +
				" order by " + chain.event + ".time desc, " + chain.event + ".number desc limit 1)")
		})
	}}
}

func (ch *chain) lastTime(r *run) any {
	var last *time.Time
	for e := range ch.events(r) {
		last = later(last, e.Time)
	}
	for d := range ch.days(r) {
		last = later(last, d.Last)
	}
	return timeOf(last)
}

// earlier is the earlier of two instants, the first of which may be none.
func earlier(a *time.Time, b time.Time) *time.Time {
	if a == nil || b.Before(*a) {
		return &b
	}
	return a
}

func later(a *time.Time, b time.Time) *time.Time {
	if a == nil || b.After(*a) {
		return &b
	}
	return a
}

func timeOf(t *time.Time) any {
	if t == nil {
		return nil
	}
	return instantOf(*t)
}
