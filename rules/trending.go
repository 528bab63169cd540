package rules

import (
	"slices"
	"time"
)

// Trend is a question that all profiles together answer: what is on the rise among the values of an
// attribute of things, such as genre, and over how long.
type Trend struct {
	Of     string
	Within time.Duration
}

// MostTrendDays is the longest time over which something is on the rise.
const MostTrendDays = 30

const trendDay = 24 * time.Hour

// trendingFunctions: trending("genre", "7d") is what is on the rise. Where nobody has worked it out,
// it is absent.
func trendingFunctions() map[string]function {
	const usage = `trending("genre", "7d")`
	return map[string]function{
		"trending": {usage: usage, global: true, least: 2, most: 2, compile: func(c *compiler, cl call) node {
			of, ok := c.text(cl.args[0], "the name of what is on the rise")
			length, literal := c.text(cl.args[1], "the length of time")
			if !ok || !literal {
				return absent()
			}
			window, readable := parseSpan(length)
			if !readable || window.total() <= 0 {
				c.problem(c.start(cl.args[1]), "%q is not a length of time; write a number with m, h, d or w, such as %s", length, usage)
				return absent()
			}
			trend := Trend{Of: of, Within: window.duration()}
			if trend.Within%trendDay != 0 || trend.Within > MostTrendDays*trendDay {
				c.problem(c.start(cl.args[1]), "what is on the rise is known over whole days, up to %d; write a number with d or w, such as %s", MostTrendDays, usage)
			}
			if known := c.env.affinities; known != nil && !slices.Contains(known, of) {
				c.problem(c.start(cl.args[0]), "there is no affinity %q; write %s", of, remedyOr(of, known, "it under affinities: in workspace.yaml"))
			}
			c.reads.Trends = append(c.reads.Trends, trend)
			return expression(String, 2*lookupSteps, func(r *run) any {
				if v, ok := r.facts.Trends[trend]; ok {
					return v
				}
				return nil
			}).asSQL(func(t *translation) term {
				if v, ok := t.Trends[trend]; ok {
					return term{kind: String, constant: true, value: v}
				}
				return nothing()
			})
		}},
	}
}
