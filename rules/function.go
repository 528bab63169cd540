package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"

	"github.com/mixtapehq/mixtape/spelling"
)

// function is one function of the language. Each kind has a file of its own, which says what it
// means; functions lists them.
type function struct {
	usage   string // how it is written, for messages
	member  bool   // value.f(...) is allowed
	global  bool   // f(...) is allowed
	least   int    // arguments, the value before the dot counted as one
	most    int
	compile func(c *compiler, call call) node
	// sql writes a strict function; v are its values, none of which is always absent.
	sql func(t *translation, v []term) term
}

// asSQL says how a strict function is put to the database.
func (f function) asSQL(sql func(t *translation, v []term) term) function {
	f.sql = sql
	return f
}

// call is a call of a function. For a member call the value before the dot is target.
type call struct {
	expr   ast.Expr
	name   string
	target ast.Expr // nil for f(...)
	args   []ast.Expr
}

// all is the value before the dot, if any, and the arguments.
func (c call) all() []ast.Expr {
	if c.target == nil {
		return c.args
	}
	return append([]ast.Expr{c.target}, c.args...)
}

func functions() map[string]function {
	all := map[string]function{}
	for _, group := range []map[string]function{
		presenceFunctions(), loopFunctions(), eventFunctions(), consentFunctions(),
		conversionFunctions(), clockFunctions(), textFunctions(), matchFunctions(),
		personFunctions(), catalogFunctions(), calendarFunctions(), trendingFunctions(),
	} {
		maps.Copy(all, group)
	}
	return all
}

func (c *compiler) function(e ast.Expr, x ast.CallExpr) node {
	cl := call{expr: e, name: x.FunctionName(), args: x.Args()}
	if x.IsMemberFunction() {
		cl.target = x.Target()
	}
	f, ok := c.env.functions[cl.name]
	if !ok {
		c.unknownFunction(cl)
		return absent()
	}
	if (cl.target != nil && !f.member) || (cl.target == nil && !f.global) ||
		len(cl.all()) < f.least || len(cl.all()) > f.most {
		c.problem(c.start(e), "%s is not called like this; write %s", cl.name, f.usage)
		return absent()
	}
	return f.compile(c, cl)
}

func (c *compiler) unknownFunction(cl call) {
	names := slices.Sorted(maps.Keys(c.env.functions))
	for _, expr := range cl.all() {
		c.compile(expr) // for the problems in it
	}
	if near := spelling.Nearest(cl.name, names); near != "" {
		c.problem(c.start(cl.expr), "there is no function %q; write %s", cl.name, c.env.functions[near].usage)
		return
	}
	c.problem(c.start(cl.expr), "there is no function %q; the functions are %s", cl.name, strings.Join(names, ", "))
}

// strict compiles a function of values: when one of them is absent, so is what comes of it.
// What moves with now is refused, since nothing tells when the outcome changes.
func strict(usage string, member, global bool, args int, kind Kind, apply func(r *run, v []any) any) function {
	return strictRange(usage, member, global, args, args, kind, apply)
}

// strictRange is strict with arguments that may be left out.
func strictRange(usage string, member, global bool, least, most int, kind Kind, apply func(r *run, v []any) any) function {
	f := function{usage: usage, member: member, global: global, least: least, most: most}
	f.compile = func(c *compiler, cl call) node {
		values := make([]func(*run) any, 0, most)
		parts := make([]node, 0, most)
		size := callSteps
		for _, e := range cl.all() {
			n := c.compile(e)
			c.refuseMoving(e, n, cl.name+"()")
			values = append(values, n.value)
			parts = append(parts, n)
			size += n.size
		}
		n := expression(kind, size, func(r *run) any {
			var room [4]any
			in := room[:0]
			for _, value := range values {
				v := value(r)
				if v == nil {
					return nil
				}
				in = append(in, v)
			}
			return apply(r, in)
		})
		if sql := c.env.functions[cl.name].sql; sql != nil {
			n = n.asSQL(func(t *translation) term { return t.strict(sql, parts) })
		}
		return n
	}
	return f
}

// strict writes a function of values, unless one of them is always absent.
func (t *translation) strict(sql func(t *translation, v []term) term, parts []node) term {
	values := make([]term, len(parts))
	for i, n := range parts {
		if values[i] = t.term(n); values[i].absent {
			return nothing()
		}
	}
	return sql(t, values)
}

// text is the text that an expression literally is, for what has to be known beforehand.
func (c *compiler) text(e ast.Expr, what string) (string, bool) {
	if e.Kind() == ast.LiteralKind {
		if s, ok := e.AsLiteral().Value().(string); ok {
			return s, true
		}
	}
	c.problem(c.start(e), "%s has to stand in the rule itself, as a text in quotes, so that it is known beforehand", what)
	return "", false
}
