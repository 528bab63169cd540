package rules

import (
	"math"
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// maxText is the longest text, in bytes, that a rule may put together; a longer one stops it.
const maxText = 1 << 18

func (c *compiler) arithmetic(e ast.Expr, operator string, args []ast.Expr) node {
	if c.hyphen(e) {
		return absent()
	}
	x, y := c.compile(args[0]), c.compile(args[1])
	c.checkSum(args, x, y)
	left, right := x.value, y.value
	kind := resultKind(operator, x.kind, y.kind)
	apply := apply(operator)
	n := expression(kind, x.size+y.size+1, func(r *run) any {
		a, b := left(r), right(r)
		if a == nil || b == nil {
			return nil
		}
		return apply(r, a, b)
	}).asSQL(func(t *translation) term { return t.arithmetic(operator, t.term(x), t.term(y)) })
	return n.moving((x.moves || y.moves) && kind != Number)
}

// resultKind is the kind of a sum or product, as far as it is known beforehand.
func resultKind(operator string, x, y Kind) Kind {
	add, subtract := operator == operators.Add, operator == operators.Subtract
	switch {
	case !add && !subtract:
		return Number
	case x == Date && y == Date && subtract:
		return Duration
	case x == Date && y == Duration, y == Date && x == Duration && add:
		return Date
	case x == Duration && y == Duration:
		return Duration
	case x == Duration && add, y == Duration:
		return Date // the other is read as one
	case x == Date && subtract, y == Date && subtract:
		return Duration // the other is read as a date
	case x == y && x != Unknown && x != Date:
		return x
	}
	return Unknown
}

func apply(operator string) func(r *run, a, b any) any {
	switch operator {
	case operators.Add:
		return (*run).add
	case operators.Subtract:
		return (*run).subtract
	case operators.Multiply:
		return numeric(func(a, b float64) float64 { return normal(a * b) })
	case operators.Divide:
		return numeric(func(a, b float64) float64 { return normal(a / b) }) // by zero: not finite, so absent
	default:
		return (*run).modulo
	}
}

// normal makes a product 0 that is so near to it that most of its digits are lost.
func normal(f float64) float64 {
	if math.Abs(f) < 0x1p-1022 {
		return 0
	}
	return f
}

func numeric(f func(a, b float64) float64) func(r *run, a, b any) any {
	return func(_ *run, a, b any) any {
		x, ok1 := a.(float64)
		y, ok2 := b.(float64)
		if !ok1 || !ok2 {
			return nil
		}
		return number(f(x, y))
	}
}

// modulo pays for each bit by which the one is larger than the other: so many times it is taken off.
func (r *run) modulo(a, b any) any {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 {
		return nil
	}
	steps := int64(max(0, exponent(x)-exponent(y)))
	if x != math.Trunc(x) || y != math.Trunc(y) {
		steps += 10 * decimalSteps
	}
	if !r.spend(steps) {
		return nil
	}
	return number(remainder(x, y))
}

func exponent(f float64) int {
	_, exp := math.Frexp(f)
	return exp
}

func (r *run) add(a, b any) any {
	switch x := a.(type) {
	case float64:
		if y, ok := b.(float64); ok {
			return number(x + y)
		}
	case string:
		if y, ok := b.(string); ok {
			if !r.spendText(len(x) + len(y)) {
				return nil
			}
			return x + y
		}
	case []any:
		if y, ok := b.([]any); ok && r.spend(int64(elementSteps+2*(len(x)+len(y)))) {
			return slices.Concat(x, y)
		}
		return nil
	case []byte:
		if y, ok := b.([]byte); ok && r.spendText(len(x)+len(y)) {
			return slices.Concat(x, y)
		}
		return nil
	case span:
		if y, ok := b.(span); ok {
			return span{us: x.us + y.us, months: x.months + y.months, rate: x.rate + y.rate}.checked()
		}
		if y, ok := r.asInstant(b); ok {
			return r.after(y, x)
		}
		return nil
	}
	if y, ok := b.(span); ok {
		if x, ok := r.asInstant(a); ok {
			return r.after(x, y)
		}
	}
	return nil
}

func (r *run) subtract(a, b any) any {
	switch y := b.(type) {
	case float64:
		if x, ok := a.(float64); ok {
			return number(x - y)
		}
	case span:
		back := span{us: -y.us, months: -y.months, rate: -y.rate}
		if x, ok := a.(span); ok {
			return r.add(x, back)
		}
		if x, ok := r.asInstant(a); ok {
			return r.after(x, back)
		}
		return nil
	}
	if !isInstant(a) && !isInstant(b) {
		return nil
	}
	x, ok1 := r.asInstant(a)
	y, ok2 := r.asInstant(b)
	if !ok1 || !ok2 {
		return nil
	}
	return span{us: x.us - y.us, rate: x.rate - y.rate}.checked()
}

func (c *compiler) negate(arg ast.Expr) node {
	x := c.compile(arg)
	value := x.value
	kind := x.kind
	if kind != Number && kind != Duration {
		kind = Unknown
	}
	return expression(kind, x.size+1, func(r *run) any {
		switch v := value(r).(type) {
		case float64:
			return -v
		case span:
			return span{us: -v.us, months: -v.months, rate: -v.rate}
		}
		return nil
	}).moving(x.moves).asSQL(func(t *translation) term { return t.negative(t.term(x)) })
}
