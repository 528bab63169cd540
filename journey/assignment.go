package journey

import (
	"regexp"
	"slices"

	"github.com/mixtapehq/mixtape/document"
)

// assignment gives a name the value of a rule.
type assignment struct {
	name  string
	value *rule
}

// assignments reads a mapping of names to rules, in the order of the file. instead is what to write for
// a name that is to have no value.
func (c *compiler) assignments(n *document.Node, what, example string, instead func(name string) string) []assignment {
	var all []assignment
	if _, ok := c.Mapping(n, what, example); !ok {
		return nil
	}
	for _, x := range n.Fields {
		name := x.Key.Text
		switch {
		case x.Value.Kind == document.Null:
			c.Fail(x.Key, "%s has no value; write a rule, or %s", name, instead(name))
		case bareWord(x.Value):
			c.Fail(x.Value, "%s is a word, and this wants a rule; write \"'%s'\" for text", x.Value.Text, x.Value.Text)
		default:
			if r := c.valueRule(x.Value, name); r != nil {
				all = append(all, assignment{name, r})
			}
		}
	}
	return all
}

func leaveOut(string) string { return "leave it out" }

var words = regexp.MustCompile(`^[\pL_][\pL\pN_'-]*( [\pL\pN_'-]+)*$`)

// bareWord tells whether text was meant where a rule is read: trial, or New York.
func bareWord(n *document.Node) bool {
	if n.Kind != document.Scalar || !words.MatchString(n.Text) {
		return false
	}
	return !slices.Contains([]string{"true", "false", "null", "now"}, n.Text)
}

// valuesOf evaluates them; what is absent is left out.
func (w *walk) valuesOf(rules []assignment, at *step) map[string]any {
	all := map[string]any{}
	for _, a := range rules {
		if value, ok := w.value(a.value, at, w.s.Now); ok && value != nil {
			all[a.name] = asJSON(value)
		}
	}
	return all
}
