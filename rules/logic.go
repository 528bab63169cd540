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
		return test(size, func(r *run) bool { return left(r) && right(r) })
	}
	return test(size, func(r *run) bool { return left(r) || right(r) })
}

func (c *compiler) not(arg ast.Expr) node {
	x := c.condition(arg)
	holds := x.holds
	return test(x.size+1, func(r *run) bool { return !holds(r) })
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
	}).moving(y.moves || z.moves)
}
