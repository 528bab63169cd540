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
		b.properties = c.assignments(v, "properties", "property: and a rule", leaveOut)
	}
	f.Done()
	return b
}

func (b *emit) look(w *walk, at *step, _ bool) turn {
	return turn{action: &Action{Kind: Emit, Emit: &Emission{Event: b.event, Properties: w.valuesOf(b.properties, at)}}}
}
