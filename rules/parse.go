package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
)

// Limits on what is parsed. A rule is a sentence, not a program.
const (
	maxSource       = 10_000 // characters
	maxNesting      = 250    // brackets, calls and operators within each other
	maxProblems     = 20
	maxSyntaxErrors = 3 // one slip makes many, and the first says most
)

// compiler is the state of compiling one rule.
type compiler struct {
	env        *Env
	scope      Scope
	results    []string
	at         Position
	source     string
	info       *ast.SourceInfo
	problems   []Problem
	reads      Reads
	vars       []variable
	classes    int     // of characters, in the patterns so far
	iterations float64 // how often the part at hand runs in one evaluation, at most
}

// parse returns the syntax tree, or nil with the problems noted.
func (c *compiler) parse() ast.Expr {
	if strings.TrimSpace(c.source) == "" {
		c.problem(c.at, `the rule is empty; write true for "always"`)
		return nil
	}
	tree, errs := c.env.parser.Parse(common.NewTextSource(c.source))
	line := -1
	for _, err := range errs.GetErrors() {
		// Further complaints of the same line are mostly echoes of its first.
		if err.Location.Line() != line {
			c.problem(c.place(err.Location), "%s", syntaxMessage(err.Message))
		}
		line = err.Location.Line()
	}
	if len(c.problems) > 0 {
		return nil
	}
	c.info = tree.SourceInfo()
	return tree.Expr()
}

// place turns a place in the rule into one in the file. Further lines of a block scalar are
// indented as its first; of a rule folded into one line by YAML the line is only near.
func (c *compiler) place(l common.Location) Position {
	p := c.at
	if l != common.NoLocation && l.Line() > 0 {
		p.Line += l.Line() - 1
		p.Column += l.Column()
	}
	return p
}

// start is where an expression begins, at its leftmost part.
func (c *compiler) start(e ast.Expr) Position {
	return c.place(c.info.GetLocationByOffset(c.leftmost(e)))
}

func (c *compiler) leftmost(e ast.Expr) int32 {
	at := int32(0)
	if span, ok := c.info.GetOffsetRange(e.ID()); ok {
		at = span.Start
	}
	switch e.Kind() {
	case ast.SelectKind:
		return min(at, c.leftmost(e.AsSelect().Operand()))
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return min(at, c.leftmost(call.Target()))
		}
		if name := call.FunctionName(); len(call.Args()) > 0 && isOperator(name) {
			return min(at, c.leftmost(call.Args()[0]))
		}
		// The position of a call is its bracket; the name stands before it.
		return max(0, at-int32(len(call.FunctionName())))
	}
	return at
}

func isOperator(name string) bool {
	return strings.ContainsAny(name, "_@!") && !isWord.MatchString(name)
}

var isWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// problem notes one; the same complaint at the same place is made once.
func (c *compiler) problem(at Position, format string, args ...any) {
	p := Problem{Position: at, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// sorted is every problem in the order of the file.
func (c *compiler) sorted() []Problem {
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
	return c.problems
}

var (
	unexpectedToken = regexp.MustCompile(`(?:mismatched|extraneous|no viable alternative at) input '([^']*|'+)'`)
	unknownToken    = regexp.MustCompile(`token recognition error at: '(.*)'`)
	missingToken    = regexp.MustCompile(`missing '([^']+)' at`)
	reservedWord    = regexp.MustCompile(`reserved identifier: (\w+)`)
)

const tooDeep = "the rule nests too deeply; write it as several steps or segments"

// syntaxMessage says in plain words what the parser says in its own.
func syntaxMessage(message string) string {
	if m := reservedWord.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%q is a word that CEL keeps for itself; write `%s` in backticks after a dot, or use another name", m[1], m[1])
	}
	if m := unknownToken.FindStringSubmatch(message); m != nil {
		switch {
		case strings.HasPrefix(m[1], `"`), strings.HasPrefix(m[1], `'`):
			return "a text is opened but never closed; write the closing quote"
		case m[1] == "=" || strings.HasPrefix(m[1], "= "):
			return "a single = means nothing here; write == to compare"
		case strings.HasPrefix(m[1], "&"):
			return "a single & means nothing here; write && for and"
		case strings.HasPrefix(m[1], "|"):
			return "a single | means nothing here; write || for or"
		}
		return fmt.Sprintf("%s means nothing in a rule", m[1])
	}
	if m := missingToken.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("something is missing here; write %s", m[1])
	}
	if m := unexpectedToken.FindStringSubmatch(message); m != nil {
		switch strings.ToLower(m[1]) {
		case ".in", ".true", ".false", ".null":
			return fmt.Sprintf("%q is a word that CEL keeps for itself; write it in brackets, such as user[%q]", m[1][1:], m[1][1:])
		case "<eof>":
			return "the rule ends too early: something is missing, such as a closing bracket or the other side of a comparison"
		case "and":
			return `there is no "and"; write &&`
		case "or":
			return `there is no "or"; write ||`
		}
		return fmt.Sprintf("%q is not expected here: an operator such as && or == is missing before it, or a bracket does not match", m[1])
	}
	switch {
	case strings.Contains(message, "recursion"):
		return tooDeep
	case strings.Contains(message, "size exceeds limit"):
		return fmt.Sprintf("the rule is longer than %d characters; write it as several steps or segments", maxSource)
	}
	return "this does not read as a rule: " + strings.TrimPrefix(message, "Syntax error: ")
}
