// Package document reads YAML that people write: a file as nodes that know where they stand, and
// nodes as what a language expects. Whatever is wrong is told by line and column, all of it at once.
//
// What a file means is for its reader to know, who asks for fields, texts and values by name.
package document

import (
	"cmp"
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Format is a kind of file: how messages speak of it, and what it does without.
type Format struct {
	Noun      string // what one file holds, to stand behind "a": "journey"; empty: "document"
	Empty     string // what to write into a file that is empty: "journey, entry and steps"
	Hint      string // what to write where a file is no YAML; empty: what fits the mistake
	NoAliases bool   // &name and *name, which repeat a value, are not read
}

func (f Format) noun() string { return cmp.Or(f.Noun, "document") }

// Error is why a file could not be read at all.
type Error struct {
	Line, Column int // from 1, in characters
	Message      string
}

func (e *Error) Error() string { return e.Message }

func bad(line, column int, format string, args ...any) error {
	return &Error{max(line, 1), max(column, 1), fmt.Sprintf(format, args...)}
}

// Read turns a file of no particular kind into nodes.
func Read(source []byte) (*Node, error) { return Format{}.Read(source) }

// Read turns a file into nodes. Anything that is not one clean document is an error, of type *Error.
func (f Format) Read(source []byte) (_ *Node, err error) {
	source = plain(source)
	if err := f.checkBytes(source); err != nil {
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
		return nil, f.syntax(err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.DirectiveType || d.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			at := d.Body.GetToken().Position
			return nil, bad(at.Line, 1, "a second document begins here; write one %s a file", f.noun())
		}
		body = d.Body
	}
	if body == nil {
		return nil, bad(1, 1, "the file is empty; write %s", cmp.Or(f.Empty, "something"))
	}
	t := &tree{format: f, anchors: map[string]ast.Node{}}
	return t.node(body, 0)
}
