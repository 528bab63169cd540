package rules

import (
	"maps"
	"slices"

	"github.com/mixtapehq/mixtape/spelling"
)

// consentFunctions: consented("tips") tells whether the profile gets messages of a topic. Who
// withdrew everything gets none; who never said so follows the topic's default.
func consentFunctions() map[string]function {
	const usage = `consented("tips")`
	return map[string]function{
		"consented": {usage: usage, global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
			topic, ok := c.text(cl.args[0], "the topic")
			if !ok {
				return absent()
			}
			subscribed := true
			if c.env.topics != nil {
				if subscribed, ok = c.env.topics[topic]; !ok {
					names := slices.Sorted(maps.Keys(c.env.topics))
					c.problem(c.start(cl.args[0]), "there is no topic %q; write %s", topic,
						remedyQuoted(topic, names))
				}
			}
			c.reads.Consents = append(c.reads.Consents, topic)
			return test(2*lookupSteps, func(r *run) bool {
				if all, said := r.person.Consents[""]; said && !all {
					return false
				}
				if yes, said := r.person.Consents[topic]; said {
					return yes
				}
				return subscribed
			}).asSQL(func(t *translation) term {
				said := "p.consents -> " + t.arg("text", topic)
				answer := "(" + said + " is distinct from 'false'::jsonb)"
				if !subscribed {
					answer = "(" + said + " = 'true'::jsonb)"
				}
				return testTerm("((p.consents -> '') is distinct from 'false'::jsonb and " + answer + ")")
			})
		}},
	}
}

// remedyQuoted is the nearest name in quotes, or all of them.
func remedyQuoted(name string, names []string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return quoted(near)
	}
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quoted(n)
	}
	return spelling.Listed(all)
}
