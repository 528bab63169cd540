package journey

import (
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
)

// emit is the step that lets an event happen to the profile.
type emit struct {
	leaf
	passing
	event      string
	properties []assignment
}

func readEmit(c *compiler, _ *step, n *document.Node) body {
	b := &emit{}
	f, ok := c.Mapping(n, "an emit", "{event: went_quiet}")
	if !ok {
		return b
	}
	event := f.Want("event", "event: and its name")
	if name, ok := c.Text(event, "event", "the name of an event"); ok {
		if p := profile.CheckEventName(name); p != nil {
			c.Fail(event, "the event %s", p.Message)
		}
		b.event = name
	}
	if v := f.Get("properties"); v != nil {
		b.properties = c.values(v, "properties", "property: and a rule")
	}
	f.Done()
	return b
}

func (b *emit) look(w *walk, at *step, _ bool) turn {
	return turn{action: &Action{Kind: Emit, Emit: &Emission{Event: b.event, Properties: w.valuesOf(b.properties, at)}}}
}

// values reads a mapping of names to rules.
func (c *compiler) values(n *document.Node, what, example string) []assignment {
	var all []assignment
	if _, ok := c.Mapping(n, what, example); !ok {
		return nil
	}
	for _, x := range n.Fields {
		switch {
		case x.Value.Kind == document.Null:
			c.Fail(x.Key, "%s has no value; write a rule, or leave it out", x.Key.Text)
		case bareWord(x.Value):
			c.Fail(x.Value, "%s is a word, and this wants a rule; write \"'%s'\" for text", x.Value.Text, x.Value.Text)
		default:
			if r := c.valueRule(x.Value, x.Key.Text); r != nil {
				all = append(all, assignment{x.Key.Text, r})
			}
		}
	}
	return all
}

// valuesOf evaluates them; what is absent is left out.
func (w *walk) valuesOf(rules []assignment, at *step) map[string]any {
	all := map[string]any{}
	for _, a := range rules {
		if value, ok := w.value(a.value, at, w.s.Now); ok && value != nil {
			all[a.attribute] = asJSON(value)
		}
	}
	return all
}
