package document

import (
	"regexp"
	"strconv"
)

// numberForm is a number as JSON writes it. Any reader takes that for one.
var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// doubtful are words that one reader of YAML takes for a number or a truth, and another for text or for
// another number: 010 is eight to some.
var doubtful = regexp.MustCompile(`^([-+]?(0[xob][0-9A-Fa-f_]+|[0-9][0-9_]*\.?[0-9_]*([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)|True|TRUE|False|FALSE)$`)

// Value is the node as JSON has it: string, float64, bool, nil, []any or map[string]any. What stands
// in quotes is text, and so is what is not written as JSON writes it.
func (n *Node) Value() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Null:
		return nil
	case List:
		all := make([]any, len(n.Items))
		for i, item := range n.Items {
			all[i] = item.Value()
		}
		return all
	case Object:
		all := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			if _, twice := all[f.Key.Text]; !twice {
				all[f.Key.Text] = f.Value.Value()
			}
		}
		return all
	}
	if !n.Quoted {
		switch {
		case n.Text == "true" || n.Text == "false":
			return n.Text == "true"
		case numberForm.MatchString(n.Text):
			if x, err := strconv.ParseFloat(n.Text, 64); err == nil {
				return x
			}
		}
	}
	return n.Text
}

// Value reads any value as JSON has it. It is false when something in it, which is reported, may not
// mean what its author thinks: a name that stands twice, a word that may be a number.
func (r *Reader) Value(n *Node) (any, bool) { return n.Value(), r.clear(n) }

// Values reads a mapping of any values by the file's own names.
func (r *Reader) Values(n *Node, what string) map[string]any {
	if n == nil {
		return nil
	}
	if n.Kind != Object {
		r.Fail(n, "%s is %s; write name: value pairs", what, n.Shape())
		return nil
	}
	value, _ := r.Value(n)
	all, _ := value.(map[string]any)
	return all
}

// clear tells whether a value means one thing only, and reports where it does not.
func (r *Reader) clear(n *Node) bool {
	if n == nil {
		return true
	}
	ok := !r.twice(n)
	for _, item := range n.Items {
		ok = r.clear(item) && ok
	}
	for _, f := range n.Fields {
		ok = r.clear(f.Value) && ok
	}
	if n.Kind != Scalar || n.Quoted {
		return ok
	}
	switch _, text := n.Value().(string); {
	case text && doubtful.MatchString(n.Text):
		r.Fail(n, "%s is text to some and a number, true or false to others; write %q, or a plain 16, 0.5, true or false", n.Text, n.Text)
		return false
	case !text && !exact(n.Text):
		r.Fail(n, "%s has more digits than a number keeps; write %q", n.Text, n.Text)
		return false
	}
	return ok
}

var wholeForm = regexp.MustCompile(`^-?[0-9]+$`)

// exact tells whether a number is kept to the last digit. With a point or an exponent it is rounded, as
// everywhere.
func exact(text string) bool {
	const most = 1 << 53
	whole, err := strconv.ParseInt(text, 10, 64)
	return !wholeForm.MatchString(text) || err == nil && -most <= whole && whole <= most
}
