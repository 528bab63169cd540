package rules

import (
	"maps"
	"slices"

	"github.com/google/cel-go/common/ast"

	"github.com/mixtapehq/mixtape/spelling"
)

// Seen names the attributes that people have, beside those that are declared, and the events that came.
// Rules may read these; a name that is nearly one of them is refused, for it was surely meant. That
// serves questions that are asked at once: what a journey reads may come yet. An empty list says
// nothing.
func Seen(attributes, events []string) Option {
	return func(e *Env) error {
		e.seenAttributes, e.seenEvents = attributes, events
		return nil
	}
}

// unseenAttribute complains of an attribute that nobody has; false: there is no telling.
func (c *compiler) unseenAttribute(e ast.Expr, name string) bool {
	if len(c.env.seenAttributes) == 0 {
		return false
	}
	known := slices.Concat(c.env.seenAttributes, slices.Collect(maps.Keys(builtIn())), slices.Collect(maps.Keys(c.env.attributes)))
	if slices.Contains(known, name) {
		return true
	}
	slices.Sort(known)
	if near := spelling.Nearest(name, known); near != "" {
		c.problem(c.start(e), "nobody has ever had the attribute %q; write user.%s", name, near)
		return true
	}
	return false
}

// unseenEvent complains of an event that never came and is nearly one that did.
func (c *compiler) unseenEvent(e ast.Expr, name string) {
	if slices.Contains(c.env.seenEvents, name) {
		return
	}
	if near := spelling.Nearest(name, c.env.seenEvents); near != "" {
		c.problem(c.start(e), "nobody has ever sent the event %q; write %q", name, near)
	}
}
