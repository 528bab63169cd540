package rules

import (
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// logic compiles && and ||. The right side is looked at only if the left does not settle it.
func (c *compiler) logic(operator string, args []ast.Expr) node {
	x, y := c.condition(args[0]), c.condition(args[1])
	left, right := x.holds, y.holds
	size := x.size + y.size + 1
	if operator == operators.LogicalAnd {
		return test(size, func(r *run) bool { return left(r) && right(r) }).asSQL(func(t *translation) term {
			return testTerm("(" + t.part(x) + " and " + t.part(y) + ")")
		})
	}
	return test(size, func(r *run) bool { return left(r) || right(r) }).asSQL(func(t *translation) term {
		return testTerm("(" + t.inner(x) + " or " + t.inner(y) + ")")
	})
}

func (c *compiler) not(arg ast.Expr) node {
	x := c.condition(arg)
	holds := x.holds
	return test(x.size+1, func(r *run) bool { return !holds(r) }).asSQL(func(t *translation) term {
		return testTerm("(" + t.inner(x) + " is not true)")
	})
}

// condition compiles what stands where true or false is wanted. A text there is nearly always the
// end of a comparison that was meant to go on, as in plan == "a" || "b".
func (c *compiler) condition(e ast.Expr) node {
	n := c.compile(e)
	if n.constant && (n.kind == String || n.kind == Number) {
		c.problem(c.start(e), `a bare value is neither true nor false; write a whole comparison, such as user.plan == "free" || user.plan == "trial", or user.plan in ["free", "trial"]`)
	}
	return n
}

func (c *compiler) conditional(args []ast.Expr) node {
	x, y, z := c.condition(args[0]), c.compile(args[1]), c.compile(args[2])
	kind := y.kind
	if z.kind != kind {
		kind = Unknown
	}
	condition, then, otherwise := x.holds, y.value, z.value
	return expression(kind, x.size+y.size+z.size+1, func(r *run) any {
		if condition(r) {
			return then(r)
		}
		return otherwise(r)
	}).moving(y.moves || z.moves).asSQL(func(t *translation) term {
		return t.choice(t.inner(x), t.term(y), t.term(z))
	})
}

// choice writes ?:. Where the two are of one kind, so is the outcome.
func (t *translation) choice(condition string, then, otherwise term) term {
	kind, absent := then.kind, then.absent && otherwise.absent
	if then.absent {
		kind = otherwise.kind
	}
	same := kind == otherwise.kind || otherwise.absent
	either := func(a, b string) string { return "(case when " + condition + " then " + a + " else " + b + " end)" }
	switch {
	case absent:
		return nothing()
	case same && kind == Number:
		_, decimal1 := t.asNumber(then)
		_, decimal2 := t.asNumber(otherwise)
		if decimal1 && decimal2 {
			a, _ := t.asNumber(then)
			b, _ := t.asNumber(otherwise)
			return term{kind: Number, decimal: true, text: either(a, b)}
		}
		return term{kind: Number, text: either(t.asDouble(then), t.asDouble(otherwise))}
	case same && kind == String:
		return term{kind: String, text: either(t.asText(then), t.asText(otherwise))}
	case same && kind == Bool:
		return term{kind: Bool, text: either(t.asBool(then), t.asBool(otherwise))}
	case same && kind == Date:
		return term{kind: Date, text: either(t.asDate(then), t.asDate(otherwise))}
	case same && kind == Duration:
		return term{kind: Duration, text: either(t.asSpan(then), t.asSpan(otherwise))}
	}
	if !same {
		kind = Unknown
	}
	return term{kind: kind, text: either(t.asJSON(then), t.asJSON(otherwise))}
}
