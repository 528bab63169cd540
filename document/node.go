package document

// Kind is what a value is.
type Kind int

// The kinds. What a Scalar is besides text, its Value tells.
const (
	Null Kind = iota
	Scalar
	List
	Object
)

// Node is one value of a file with the place where it stands.
type Node struct {
	Kind         Kind
	Line, Column int     // from 1, in characters
	Text         string  // of a Scalar, as written, without its quotes
	Quoted       bool    // in quotes or a block: not a number, true or null
	Items        []*Node // of a List
	Fields       []Field // of an Object, in the order of the file; names may come twice
}

// Field is a name of a mapping and what stands behind it.
type Field struct {
	Key   *Node
	Value *Node
}

// Get is the value of a field of a mapping, nil when it is not there.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Key.Text == name {
			return f.Value
		}
	}
	return nil
}

// OneOrMore are the items of a list, and of anything else itself.
func (n *Node) OneOrMore() []*Node {
	if n.Kind == List {
		return n.Items
	}
	return []*Node{n}
}

// Shape names what a value is, for messages.
func (n *Node) Shape() string {
	switch n.Kind {
	case Null:
		return "empty"
	case List:
		return "a list"
	case Object:
		return "a mapping"
	}
	return "text"
}
