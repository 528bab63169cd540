package rules

import (
	"github.com/mixtapehq/mixtape/profile"
)

// addAggregates adds what events can be made into: one value.
func addAggregates(all map[string]function) {
	all["count"] = aggregate(`events("order_completed").count()`, Number, func(ch *chain) func(*run) any {
		if ch.plain() {
			return func(r *run) any { return float64(len(r.facts.History[ch.name])) }
		}
		return func(r *run) any {
			n := 0
			for range ch.events(r) {
				n++
			}
			return float64(n)
		}
	})
	all["first"] = aggregate(`events("order_completed").first()`, Date, func(ch *chain) func(*run) any {
		return func(r *run) any {
			var first *profile.Event
			for e := range ch.events(r) {
				if first == nil || e.Time.Before(first.Time) {
					first = e
				}
			}
			return timeOf(first)
		}
	})
	all["sum"] = numbers("sum", func(sum float64, _ int, v float64) float64 { return sum + v }, func(sum float64, _ int) any {
		return number(sum)
	})
	all["avg"] = numbers("avg", func(sum float64, _ int, v float64) float64 { return sum + v }, func(sum float64, n int) any {
		return number(sum / float64(n)) // of none: not a number, so absent
	})
	all["min"] = numbers("min", func(least float64, n int, v float64) float64 {
		if n == 0 {
			return v
		}
		return min(least, v)
	}, unlessNone)
	all["max"] = numbers("max", func(most float64, n int, v float64) float64 {
		if n == 0 {
			return v
		}
		return max(most, v)
	}, unlessNone)
	all["last"] = last()
}

func unlessNone(v float64, n int) any {
	if n == 0 {
		return nil
	}
	return v
}

// aggregate compiles one without an argument.
func aggregate(usage string, kind Kind, over func(*chain) func(*run) any) function {
	return function{usage: usage, member: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
		var read EventRead
		ch, ok := c.chain(cl.target, &read)
		if !ok {
			return absent()
		}
		c.reads.addEvent(read)
		return expression(kind, 1, over(ch))
	}}
}

// numbers compiles one over a property: what is no number is passed over.
func numbers(name string, fold func(acc float64, n int, v float64) float64, end func(acc float64, n int) any) function {
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
		c.reads.addEvent(read)
		return expression(Number, 1, func(r *run) any {
			acc, n := 0.0, 0
			for e := range ch.events(r) {
				if v, ok := inward(e.Properties[property]).(float64); ok {
					acc = fold(acc, n, v)
					n++
				}
			}
			return end(acc, n)
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
		c.reads.addEvent(read)
		return expression(kind, 1, func(r *run) any {
			var latest *profile.Event
			for e := range ch.events(r) {
				if latest == nil || !e.Time.Before(latest.Time) {
					latest = e
				}
			}
			if kind == Date || latest == nil {
				return timeOf(latest)
			}
			return inward(latest.Properties[property])
		})
	}}
}

func timeOf(e *profile.Event) any {
	if e == nil {
		return nil
	}
	return instantOf(e.Time)
}
