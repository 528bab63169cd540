package journey

import (
	"maps"
	"regexp"
	"slices"

	"github.com/mixtapehq/mixtape/spelling"
)

// update is the step that changes the profile.
type update struct {
	leaf
	passing
	set     []assignment // in the order of the file
	unset   []string
	consent map[string]bool
}

type assignment struct {
	attribute string
	value     *rule
}

func readUpdate(c *compiler, _ *step, n *node) body {
	b := &update{}
	f, ok := c.fieldsOf(n, "an update", "set:, unset: or consent:")
	if !ok {
		return b
	}
	if !f.has("set") && !f.has("unset") && !f.has("consent") {
		c.problem(n, "an update changes nothing; write set:, unset: or consent:")
	}
	if v := f.get("set"); v != nil {
		b.set = readSet(c, v)
	}
	unset := f.get("unset")
	for _, name := range c.names(unset, "unset", "the name of an attribute") {
		c.attribute(unset, name)
		if slices.ContainsFunc(b.set, func(a assignment) bool { return a.attribute == name }) {
			c.problem(unset, "%s is set and unset; write one of them", name)
		}
		b.unset = append(b.unset, name)
	}
	if v := f.get("consent"); v != nil {
		b.consent = readConsent(c, v)
	}
	f.done()
	return b
}

func readSet(c *compiler, n *node) []assignment {
	var all []assignment
	if f, ok := c.fieldsOf(n, "set", "attribute: and a rule"); !ok || len(f.n.fields) == 0 {
		return nil
	}
	for _, x := range n.fields {
		name := x.key.text
		c.attribute(x.key, name)
		switch {
		case x.value.kind == null:
			c.problem(x.key, "%s is set to nothing; write unset: [%s]", name, name)
		case bareWord(x.value):
			c.problem(x.value, "%s is a word, and set wants a rule; write \"'%s'\" for text", x.value.text, x.value.text)
		default:
			if r := c.valueRule(x.value, name); r != nil {
				all = append(all, assignment{name, r})
			}
		}
	}
	return all
}

var words = regexp.MustCompile(`^[\pL_][\pL\pN_'-]*( [\pL\pN_'-]+)*$`)

// bareWord tells whether text was meant where a rule is read: trial, or New York.
func bareWord(n *node) bool {
	if n.kind != scalar || !words.MatchString(n.text) {
		return false
	}
	return !slices.Contains([]string{"true", "false", "null", "now"}, n.text)
}

func readConsent(c *compiler, n *node) map[string]bool {
	if _, ok := c.fieldsOf(n, "consent", "topic: true, or topic: false"); !ok {
		return nil
	}
	all := map[string]bool{}
	for _, x := range n.fields {
		topic := x.key.text
		if _, known := c.o.Topics[topic]; !known && len(c.o.Topics) > 0 {
			hint := "it under topics: in workspace.yaml"
			if near := spelling.Nearest(topic, slices.Sorted(maps.Keys(c.o.Topics))); near != "" {
				hint = near
			}
			c.problem(x.key, "there is no topic %s; write %s", topic, hint)
		}
		if yes, ok := c.yes(x.value, topic); ok {
			all[topic] = yes
		}
	}
	return all
}

func (b *update) look(w *walk, at *step, _ bool) turn {
	change := &Change{Unset: slices.Clone(b.unset)}
	for _, a := range b.set {
		value, ok := w.value(a.value, at, w.s.Now)
		if !ok || value == nil {
			continue // absent changes nothing
		}
		if change.Set == nil {
			change.Set = map[string]any{}
		}
		change.Set[a.attribute] = asJSON(value)
	}
	for topic, yes := range b.consent {
		if change.Consent == nil {
			change.Consent = map[string]bool{}
		}
		change.Consent[topic] = yes
	}
	return turn{action: &Action{Kind: Update, Update: change}}
}
