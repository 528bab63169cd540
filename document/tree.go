package document

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// syntax says in our words what the parser says.
func (f Format) syntax(err error) error {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) || at.GetToken() == nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		if f.Hint != "" {
			first += "; write " + f.Hint
		}
		return bad(1, 1, "not YAML: %s", first)
	}
	p, message := at.GetToken().Position, at.GetMessage()
	hint := "the lines above each other where they belong together, and text that holds : # { } [ ] in quotes"
	switch {
	case f.Hint != "":
	case strings.Contains(message, "'\t'"):
		message, hint = "a tab where the indentation is", "spaces instead of tabs"
	case strings.Contains(message, "mapping value is not allowed"):
		hint = `text that holds ": " in quotes`
	}
	return bad(p.Line, p.Column, "not YAML: %s; write %s", message, cmp.Or(f.Hint, hint))
}

// tree makes nodes of what the parser found.
type tree struct {
	format  Format
	anchors map[string]ast.Node
	open    []ast.Node // aliases being followed
	nodes   int
}

func (t *tree) node(n ast.Node, depth int) (*Node, error) {
	p := n.GetToken().Position
	if t.nodes++; t.nodes > maxNodes {
		return nil, bad(p.Line, p.Column, "more than %d values, aliases written out; write less", maxNodes)
	}
	if depth > maxDepth {
		return nil, bad(p.Line, p.Column, "more than %d levels deep; write it flatter", maxDepth)
	}
	at := &Node{Line: p.Line, Column: p.Column}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return t.marked(at, n, depth)
	case *ast.NullNode:
		return at, nil
	case *ast.StringNode:
		at.Kind, at.Text = Scalar, n.Value
		at.Quoted = n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
		return at, nil
	case *ast.LiteralNode:
		at.Kind, at.Text, at.Quoted = Scalar, n.Value.Value, true
		return at, nil
	case *ast.SequenceNode:
		at.Kind = List
		for _, item := range n.Values {
			v, err := t.node(item, depth+1)
			if err != nil {
				return nil, err
			}
			at.Items = append(at.Items, v)
		}
		return at, nil
	case *ast.MappingNode:
		return t.object(at, n.Values, depth)
	case *ast.MappingValueNode:
		return t.object(at, []*ast.MappingValueNode{n}, depth)
	}
	at.Kind, at.Text = Scalar, n.GetToken().Value // numbers, booleans, infinities: as written
	return at, nil
}

// marked reads a value with a mark before it, or a mark that stands for a value.
func (t *tree) marked(at *Node, n ast.Node, depth int) (*Node, error) {
	if t.format.NoAliases {
		return nil, bad(at.Line, at.Column, "anchors, aliases and tags are not read here; write the value out")
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		if n.Value == nil {
			return at, nil
		}
		t.anchors[n.Name.GetToken().Value] = n.Value
		return t.node(n.Value, depth+1)
	case *ast.AliasNode:
		return t.alias(at, n.Value.GetToken().Value, depth)
	}
	return nil, bad(at.Line, at.Column, "the tag %s has no meaning here; write the value without it", n.GetToken().Value)
}

func (t *tree) alias(at *Node, name string, depth int) (*Node, error) {
	target, ok := t.anchors[name]
	if !ok {
		return nil, bad(at.Line, at.Column, "no anchor &%s stands before this alias; write &%s at what it repeats", name, name)
	}
	if slices.Contains(t.open, target) {
		return nil, bad(at.Line, at.Column, "*%s holds itself; write it out", name)
	}
	t.open = append(t.open, target)
	v, err := t.node(target, depth+1)
	t.open = t.open[:len(t.open)-1]
	return v, err
}

func (t *tree) object(at *Node, values []*ast.MappingValueNode, depth int) (*Node, error) {
	at.Kind = Object
	if len(values) > 0 { // the mapping's own token is its first colon, or the brace
		if p := values[0].Key.GetToken().Position; p.Line < at.Line || p.Line == at.Line && p.Column < at.Column {
			at.Line, at.Column = p.Line, p.Column
		}
	}
	for _, v := range values {
		p := v.Key.GetToken().Position
		if v.Key.IsMergeKey() {
			return nil, bad(p.Line, p.Column, "<< is not read here; write the fields out")
		}
		var name ast.Node = v.Key
		if k, ok := v.Key.(*ast.MappingKeyNode); ok { // behind a question mark
			name = k.Value
		}
		key, err := t.node(name, depth+1)
		if err != nil {
			return nil, err
		}
		if key.Kind != Scalar {
			return nil, bad(p.Line, p.Column, "a name is wanted before the colon; write a word")
		}
		value, err := t.node(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		at.Fields = append(at.Fields, Field{key, value})
	}
	return at, nil
}
