package rules

import (
	"time"

	"github.com/google/cel-go/common/ast"

	"github.com/mixtapehq/mixtape/calendar"
)

// operand compiles one side of a comparison. Beside type(...) the name of a type stands for it.
func (c *compiler) operand(e, other ast.Expr) node {
	if e.Kind() == ast.IdentKind && other.Kind() == ast.CallKind && other.AsCall().FunctionName() == "type" {
		if t := typeNamed(e.AsIdent()); t != "" {
			return literal(t)
		}
	}
	return c.compile(e)
}

// checkComparison complains of comparisons that can never hold and were surely meant otherwise.
func (c *compiler) checkComparison(args []ast.Expr, x, y node) {
	for i, n := range [2]node{x, y} {
		other, e := [2]node{y, x}[i], args[i]
		if n.constant && n.kind == Unknown && n.value(nil) == nil && isNull(e) {
			c.problem(c.start(e), "comparing with null is always false, for null is absent; write has(user.plan), or !has(user.plan)")
		}
		c.checkBeside(e, n, other)
	}
	if x.kind == Duration && y.kind == Duration {
		for i, n := range [2]node{x, y} {
			if s, ok := constantSpan(n); ok && s.months != 0 {
				c.problem(c.start(args[i]), "a month is not always as long, so a length of time cannot be compared with it; "+
					"write date(...) + duration(\"%dmo\") < now, or count in days", max(s.months, -s.months))
			}
		}
	}
}

func isNull(e ast.Expr) bool {
	return e.Kind() == ast.LiteralKind && e.AsLiteral().Value() != nil && e.AsLiteral().Type().TypeName() == "null_type"
}

func constantSpan(n node) (span, bool) {
	if !n.constant {
		return span{}, false
	}
	s, ok := n.value(nil).(span)
	return s, ok
}

// checkBeside complains of a literal that means nothing beside a date or a length of time.
func (c *compiler) checkBeside(e ast.Expr, n, other node) {
	if !n.constant {
		return
	}
	s, isText := n.value(nil).(string)
	switch {
	case other.kind == Date && isText:
		if _, readable := calendar.ReadDate(s, time.UTC); readable {
			return
		}
		if _, length := parseSpan(s); length {
			c.problem(c.start(e), "%q is a length of time, not a date; write now - duration(%q) or now + duration(%q)", s, s, s)
			return
		}
		c.problem(c.start(e), "%q cannot be read as a date; write one such as \"2026-01-31\" or \"2026-01-31T09:00:00+01:00\"", s)
	case other.kind == Duration && (isText || n.kind == Number):
		c.problem(c.start(e), "beside a length of time stands another one; write duration(\"3d\"), with s, m, h, d, w or mo")
	}
}

// checkSum does the same for sums and differences.
func (c *compiler) checkSum(args []ast.Expr, x, y node) {
	for i, n := range [2]node{x, y} {
		other, e := [2]node{y, x}[i], args[i]
		if s, ok := n.literalText(); ok && other.kind == Date {
			if _, length := parseSpan(s); length {
				c.problem(c.start(e), "a length of time has to be named as one; write duration(%q)", s)
			}
		}
	}
}

func (n node) literalText() (string, bool) {
	if !n.constant {
		return "", false
	}
	s, ok := n.value(nil).(string)
	return s, ok
}
