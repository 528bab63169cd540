package journey

import (
	"maps"
	"regexp"
	"slices"

	"github.com/mixtapehq/mixtape/document"
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

func readUpdate(c *compiler, _ *step, n *document.Node) body {
	b := &update{}
	f, ok := c.Mapping(n, "an update", "set:, unset: or consent:")
	if !ok {
		return b
	}
	if !f.Has("set") && !f.Has("unset") && !f.Has("consent") {
		c.Fail(n, "an update changes nothing; write set:, unset: or consent:")
	}
	if v := f.Get("set"); v != nil {
		b.set = readSet(c, v)
	}
	unset := f.Get("unset")
	for _, name := range c.Names(unset, "unset", "the name of an attribute") {
		c.attribute(unset, name)
		if slices.ContainsFunc(b.set, func(a assignment) bool { return a.attribute == name }) {
			c.Fail(unset, "%s is set and unset; write one of them", name)
		}
		b.unset = append(b.unset, name)
	}
	if v := f.Get("consent"); v != nil {
		b.consent = readConsent(c, v)
	}
	f.Done()
	return b
}

func readSet(c *compiler, n *document.Node) []assignment {
	var all []assignment
	if _, ok := c.Mapping(n, "set", "attribute: and a rule"); !ok {
		return nil
	}
	for _, x := range n.Fields {
		name := x.Key.Text
		c.attribute(x.Key, name)
		switch {
		case x.Value.Kind == document.Null:
			c.Fail(x.Key, "%s is set to nothing; write unset: [%s]", name, name)
		case bareWord(x.Value):
			c.Fail(x.Value, "%s is a word, and set wants a rule; write \"'%s'\" for text", x.Value.Text, x.Value.Text)
		default:
			if r := c.valueRule(x.Value, name); r != nil {
				all = append(all, assignment{name, r})
			}
		}
	}
	return all
}

var words = regexp.MustCompile(`^[\pL_][\pL\pN_'-]*( [\pL\pN_'-]+)*$`)

// bareWord tells whether text was meant where a rule is read: trial, or New York.
func bareWord(n *document.Node) bool {
	if n.Kind != document.Scalar || !words.MatchString(n.Text) {
		return false
	}
	return !slices.Contains([]string{"true", "false", "null", "now"}, n.Text)
}

func readConsent(c *compiler, n *document.Node) map[string]bool {
	if _, ok := c.Mapping(n, "consent", "topic: true, or topic: false"); !ok {
		return nil
	}
	all := map[string]bool{}
	for _, x := range n.Fields {
		topic := x.Key.Text
		if _, known := c.o.Topics[topic]; !known && len(c.o.Topics) > 0 {
			hint := "it under topics: in workspace.yaml"
			if near := spelling.Nearest(topic, slices.Sorted(maps.Keys(c.o.Topics))); near != "" {
				hint = near
			}
			c.Fail(x.Key, "there is no topic %s; write %s", topic, hint)
		}
		all[topic] = c.Yes(x.Value, topic)
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
