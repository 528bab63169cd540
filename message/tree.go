package message

import (
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/parser"
)

// Limits of one file. They keep the stack small (the walk recurses over blocks) and a render's
// cost in proportion to what a person would write.
const (
	maxSource   = 256 << 10 // bytes
	maxTags     = 2000      // {{ }} and {% %}
	maxBlocks   = 24        // blocks within blocks
	maxFiles    = 8         // partials within partials
	maxIncludes = 500       // of one message
)

// A node is one piece of a parsed body.
type (
	textNode struct {
		text string
		at   int // offset in the file
	}
	outputNode struct{ expr *expression }
	ifNode     struct {
		branches []branch
	}
	branch struct {
		test *expression // nil is `else`
		not  bool
		body []any
	}
	caseNode struct {
		subject *expression
		whens   []when
	}
	when struct {
		values []expressions.Expression // none is `else`
		expr   *expression
		body   []any
	}
	forNode struct {
		loop       expressions.Loop
		expr       *expression
		body, none []any
		ranged     bool // over `(a..b)`
		at         int
	}
	assignNode struct {
		name  string
		expr  *expression
		value expressions.Expression
		at    int
	}
	captureNode struct {
		name string
		body []any
		at   int
	}
	cycleNode struct {
		group  string
		values []string
		at     int
	}
	jumpNode    struct{ signal error }
	includeNode struct {
		partial  string
		isolated bool // `render`: the partial sees its parameters alone
		params   []param
		at       int
	}
	param struct {
		name string
		expr *expression
	}
)

// document is a parsed piece of Liquid: a body, or one front matter value.
type document struct {
	source *source
	at     int // its offset in the file
	nodes  []any
}

// token is the library's, with its place.
type token struct {
	parser.Token
	at   int // offset in the file
	args int // offset of Args
}

type builder struct {
	*source
	tokens []token
	next   int
	depth  int
	loops  int
}

// parse reads Liquid text that starts at an offset of the file.
func (s *source) parse(text string, at int) *document {
	b := &builder{source: s, tokens: s.tokenise(text, at)}
	nodes, _ := b.block(nil)
	return &document{s, at, nodes}
}

// tokenise cuts text into tokens; `{{-` and `-}}` trim the white space of the text beside them.
func (s *source) tokenise(text string, at int) []token {
	var out []token
	offset, trim := at, false
	for _, t := range parser.Scan(text, parser.SourceLoc{}, nil) {
		switch t.Type {
		case parser.TrimLeftTokenType:
			if n := len(out); n > 0 && out[n-1].Type == parser.TextTokenType {
				out[n-1].Args = strings.TrimRight(out[n-1].Args, " \t\r\n")
			}
			continue
		case parser.TrimRightTokenType:
			trim = true
			continue
		case parser.TextTokenType:
			t.Args = t.Source
			if trim {
				t.Args = strings.TrimLeft(t.Args, " \t\r\n")
			}
		}
		trim = false
		if len(out) > 2*maxTags {
			s.problem(offset, "this file has more than %d tags; write parts of it as partials", maxTags)
			return out
		}
		tok := token{Token: t, at: offset, args: offset}
		if t.Type != parser.TextTokenType {
			start := 2
			if t.Type == parser.TagTokenType {
				start = strings.Index(t.Source, t.Name) + len(t.Name)
			}
			tok.args += max(strings.Index(t.Source[start:], t.Args), 0) + start
		}
		out = append(out, tok)
		offset += len(t.Source)
	}
	return out
}

// block reads nodes up to one of the given closing tags and returns that tag, nil at the end.
func (b *builder) block(closers []string) ([]any, *token) {
	var nodes []any
	for b.next < len(b.tokens) {
		t := &b.tokens[b.next]
		b.next++
		switch t.Type {
		case parser.TextTokenType:
			b.leftover(t)
			if t.Args != "" {
				nodes = append(nodes, textNode{t.Args, t.at + max(strings.Index(t.Source, t.Args), 0)})
			}
		case parser.ObjTokenType:
			nodes = append(nodes, outputNode{b.compile(t.Args, t.args)})
		case parser.TagTokenType:
			for _, c := range closers {
				if t.Name == c {
					return nodes, t
				}
			}
			if n := b.tag(t); n != nil {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes, nil
}

// leftover reports `{{` and `{%` that the scanner did not recognise: a reader would see them.
func (b *builder) leftover(t *token) {
	for _, open := range []string{"{{", "{%"} {
		if i := strings.Index(t.Source, open); i >= 0 {
			shut := map[string]string{"{{": "}}", "{%": "%}"}[open]
			b.problem(t.at+i, "`%s` is not closed on its line; write `%s ... %s` in one line", open, open, shut)
		}
	}
}

// enter counts blocks within blocks; the caller reads the body only if it answers true.
func (b *builder) enter(t *token) bool {
	b.depth++
	if b.depth == maxBlocks+1 {
		b.problem(t.at, "more than %d blocks within each other; write the inner ones as a partial", maxBlocks)
	}
	return b.depth <= maxBlocks
}

func (b *builder) leave() { b.depth-- }

// unclosed reports a block without its end.
func (b *builder) unclosed(t, end *token) {
	if end == nil {
		b.problem(t.at, "{%% %s %%} is never closed; write {%% end%s %%}", t.Name, t.Name)
	}
}
