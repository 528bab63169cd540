package rules

import (
	"strconv"
	"strings"
)

// format writes format(). Postgres writes whole numbers and those with all their digits as we do, and
// no others.
func (t *translation) format(directives []directive, list term) term {
	if !list.may(List) {
		return nothing()
	}
	parts := []string{}
	for i, d := range directives {
		if d.before != "" {
			parts = append(parts, t.arg("text", d.before))
		}
		if d.verb == 0 {
			continue
		}
		x, ok := t.element(list, i)
		switch {
		case !ok:
			return nothing()
		case d.verb == 's':
			x = t.string(x)
		case d.verb == 'd' && x.may(Number):
			x = term{kind: String, text: sqlCall("digits", t.asDouble(x))}
		case d.verb == 'd':
			return nothing()
		default:
			return t.refuse("only %%s and %%d can be asked of all people at once; write one of these")
		}
		parts = append(parts, t.asText(x))
	}
	if len(parts) == 0 {
		parts = append(parts, t.arg("text", ""))
	}
	text := "(" + strings.Join(parts, " || ") + ")"
	if list.text != "" {
		text = "(case when " + t.asList(list) + " is not null then " + text + " end)"
	}
	return term{kind: String, text: text}
}

// element is the i-th of a list, counted from 0; false where a written out list ends before it.
func (t *translation) element(list term, i int) (term, bool) {
	switch {
	case i < len(list.elements):
		return list.elements[i], true
	case list.text == "":
		return nothing(), false
	}
	return unknownTerm("(" + t.asList(list) + " -> " + strconv.Itoa(i) + ")"), true
}
