package journey

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// fields reads a mapping: what is asked for is known, the rest is reported by done.
type fields struct {
	c     *compiler
	n     *node
	what  string // "a wait", for messages
	asked []string
}

// fieldsOf reads n as a mapping; ok is false, and reported, when it is none.
func (c *compiler) fieldsOf(n *node, what, example string) (*fields, bool) {
	f := &fields{c: c, n: n, what: what}
	if n.kind != object {
		c.problem(n, "%s is %s, not a mapping; write %s", what, n.shape(), example)
		return f, false
	}
	first := map[string]*node{}
	for _, x := range n.fields {
		if had, twice := first[x.key.text]; twice {
			c.problem(x.key, "%s stands here twice, first in line %d; write it once", x.key.text, had.line)
			continue
		}
		first[x.key.text] = x.key
	}
	return f, true
}

// get returns the value of a field, nil when it is not there. A field without a value is not there
// either, and reported.
func (f *fields) get(name string) *node {
	f.asked = append(f.asked, name)
	for _, x := range f.n.fields {
		if x.key.text != name {
			continue
		}
		if x.value.kind == null {
			f.c.problem(x.key, "%s has no value; write one, or leave %s out", name, name)
			return nil
		}
		return x.value
	}
	return nil
}

// has tells whether the field is written, with or without a value.
func (f *fields) has(name string) bool {
	return slices.ContainsFunc(f.n.fields, func(x field) bool { return x.key.text == name })
}

// want is get for a field that must be there.
func (f *fields) want(name, example string) *node {
	v := f.get(name)
	if v == nil && !f.has(name) && !f.misspelt(name) {
		f.c.problem(f.n, "%s has no %s; write %s", f.what, name, example)
	}
	return v
}

// misspelt tells whether a field is written that was probably meant to be this one: done reports it.
func (f *fields) misspelt(name string) bool {
	return slices.ContainsFunc(f.n.fields, func(x field) bool { return spelling.Nearest(x.key.text, []string{name}) != "" })
}

// done reports every field that nobody asked for. later names those of the language that this
// version does not carry out.
func (f *fields) done(later ...string) {
	known := slices.Compact(slices.Sorted(slices.Values(f.asked)))
	for _, x := range f.n.fields {
		name := x.key.text
		if slices.Contains(f.asked, name) {
			continue
		}
		if slices.Contains(later, name) {
			f.c.problem(x.key, "%s is not supported yet in %s; write the journey without it", name, f.what)
			continue
		}
		hint := "one of " + strings.Join(known, ", ")
		if near := spelling.Nearest(name, append(slices.Clone(known), later...)); near != "" {
			hint = near
		}
		f.c.problem(x.key, "%s has no field %s; write %s", f.what, name, hint)
	}
}

// shape names what a value is, for messages.
func (n *node) shape() string {
	switch n.kind {
	case null:
		return "empty"
	case list:
		return "a list"
	case object:
		return "a mapping"
	}
	return "text"
}

// text reads one piece of text.
func (c *compiler) text(n *node, what, example string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.kind == scalar && n.text != "" {
		return n.text, true
	}
	if clock, ok := n.brokenClock(); ok {
		c.problem(n, "%s is read as a mapping; write %q in quotes", clock, clock)
		return "", false
	}
	c.problem(n, "%s is %s; write %s", what, n.emptyOr(), example)
	return "", false
}

func (n *node) emptyOr() string {
	if n.kind == scalar {
		return "empty"
	}
	return n.shape()
}

// brokenClock recognises {at: 10:00}: between braces the parser takes the 10 for a name.
func (n *node) brokenClock() (string, bool) {
	if n.kind != object || len(n.fields) != 1 || n.fields[0].value.kind != scalar {
		return "", false
	}
	hour, minute := n.fields[0].key.text, n.fields[0].value.text
	if !digits(hour) || !digits(minute) {
		return "", false
	}
	return fmt.Sprintf("%s:%s", hour, minute), true
}

func digits(s string) bool {
	return s != "" && len(s) <= 2 && strings.Trim(s, "0123456789") == ""
}

// names reads one name or a list of names.
func (c *compiler) names(n *node, what, example string) []string {
	if n == nil {
		return nil
	}
	if n.kind != list {
		name, ok := c.text(n, what, example)
		if !ok {
			return nil
		}
		return []string{name}
	}
	if len(n.items) == 0 {
		c.problem(n, "the list is empty; write %s", example)
	}
	var all []string
	for _, item := range n.items {
		name, ok := c.text(item, what, example)
		switch {
		case ok && slices.Contains(all, name):
			c.problem(item, "%s stands here twice; write it once", name)
		case ok:
			all = append(all, name)
		}
	}
	return all
}

// yes reads true or false.
func (c *compiler) yes(n *node, what string) (bool, bool) {
	if n == nil {
		return false, false
	}
	if n.kind == scalar && !n.quoted && (n.text == "true" || n.text == "false") {
		return n.text == "true", true
	}
	c.problem(n, "%s is true or false; write true or false, unquoted", what)
	return false, false
}

// oneOf reads one word of a closed list; the first is the default.
func (c *compiler) oneOf(n *node, what string, words ...string) string {
	if n == nil {
		return words[0]
	}
	text, ok := c.text(n, what, spelling.Listed(words))
	if ok && !slices.Contains(words, text) {
		c.problem(n, "%s cannot be %s; write %s", what, text, spelling.Instead(text, words))
		return words[0]
	}
	if !ok {
		return words[0]
	}
	return text
}
