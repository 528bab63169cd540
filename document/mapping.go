package document

import (
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// Mapping reads the fields of a mapping: what is asked for is known, the rest is reported by Done.
type Mapping struct {
	r     *Reader
	n     *Node
	what  string // "a wait", for messages
	known []string
}

// Mapping reads a mapping; what is what it should be, such as "a wait", and example what to write when
// n is none. That is reported and false; the Mapping has no fields then.
func (r *Reader) Mapping(n *Node, what, example string) (*Mapping, bool) {
	m := &Mapping{r: r, n: n, what: what}
	if n.Kind != Object {
		r.Fail(n, "%s is %s, not a mapping; write %s", what, n.Shape(), example)
		return m, false
	}
	r.twice(n)
	return m, true
}

// twice reports names that stand in a mapping more than once, if any do. The first of them counts.
func (r *Reader) twice(n *Node) (found bool) {
	first := map[string]*Node{}
	for _, f := range n.Fields {
		if had, twice := first[f.Key.Text]; twice {
			r.Fail(f.Key, "%s stands here twice, first in line %d; write it once", f.Key.Text, had.Line)
			found = true
			continue
		}
		first[f.Key.Text] = f.Key
	}
	return found
}

// Get returns the value of a field, nil when it is not there. A field without a value is not there
// either, and reported.
func (m *Mapping) Get(name string) *Node {
	m.Know(name)
	for _, f := range m.n.Fields {
		if f.Key.Text == name {
			return m.r.present(f)
		}
	}
	return nil
}

func (r *Reader) present(f Field) *Node {
	if f.Value.Kind == Null {
		r.Fail(f.Key, "%s has no value; write one, or leave %s out", f.Key.Text, f.Key.Text)
		return nil
	}
	return f.Value
}

// Has tells whether the field is written, with or without a value.
func (m *Mapping) Has(name string) bool { return m.n.Get(name) != nil }

// Want is Get for a field that must be there; the example is what to write when it is not.
func (m *Mapping) Want(name, example string) *Node {
	v := m.Get(name)
	if v == nil && !m.Has(name) && !m.misspelt(name) {
		m.r.Fail(m.n, "%s has no %s; write %s", m.what, name, example)
	}
	return v
}

// misspelt tells whether a field is written that was probably meant to be this one: Done reports it.
func (m *Mapping) misspelt(name string) bool {
	return slices.ContainsFunc(m.n.Fields, func(f Field) bool { return spelling.Nearest(f.Key.Text, []string{name}) != "" })
}

// Know tells of fields that nobody asks for with Get and that may be there all the same.
func (m *Mapping) Know(names ...string) { m.known = append(m.known, names...) }

// Done reports every field that is not known. Later names those of the language that this version does
// not carry out.
func (m *Mapping) Done(later ...string) {
	known := slices.Compact(slices.Sorted(slices.Values(m.known)))
	for _, f := range m.n.Fields {
		name := f.Key.Text
		if slices.Contains(known, name) {
			continue
		}
		if slices.Contains(later, name) {
			m.r.Fail(f.Key, "%s is not supported yet in %s; write the %s without it", name, m.what, m.r.noun())
			continue
		}
		hint := "one of " + strings.Join(known, ", ")
		if near := spelling.Nearest(name, append(slices.Clone(known), later...)); near != "" {
			hint = near
		}
		m.r.Fail(f.Key, "%s has no field %s; write %s", m.what, name, hint)
	}
}

// Fields reads a mapping: each known field by its function, in the order of the file. Fields that are
// not known, stand twice or are empty are reported. It is false when n is no mapping.
func (r *Reader) Fields(n *Node, what string, known map[string]func(*Node)) bool {
	m, ok := r.Mapping(n, what, "name: value pairs")
	if !ok {
		return false
	}
	for name := range known {
		m.Know(name)
	}
	r.once(n, func(f Field) {
		read := known[f.Key.Text]
		if read == nil {
			return
		}
		if v := r.present(f); v != nil {
			read(v)
		}
	})
	m.Done()
	return true
}

// Each reads a mapping with the file's own names, in the order of the file. Names that stand twice or
// have no value are reported and left out.
func (r *Reader) Each(n *Node, visit func(key, value *Node)) {
	r.twice(n)
	r.once(n, func(f Field) {
		if v := r.present(f); v != nil {
			visit(f.Key, v)
		}
	})
}

// once goes through a mapping, the first time that each name stands there.
func (r *Reader) once(n *Node, visit func(Field)) {
	seen := map[string]bool{}
	for _, f := range n.Fields {
		if !seen[f.Key.Text] {
			seen[f.Key.Text] = true
			visit(f)
		}
	}
}
