package document

import (
	"strconv"
	"strings"
)

// Value is the node as JSON has it: string, float64, bool, nil, []any or map[string]any. What stands
// in quotes is text.
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
			all[f.Key.Text] = f.Value.Value()
		}
		return all
	}
	if n.Quoted {
		return n.Text
	}
	switch strings.ToLower(n.Text) {
	case "true":
		return true
	case "false":
		return false
	case "null", "~":
		return nil
	}
	if x, err := strconv.ParseFloat(n.Text, 64); err == nil && looksNumeric(n.Text) {
		return x
	}
	return n.Text
}

// looksNumeric leaves words such as inf and hexadecimal floats what they are: text.
func looksNumeric(text string) bool {
	return strings.ContainsAny(text, "0123456789") && strings.Trim(text, "+-.0123456789eE") == ""
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
