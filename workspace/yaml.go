package workspace

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDepth is how deep the values of workspace.yaml may nest; the language needs four levels.
const maxDepth = 16

type nodeKind int

const (
	null nodeKind = iota
	scalar
	list
	object
)

// node is one value of workspace.yaml with the place where it stands.
type node struct {
	kind      nodeKind
	line, col int
	text      string
	items     []*node
	fields    []field
}

type field struct{ key, value *node }

// shape names what a value is, for people.
func (n *node) shape() string {
	return map[nodeKind]string{null: "empty", scalar: "text", list: "a list", object: "a mapping"}[n.kind]
}

// badYAML is why the file could not be read at all.
type badYAML struct {
	line, col int
	message   string
}

func (e *badYAML) Error() string { return e.message }

func bad(at *token.Position, format string, args ...any) error {
	return &badYAML{at.Line, at.Column, fmt.Sprintf(format, args...)}
}

// readYAML turns the file into nodes; nil is an empty file.
func readYAML(source string) (_ *node, err error) {
	if !utf8.ValidString(source) || strings.ContainsRune(source, 0) {
		return nil, &badYAML{1, 1, "this file is not UTF-8 text; write it in UTF-8"}
	}
	// The parser is fed by whoever writes the file: should it trip over something strange, the file is
	// at fault and not the process.
	defer func() {
		if recover() != nil {
			err = &badYAML{1, 1, "this is not YAML that can be read; write lines such as name: acme"}
		}
	}()
	file, err := parser.ParseBytes([]byte(strings.TrimPrefix(source, "\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntax(err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			return nil, bad(d.Body.GetToken().Position, "a second document begins here; write one")
		}
		body = d.Body
	}
	if body == nil {
		return nil, nil
	}
	return read(body, 0)
}

func syntax(err error) error {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) || at.GetToken() == nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return &badYAML{1, 1, "not YAML: " + first + "; write lines such as name: acme"}
	}
	return bad(at.GetToken().Position, "not YAML: %s; write text that holds : # { } [ ] in quotes, and indent with spaces", at.GetMessage())
}

func read(n ast.Node, depth int) (*node, error) {
	p := n.GetToken().Position
	if depth > maxDepth {
		return nil, bad(p, "more than %d levels deep; write it flatter", maxDepth)
	}
	at := &node{line: p.Line, col: p.Column}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return nil, bad(p, "anchors, aliases and tags are not read here; write the value out")
	case *ast.NullNode:
		return at, nil
	case *ast.StringNode:
		at.kind, at.text = scalar, n.Value
		return at, nil
	case *ast.LiteralNode:
		at.kind, at.text = scalar, n.Value.Value
		return at, nil
	case *ast.SequenceNode:
		at.kind = list
		for _, item := range n.Values {
			v, err := read(item, depth+1)
			if err != nil {
				return nil, err
			}
			at.items = append(at.items, v)
		}
		return at, nil
	case *ast.MappingNode:
		return readObject(at, n.Values, depth)
	case *ast.MappingValueNode:
		return readObject(at, []*ast.MappingValueNode{n}, depth)
	}
	at.kind, at.text = scalar, n.GetToken().Value // numbers and booleans, as written
	return at, nil
}

func readObject(at *node, values []*ast.MappingValueNode, depth int) (*node, error) {
	at.kind = object
	for i, v := range values {
		p := v.Key.GetToken().Position
		if i == 0 && p.Line <= at.line && p.Column < at.col { // the mapping's own token is its first colon
			at.line, at.col = p.Line, p.Column
		}
		if v.Key.IsMergeKey() {
			return nil, bad(p, "<< is not read here; write the fields out")
		}
		key, err := read(v.Key, depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind != scalar {
			return nil, bad(p, "a name is wanted before the colon; write a word")
		}
		value, err := read(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		at.fields = append(at.fields, field{key, value})
	}
	return at, nil
}
