package rules

import (
	"slices"

	"github.com/mixtapehq/mixtape/spelling"
)

// personFunctions ask what is known of the person beyond attributes: the segments they are in, and
// what was worked out of what they do.
func personFunctions() map[string]function {
	return map[string]function{
		"in_segment": {usage: `in_segment("vip")`, global: true, least: 1, most: 1, compile: compileInSegment},
		"score": computed(`score("churn")`, "the score's name", Number,
			func(c *compiler, name string) { c.reads.Scores = append(c.reads.Scores, name) },
			func(r *run, name string) any {
				if v, ok := r.person.Computed.Scores[name]; ok {
					return number(v)
				}
				return nil
			},
			func(name string) term { return unknownTerm("(p.computed -> 'scores' -> " + name + ")") }),
		"affinity": computed(`affinity("genre")`, "the name of what is liked", String,
			func(c *compiler, name string) { c.reads.Affinities = append(c.reads.Affinities, name) },
			func(r *run, name string) any {
				if v, ok := r.person.Computed.Affinities[name]; ok {
					return v
				}
				return nil
			},
			func(name string) term {
				return term{kind: String, text: "(p.computed -> 'affinities' ->> " + name + ")"}
			}),
	}
}

// compileInSegment: of a segment that nobody has been put in yet, the answer is no.
func compileInSegment(c *compiler, cl call) node {
	name, ok := c.text(cl.args[0], "the segment's name")
	if !ok {
		return absent()
	}
	if c.env.segments != nil && !slices.Contains(c.env.segments, name) {
		c.problem(c.start(cl.args[0]), "there is no segment %q; write %s", name,
			remedyFile(name, c.env.segments, "segments/"+name+".yaml"))
	}
	c.reads.Segments = append(c.reads.Segments, name)
	return test(lookupSteps, func(r *run) bool { return r.facts.Segments[name] }).asSQL(func(t *translation) term {
		return testTerm("(p.segments @> array[" + t.arg("text", name) + "])")
	})
}

// computed compiles a function that looks a name up among what was worked out; what is not known of
// the profile is absent.
func computed(usage, what string, kind Kind, note func(*compiler, string), look func(*run, string) any, column func(name string) term) function {
	return function{usage: usage, global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
		name, ok := c.text(cl.args[0], what)
		if !ok {
			return absent()
		}
		note(c, name)
		return expression(kind, 2*lookupSteps, func(r *run) any { return look(r, name) }).asSQL(func(t *translation) term {
			return column(t.arg("text", name))
		})
	}}
}

// remedyFile is the nearest name in quotes, else the file to write, beside the names that there are.
func remedyFile(name string, names []string, file string) string {
	return remedyOr(name, names, "the file "+file)
}

func remedyOr(name string, names []string, otherwise string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return quoted(near)
	}
	if len(names) == 0 {
		return otherwise
	}
	return remedyQuoted(name, names) + ", or " + otherwise
}
