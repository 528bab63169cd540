package rules

import (
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// variable is a loop's name for the element at hand.
type variable struct {
	name  string
	event bool // it stands for an event of a where
	read  *EventRead
}

// compile turns an expression into a node. After a problem it goes on, so that all are found; only in a rule
// with a great many, each of which takes a search for what was meant, the rest is told when these are mended.
func (c *compiler) compile(e ast.Expr) node {
	if len(c.problems) >= maxProblems {
		return absent()
	}
	n := c.part(e)
	n.at = func() Position { return c.start(e) }
	return n
}

func (c *compiler) part(e ast.Expr) node {
	switch e.Kind() {
	case ast.LiteralKind:
		return c.literal(e)
	case ast.IdentKind:
		return c.name(e, e.AsIdent())
	case ast.SelectKind:
		return c.selection(e, e.AsSelect().Operand(), e.AsSelect().FieldName())
	case ast.CallKind:
		return c.call(e, e.AsCall())
	case ast.ListKind:
		return c.list(e.AsList())
	case ast.MapKind:
		return c.mapping(e.AsMap())
	case ast.UnspecifiedExprKind: // where the parser gave up
		c.problem(c.at, tooDeep)
		return absent()
	}
	c.problem(c.start(e), "a rule cannot build objects; write a map such as {\"plan\": \"free\"}")
	return absent()
}

func (c *compiler) literal(e ast.Expr) node {
	switch v := e.AsLiteral().(type) {
	case types.Bool:
		return literal(bool(v))
	case types.Int:
		return literal(float64(v))
	case types.Uint:
		return literal(float64(v))
	case types.Double:
		return literal(number(float64(v)))
	case types.String:
		return literal(string(v))
	case types.Bytes:
		return literal([]byte(v))
	}
	return absentLiteral() // null
}

func absentLiteral() node {
	n := absent()
	n.constant = true
	return n.asSQL(func(*translation) term { return nothing() })
}

func (c *compiler) call(e ast.Expr, call ast.CallExpr) node {
	name, args := call.FunctionName(), call.Args()
	if op, ok := comparisonOf(name); ok {
		return c.comparison(op, e, args)
	}
	switch name {
	case operators.LogicalAnd, operators.LogicalOr:
		return c.logic(name, args)
	case operators.LogicalNot:
		return c.not(args[0])
	case operators.Conditional:
		return c.conditional(args)
	case operators.In:
		return c.in(args)
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo:
		return c.arithmetic(e, name, args)
	case operators.Negate:
		return c.negate(args[0])
	case operators.Index:
		return c.index(e, args[0], args[1])
	}
	return c.function(e, call)
}

func (c *compiler) list(l ast.ListExpr) node {
	elements := make([]func(*run) any, 0, l.Size())
	parts := make([]node, 0, l.Size())
	size, constant := elementSteps, true
	for _, e := range l.Elements() {
		n := c.compile(e)
		c.refuseMoving(e, n, "a list")
		elements = append(elements, n.value)
		parts = append(parts, n)
		size += n.size
		constant = constant && n.constant
	}
	build := func(r *run) any {
		out := make([]any, len(elements))
		for i, element := range elements {
			out[i] = element(r)
		}
		return out
	}
	if constant {
		return literal(build(nil))
	}
	return expression(List, size, build).asSQL(func(t *translation) term {
		x := term{kind: List}
		for _, n := range parts {
			x.elements = append(x.elements, t.term(n))
		}
		return x
	})
}

func (c *compiler) mapping(m ast.MapExpr) node {
	type field struct {
		key, value func(*run) any
		k, v       node
	}
	fields := make([]field, 0, m.Size())
	size := mapSteps
	for _, entry := range m.Entries() {
		k, v := c.compile(entry.AsMapEntry().Key()), c.compile(entry.AsMapEntry().Value())
		if k.kind != String && k.kind != Unknown {
			c.problem(c.start(entry.AsMapEntry().Key()), `the keys of a map are text; write them in quotes, such as {"1": true}`)
		}
		c.refuseMoving(entry.AsMapEntry().Value(), v, "a map")
		fields = append(fields, field{k.value, v.value, k, v})
		size += k.size + v.size + entrySteps
	}
	return expression(Map, size, func(r *run) any {
		out := make(map[string]any, len(fields))
		for _, f := range fields {
			if k, ok := f.key(r).(string); ok && r.scan(len(k)) {
				out[k] = f.value(r)
			}
		}
		return out
	}).asSQL(func(t *translation) term {
		keys, values := make([]term, 0, len(fields)), make([]term, 0, len(fields))
		for _, f := range fields {
			keys, values = append(keys, t.term(f.k)), append(values, t.term(f.v))
		}
		return t.mapping(keys, values)
	})
}

// refuseMoving complains of a value that moves with now where nothing could tell when what becomes
// of it changes.
func (c *compiler) refuseMoving(e ast.Expr, n node, user string) {
	if n.moves {
		c.problem(c.start(e), "%s cannot take what moves with now, for nobody could tell when it changes; "+
			"write a comparison such as now > date(user.renews_at), or local_hour(now), local_day(now)", user)
	}
}
