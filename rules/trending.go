package rules

import "time"

// Trend is a question that all profiles together answer: what is on the rise among the values of an
// attribute of things, such as genre, and over how long.
type Trend struct {
	Of     string
	Within time.Duration
}

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
