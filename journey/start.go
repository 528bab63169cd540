package journey

import (
	"slices"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/spelling"
)

// start is the step that lets the profile into another journey, under that one's entry rules.
type start struct {
	leaf
	passing
	journey string
	with    []assignment
}

func readStart(c *compiler, _ *step, n *document.Node) body {
	b := &start{}
	f, ok := c.Mapping(n, "a start", "{journey: win-back}")
	if !ok {
		return b
	}
	name := f.Want("journey", "journey: and its name")
	if text, ok := c.Text(name, "journey", "the name of a journey"); ok {
		b.journey = text
		if c.o.Journeys != nil && !slices.Contains(c.o.Journeys, text) {
			c.Fail(name, "there is no journey %s; write %s", text, spelling.Instead(text, c.o.Journeys))
		}
	}
	if v := f.Get("with"); v != nil {
		b.with = c.assignments(v, "with", "property: and a rule", leaveOut)
	}
	f.Done()
	return b
}

func (b *start) look(w *walk, at *step, _ bool) turn {
	return turn{action: &Action{Kind: Start, Start: &Entrance{Journey: b.journey, With: w.valuesOf(b.with, at)}}}
}

// Starts are the journeys that this one starts, in the order of the file.
func (j *Journey) Starts() []string {
	var all []string
	for _, s := range j.order {
		if b, ok := s.body.(*start); ok && !slices.Contains(all, b.journey) {
			all = append(all, b.journey)
		}
	}
	return all
}
