// Package document reads YAML that people write: a file as nodes that know where they stand, so that
// whatever is wrong with it can be told by line and column.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of one file. A journey of a hundred steps has some 30 KB and 2,000 nodes; what is
// far beyond was not written by hand, and aliases of aliases grow without end.
const (
	maxSource = 1 << 20
	maxNodes  = 50_000
	maxDepth  = 64
	maxIndent = 128
)

// Kind is what a value is.
type Kind int

// The kinds.
const (
	Null Kind = iota
	Scalar
	List
	Object
)

// Node is one value of a file with the place where it stands.
type Node struct {
	Kind         Kind
	Line, Column int // from 1, in characters
	Text         string
	Quoted       bool // in quotes or a block: not a number, true or null
	Items        []*Node
	Fields       []Field
}

// Field is a name of a mapping and what stands behind it.
type Field struct {
	Key   *Node
	Value *Node
}

// Error is why a file could not be read at all.
type Error struct {
	Line, Column int
	Message      string
}

func (e *Error) Error() string { return e.Message }

func bad(line, col int, format string, args ...any) error {
	return &Error{max(line, 1), max(col, 1), fmt.Sprintf(format, args...)}
}

// Read turns a file into nodes. Anything that is not one clean document is an error.
func Read(source []byte) (_ *Node, err error) {
	if err := checkBytes(source); err != nil {
		return nil, err
	}
	// The parser is fed by whoever may publish a journey: should it trip over something strange,
	// the file is at fault and not the process.
	defer func() {
		if recover() != nil {
			err = bad(1, 1, "this is not YAML that can be read; write plain YAML: lists, mappings and text")
		}
	}()
	file, err := parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntax(err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			at := d.Body.GetToken().Position
			return nil, bad(at.Line, 1, "a second document begins here; write one file for each")
		}
		body = d.Body
	}
	if body == nil {
		return nil, bad(1, 1, "the file is empty; write something")
	}
	r := &yamlReader{anchors: map[string]ast.Node{}}
	return r.read(body, 0)
}

// plain is the file without what editors leave in it unseen: a byte order mark, other systems' line
// ends. Lines are then counted by everybody as the editor shows them.
func plain(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
}

// checkBytes refuses what is no text, and what would lead the parser astray: it needs far more time
// and memory for brackets in brackets than they have bytes.
func checkBytes(source []byte) error {
	if len(source) > maxSource {
		return bad(1, 1, "the file has %d bytes and may have %d; write a shorter one, or several", len(source), maxSource)
	}
	line, col, depth, indent := 1, 1, 0, 0
	begun := false // the line has more than indentation
	for i := 0; i < len(source); {
		c, size := utf8.DecodeRune(source[i:])
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if !begun && strings.ContainsRune(" -?:\t", c) {
			indent++
		} else {
			begun = true
		}
		switch {
		case c == utf8.RuneError && size == 1:
			return bad(line, col, "byte %#x is not UTF-8; write the file in UTF-8", source[i])
		case depth > maxDepth || indent > maxIndent:
			return bad(line, col, "too deep; write it flatter")
		case c == '\n':
			line, col, indent, begun = line+1, 0, 0, false
		case c == '\t':
		case c < ' ', c == 0x7f:
			return bad(line, col, "character %#x does not belong into text; write it without", c)
		}
		i, col = i+size, col+1
	}
	return nil
}

func syntax(err error) error {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) || at.GetToken() == nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return bad(1, 1, "not YAML: %s", first)
	}
	message := at.GetMessage()
	hint := "the lines above each other where they belong together, and text that holds : # { } [ ] in quotes"
	switch {
	case strings.Contains(message, "'\t'"):
		message, hint = "a tab where the indentation is", "spaces instead of tabs"
	case strings.Contains(message, "mapping value is not allowed"):
		hint = `text that holds ": " in quotes`
	}
	p := at.GetToken().Position
	return bad(p.Line, p.Column, "not YAML: %s; write %s", message, hint)
}

type yamlReader struct {
	anchors map[string]ast.Node
	open    []ast.Node // aliases being followed
	nodes   int
}

func (r *yamlReader) read(n ast.Node, depth int) (*Node, error) {
	p := n.GetToken().Position
	if r.nodes++; r.nodes > maxNodes {
		return nil, bad(p.Line, p.Column, "more than %d values, aliases written out; write less", maxNodes)
	}
	if depth > maxDepth {
		return nil, bad(p.Line, p.Column, "more than %d levels deep; write it flatter", maxDepth)
	}
	at := &Node{Line: p.Line, Column: p.Column}
	switch n := n.(type) {
	case *ast.AnchorNode:
		if n.Value == nil {
			return at, nil
		}
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.read(n.Value, depth+1)
	case *ast.AliasNode:
		return r.alias(n, depth)
	case *ast.TagNode:
		return nil, bad(p.Line, p.Column, "the tag %s has no meaning here; write the value without it", n.Start.Value)
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
			v, err := r.read(item, depth+1)
			if err != nil {
				return nil, err
			}
			at.Items = append(at.Items, v)
		}
		return at, nil
	case *ast.MappingNode:
		return r.object(at, n.Values, depth)
	case *ast.MappingValueNode:
		return r.object(at, []*ast.MappingValueNode{n}, depth)
	}
	at.Kind, at.Text = Scalar, n.GetToken().Value // numbers, booleans, infinities: as written
	return at, nil
}

func (r *yamlReader) alias(n *ast.AliasNode, depth int) (*Node, error) {
	p := n.GetToken().Position
	name := n.Value.GetToken().Value
	target, ok := r.anchors[name]
	if !ok {
		return nil, bad(p.Line, p.Column, "no anchor &%s stands before this alias; write &%s at what it repeats", name, name)
	}
	for _, o := range r.open {
		if o == target {
			return nil, bad(p.Line, p.Column, "*%s holds itself; write it out", name)
		}
	}
	r.open = append(r.open, target)
	v, err := r.read(target, depth+1)
	r.open = r.open[:len(r.open)-1]
	return v, err
}

func (r *yamlReader) object(at *Node, values []*ast.MappingValueNode, depth int) (*Node, error) {
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
		key, err := r.read(v.Key, depth+1)
		if k, ok := v.Key.(*ast.MappingKeyNode); ok {
			key, err = r.read(k.Value, depth+1)
		}
		if err != nil {
			return nil, err
		}
		if key.Kind != Scalar {
			return nil, bad(p.Line, p.Column, "a name is wanted before the colon; write a word")
		}
		value, err := r.read(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		at.Fields = append(at.Fields, Field{key, value})
	}
	return at, nil
}
