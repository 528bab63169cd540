package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// Reader gathers all that is wrong with one file.
type Reader struct {
	Report func(line, column int, message string)
}

// Fail reports what is wrong at a node.
func (r *Reader) Fail(n *Node, format string, args ...any) {
	r.Report(n.Line, n.Column, fmt.Sprintf(format, args...))
}

// Fields reads a mapping: each known field by its function, in the order of the file. Fields that are
// not known, stand twice or are empty are reported. It is false when n is no mapping.
func (r *Reader) Fields(n *Node, what string, known map[string]func(*Node)) bool {
	if n.Kind != Object {
		r.Fail(n, "%s is %s, not a mapping; write name: value pairs", what, n.Shape())
		return false
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	lines := map[string]int{}
	for _, f := range n.Fields {
		name := f.Key.Text
		read, ok := known[name]
		line, twice := lines[name]
		lines[name] = f.Key.Line
		switch {
		case twice:
			r.Fail(f.Key, "%s stands here twice, first in line %d; write it once", name, line)
		case !ok:
			hint := "one of " + strings.Join(names, ", ")
			if near := spelling.Nearest(name, names); near != "" {
				hint = near
			}
			r.Fail(f.Key, "%s has no field %s; write %s", what, name, hint)
		case f.Value.Kind == Null:
			r.Fail(f.Key, "%s has no value; write one, or leave %s out", name, name)
		default:
			read(f.Value)
		}
	}
	return true
}

// Text reads one piece of text.
func (r *Reader) Text(n *Node, what, example string) (string, bool) {
	if n.Kind == Scalar && strings.TrimSpace(n.Text) != "" {
		return n.Text, true
	}
	shape := n.Shape()
	if n.Kind == Scalar {
		shape = "empty"
	}
	r.Fail(n, "%s is %s; write %s", what, shape, example)
	return "", false
}

// Yes reads true or false.
func (r *Reader) Yes(n *Node, what string) bool {
	yes, ok := n.Value().(bool)
	if !ok {
		r.Fail(n, "%s is yes or no; write true or false", what)
	}
	return yes
}

// Items reads a list.
func (r *Reader) Items(n *Node, what string) []*Node {
	if n.Kind != List {
		r.Fail(n, "%s is %s; write a list, each item behind a -", what, n.Shape())
		return nil
	}
	return n.Items
}

// Values reads a mapping with the file's own names.
func (r *Reader) Values(n *Node, what string) map[string]any {
	if n.Kind != Object {
		r.Fail(n, "%s is %s; write name: value pairs", what, n.Shape())
		return nil
	}
	all, _ := n.Value().(map[string]any)
	return all
}
