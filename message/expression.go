package message

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/osteele/liquid/expressions"
)

// maxExpression bounds one tag's or output's expression in bytes: evaluation recurses over it.
const maxExpression = 1000

// expression is a compiled Liquid expression, with what the library does not tell of it.
type expression struct {
	eval     expressions.Expression
	at       int // offset in its file
	refs     []ref
	filters  []word
	compares int    // comparisons and `contains`: each may walk a whole value
	bare     string // the variable, if the expression is nothing else
}

// ref is a variable and the fixed names after it.
type ref struct {
	path []string
	at   int
}

type word struct {
	text string
	at   int
}

// guarded turns the expression parser's panics (it raises some on malformed numbers and names)
// into errors.
func guarded[T any](parse func() (T, error)) (out T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return parse()
}

// compile reads an expression that stands at an offset of a file. On a problem it returns an
// expression without eval, so that its names are still checked.
func (s *source) compile(text string, at int) *expression {
	e := s.scan(text, at)
	if len(text) > maxExpression {
		s.problem(at, "this expression is longer than %d characters; write it in parts with {%% assign %%}", maxExpression)
		return e
	}
	parsed, err := guarded(func() (expressions.Expression, error) { return expressions.Parse(text) })
	if err != nil {
		s.problem(at, "cannot read `%s`; write a name, a quoted text or a number, then filters after `|`", brief(text))
		return e
	}
	e.eval = parsed
	return e
}

// statement reads a tag whose form the library's grammar knows: assign, for, when, cycle.
func (s *source) statement(selector, text string, at int, form string) *expressions.Statement {
	if len(text) > maxExpression {
		s.problem(at, "this tag is longer than %d characters; write it in parts with {%% assign %%}", maxExpression)
		return nil
	}
	// The grammar's end and its statement words must come from us alone.
	stmt, err := guarded(func() (*expressions.Statement, error) {
		return expressions.ParseStatement(selector, text)
	})
	if err != nil {
		s.problem(at, "cannot read `%s`; write %s", brief(text), form)
		return nil
	}
	return stmt
}

// scan finds names, filters and comparisons. It follows the library's lexer: names are letters,
// digits, `_` and `-`, with an optional `?` at the end.
func (s *source) scan(text string, at int) *expression {
	e := &expression{at: at}
	filter, depth := false, 0
	var open []*ref // the variable before each `[`
	var last *ref   // the variable whose path may go on here
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\'':
			end := closing(text, i)
			if last != nil && i > 0 && text[i-1] == '[' && end < len(text) && text[end] == ']' {
				last.path = append(last.path, text[i+1:end-1])
				e.commit(last)
				i = end + 1
				continue
			}
			last = nil
			i = end
		case strings.HasPrefix(text[i:], ".."):
			last = nil
			i += 2
		case c == '.' && wordAt(text, i+1) > 0:
			n := wordAt(text, i+1)
			if last != nil { // else a name of what an index or a bracket gives: not fixed
				last.path = append(last.path, text[i+1:i+1+n])
				e.commit(last)
			}
			i += 1 + n
		case c == '[':
			if last != nil && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\'') {
				i++ // its text is the next name
				continue
			}
			open, last = append(open, last), nil
			i++
		case c == ']':
			if n := len(open); n > 0 {
				open = open[:n-1]
			}
			last = nil
			i++
		case c == '|':
			filter, last = true, nil
			i++
		case c == '(':
			depth++
			if depth > 50 {
				s.problem(at+i, "brackets are nested too deeply here")
				return e
			}
			last = nil
			i++
		case wordAt(text, i) > 0:
			n := wordAt(text, i)
			w := word{text[i : i+n], at + i}
			keyword := i+n < len(text) && text[i+n] == ':'
			switch {
			case filter:
				e.filters, filter, last = append(e.filters, w), false, nil
			case keyword, reserved(w.text):
				if w.text == "contains" {
					e.compares++
				}
				last = nil
			default:
				e.refs = append(e.refs, ref{path: []string{w.text}, at: w.at})
				last = &ref{path: []string{w.text}, at: w.at}
				if strings.TrimSpace(text) == w.text {
					e.bare = w.text
				}
			}
			i += n
		case c >= '0' && c <= '9':
			for i < len(text) && text[i] >= '0' && text[i] <= '9' {
				i++
			}
			last = nil
		default:
			if c == '<' || c == '>' || c == '=' || c == '!' {
				e.compares++
			}
			last = nil
			i++
		}
	}
	return e
}

// commit writes the growing path back to the variable that it belongs to.
func (e *expression) commit(r *ref) { e.refs[len(e.refs)-1].path = r.path }

// closing returns the offset after the quoted text that starts at i.
func closing(text string, i int) int {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\' && quote == '"':
			j++
		case text[j] == quote:
			return j + 1
		}
	}
	return len(text)
}

// wordAt returns the length of the name that starts at i, or 0.
func wordAt(text string, i int) int {
	n := 0
	for i+n < len(text) {
		r, size := utf8.DecodeRuneInString(text[i+n:])
		switch {
		case unicode.IsLetter(r) || r == '_':
		case n > 0 && (unicode.IsDigit(r) || unicode.IsMark(r) || r == '-'):
		case n > 0 && r == '?':
			return n + 1
		default:
			return n
		}
		n += size
	}
	return n
}

func reserved(w string) bool {
	switch w {
	case "true", "false", "nil", "and", "or", "contains", "in":
		return true
	}
	return false
}

// brief quotes source in a problem without filling the screen.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return text
}
