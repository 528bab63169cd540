package message

import (
	"errors"
	"regexp"
	"strings"

	"github.com/osteele/liquid/expressions"

	"github.com/mixtapehq/mixtape/spelling"
)

// Signals of {% break %} and {% continue %}; a loop catches them.
var (
	errBreak    = errors.New("break outside a loop")
	errContinue = errors.New("continue outside a loop")
)

var tagNames = []string{"assign", "break", "capture", "case", "comment", "continue", "cycle", "for",
	"if", "include", "raw", "render", "unless"}

// tag reads one tag and, if it opens a block, all of the block.
func (b *builder) tag(t *token) any {
	switch t.Name {
	case "if", "unless":
		return b.conditional(t)
	case "case":
		return b.cases(t)
	case "for":
		return b.loop(t)
	case "assign":
		return b.assign(t)
	case "capture":
		return b.capture(t)
	case "cycle":
		return b.cycle(t)
	case "break", "continue":
		if b.loops == 0 {
			b.problem(t.at, "{%% %s %%} stands outside a {%% for %%}", t.Name)
		}
		if t.Name == "break" {
			return jumpNode{errBreak}
		}
		return jumpNode{errContinue}
	case "comment", "raw":
		return b.verbatim(t)
	case "include", "render":
		return b.include(t)
	}
	switch {
	case strings.HasPrefix(t.Name, "end") || t.Name == "else" || t.Name == "elsif" || t.Name == "when":
		b.problem(t.at, "{%% %s %%} closes or continues nothing here", t.Name)
	default:
		hint := "the tags are " + strings.Join(tagNames, ", ")
		if near := spelling.Nearest(t.Name, tagNames); near != "" {
			hint = "write " + near
		}
		b.problem(t.at, "there is no tag %s; %s", t.Name, hint)
	}
	return nil
}

func (b *builder) conditional(t *token) any {
	n := ifNode{}
	defer b.leave()
	if !b.enter(t) {
		return nil
	}
	test, not := b.compile(t.Args, t.args), t.Name == "unless"
	for {
		body, end := b.block([]string{"elsif", "else", "end" + t.Name})
		n.branches = append(n.branches, branch{test, not, body})
		if end == nil || strings.HasPrefix(end.Name, "end") {
			b.unclosed(t, end)
			return n
		}
		if test == nil {
			b.problem(end.at, "{%% %s %%} after {%% else %%}; write {%% else %%} last", end.Name)
		}
		test, not = nil, false
		if end.Name == "elsif" {
			test = b.compile(end.Args, end.args)
		}
	}
}

func (b *builder) cases(t *token) any {
	defer b.leave()
	if !b.enter(t) {
		return nil
	}
	n := caseNode{subject: b.compile(t.Args, t.args)}
	if body, end := b.block([]string{"when", "else", "endcase"}); end != nil {
		if hasContent(body) {
			b.problem(t.at, "what stands between {%% case %%} and the first {%% when %%} is never shown; move it")
		}
		for end != nil && end.Name != "endcase" {
			w := when{}
			if end.Name == "when" {
				w.expr = b.scan(end.Args, end.args)
				if stmt := b.statement(expressions.WhenStatementSelector, end.Args, end.args, `{% when "a", "b" %}`); stmt != nil {
					w.values = stmt.When.Exprs
				}
			}
			w.body, end = b.block([]string{"when", "else", "endcase"})
			n.whens = append(n.whens, w)
		}
		b.unclosed(t, end)
		return n
	}
	b.unclosed(t, nil)
	return n
}

func hasContent(nodes []any) bool {
	for _, n := range nodes {
		if text, ok := n.(textNode); !ok || strings.TrimSpace(text.text) != "" {
			return true
		}
	}
	return false
}

func (b *builder) loop(t *token) any {
	defer b.leave()
	if !b.enter(t) {
		return nil
	}
	n := forNode{at: t.at, expr: &expression{at: t.args}}
	stmt := b.statement(expressions.LoopStatementSelector, t.Args, t.args, "{% for item in list %}")
	if stmt != nil {
		n.loop = stmt.Loop
	}
	if _, rest, ok := strings.Cut(t.Args, " in "); ok {
		n.expr = b.scan(rest, t.args+len(t.Args)-len(rest))
		n.ranged = strings.HasPrefix(strings.TrimSpace(rest), "(")
		kept := n.expr.refs[:0]
		for _, r := range n.expr.refs {
			if len(r.path) > 1 || r.path[0] != "reversed" {
				kept = append(kept, r)
			}
		}
		n.expr.refs = kept
	}
	b.loops++
	var end *token
	n.body, end = b.block([]string{"else", "endfor"})
	b.loops--
	if end != nil && end.Name == "else" {
		n.none, end = b.block([]string{"endfor"})
	}
	b.unclosed(t, end)
	return n
}

func (b *builder) assign(t *token) any {
	stmt := b.statement(expressions.AssignStatementSelector, t.Args, t.args, "{% assign name = value %}")
	if stmt == nil {
		return nil
	}
	if len(stmt.Assignment.Path) != 1 {
		b.problem(t.args, "`%s` cannot be assigned to; write a name without a dot", strings.Join(stmt.Assignment.Path, "."))
		return nil
	}
	_, value, _ := strings.Cut(t.Args, "=")
	return assignNode{stmt.Assignment.Variable, b.scan(value, t.args+len(t.Args)-len(value)), stmt.Assignment.ValueFn, t.args}
}

func (b *builder) capture(t *token) any {
	defer b.leave()
	if !b.enter(t) {
		return nil
	}
	name := strings.Trim(strings.TrimSpace(t.Args), `"'`)
	if name == "" || wordAt(name, 0) != len(name) {
		b.problem(t.args, "{%% capture %%} wants one name; write {%% capture greeting %%}")
	}
	body, end := b.block([]string{"endcapture"})
	b.unclosed(t, end)
	return captureNode{name, body, t.args}
}

func (b *builder) cycle(t *token) any {
	stmt := b.statement(expressions.CycleStatementSelector, t.Args, t.args, `{% cycle "a", "b" %}`)
	if stmt == nil {
		return nil
	}
	if b.loops == 0 {
		b.problem(t.at, "{%% cycle %%} stands outside a {%% for %%}")
	}
	return cycleNode{stmt.Cycle.Group, stmt.Cycle.Values, t.at}
}

// verbatim reads a comment, which is dropped, or a raw block, which is kept as it stands.
func (b *builder) verbatim(t *token) any {
	var text strings.Builder
	for b.next < len(b.tokens) {
		inner := &b.tokens[b.next]
		b.next++
		if inner.Name == "end"+t.Name {
			if t.Name == "comment" {
				return nil
			}
			return textNode{text.String(), t.at + len(t.Source)}
		}
		text.WriteString(inner.Source)
		if t.Name == "raw" && (strings.Contains(inner.Source, "{{") || strings.Contains(inner.Source, "{%")) {
			b.problem(inner.at, "a reader would see `%s`; write it without {%% raw %%}, or leave it out", brief(inner.Source))
		}
	}
	b.unclosed(t, nil)
	return nil
}

var (
	includeForm = regexp.MustCompile(`^\s*["']([^"']*)["']\s*,?\s*`)
	paramForm   = regexp.MustCompile(`^\s*([A-Za-z_][\w-]*)\s*:\s*`)
)

// include reads `include "name", a: x, b: y`. The name is a constant, so that only the workspace's
// partials can be meant and all of them are checked beforehand.
func (b *builder) include(t *token) any {
	m := includeForm.FindStringSubmatchIndex(t.Args)
	if m == nil {
		b.problem(t.args, "{%% %s %%} wants a partial's name in quotes; write {%% %s \"footer\" %%} for _footer.liquid", t.Name, t.Name)
		return nil
	}
	n := includeNode{partial: strings.TrimPrefix(t.Args[m[2]:m[3]], "_"), isolated: t.Name == "render", at: t.args}
	for at := m[1]; at < len(t.Args); {
		name := paramForm.FindStringSubmatchIndex(t.Args[at:])
		if name == nil {
			b.problem(t.args+at, "cannot read `%s`; write {%% %s \"%s\", name: value %%}", brief(t.Args[at:]), t.Name, n.partial)
			break
		}
		start := at + name[1]
		end := start + comma(t.Args[start:])
		value := strings.TrimRight(t.Args[start:end], " \t\r\n")
		b.pass(n.partial, t.Args[at+name[2]:at+name[3]])
		n.params = append(n.params, param{t.Args[at+name[2] : at+name[3]], b.compile(value, t.args+start)})
		at = end + 1
	}
	return n
}

// comma returns the offset of the next comma outside quotes, else the end.
func comma(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			i = closing(text, i) - 1
		case ',':
			return i
		}
	}
	return len(text)
}
