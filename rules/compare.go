package rules

import (
	"bytes"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// comparison is one of the six operators.
type comparison int

const (
	equal comparison = iota
	unequal
	less
	lessOrEqual
	greater
	greaterOrEqual
)

func comparisonOf(operator string) (comparison, bool) {
	switch operator {
	case operators.Equals:
		return equal, true
	case operators.NotEquals:
		return unequal, true
	case operators.Less:
		return less, true
	case operators.LessEquals:
		return lessOrEqual, true
	case operators.Greater:
		return greater, true
	case operators.GreaterEquals:
		return greaterOrEqual, true
	}
	return 0, false
}

// holds is the operator's answer for two values in order: sign is negative, zero or positive.
func (op comparison) holds(sign int) bool {
	switch op {
	case equal:
		return sign == 0
	case unequal:
		return sign != 0
	case less:
		return sign < 0
	case lessOrEqual:
		return sign <= 0
	case greater:
		return sign > 0
	default:
		return sign >= 0
	}
}

func (op comparison) numbers(a, b float64) bool {
	switch op {
	case equal:
		return a == b
	case unequal:
		return a != b
	case less:
		return a < b
	case lessOrEqual:
		return a <= b
	case greater:
		return a > b
	default:
		return a >= b
	}
}

// compare compares two values. Text is ordered by its bytes. Between kinds nothing is equal and
// nothing is ordered; beside an absent value nothing holds at all.
func (r *run) compare(op comparison, x, y any) bool {
	if x == nil || y == nil {
		return false
	}
	switch a := x.(type) {
	case string:
		if b, ok := y.(string); ok {
			return r.scan(min(len(a), len(b))) && op.holds(strings.Compare(a, b))
		}
	case float64:
		if b, ok := y.(float64); ok {
			return op.numbers(a, b)
		}
	case bool:
		if b, ok := y.(bool); ok {
			return op.holds(sign(bit(a) - bit(b)))
		}
	case span:
		if b, ok := y.(span); ok {
			return r.compareMoving(op, a.total()-b.total(), a.rate-b.rate)
		}
	case []byte:
		if b, ok := y.([]byte); ok {
			return r.scan(min(len(a), len(b))) && op.holds(bytes.Compare(a, b))
		}
	case []any, map[string]any:
		return r.compareContainers(op, x, y)
	case typeName:
		if b, ok := y.(typeName); ok {
			return (op == equal && a == b) || (op == unequal && a != b)
		}
	}
	if isInstant(x) || isInstant(y) {
		return r.compareDates(op, x, y)
	}
	return op == unequal
}

func (r *run) compareDates(op comparison, x, y any) bool {
	a, readable := r.asInstant(x)
	b, ok := r.asInstant(y)
	if readable && ok {
		return r.compareMoving(op, a.us-b.us, a.rate-b.rate)
	}
	return op == unequal && !couldBeDate(x, y)
}

// couldBeDate tells text and numbers, which beside a timestamp are absent when unreadable, from
// values of quite another kind.
func couldBeDate(values ...any) bool {
	for _, v := range values {
		switch v.(type) {
		case instant, string, float64:
		default:
			return false
		}
	}
	return true
}

func (r *run) compareContainers(op comparison, x, y any) bool {
	switch op {
	case equal:
		return r.same(x, y)
	case unequal:
		return !r.same(x, y)
	}
	return false
}

// same is equality of what stands inside lists and maps, where null is a value like any other.
func (r *run) same(x, y any) bool {
	x, y = inward(x), inward(y)
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	switch a := x.(type) {
	case []any:
		b, ok := y.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !r.spend(1) || !r.same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := y.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			w, ok := b[k]
			if !ok || !r.spend(entrySteps) || !r.same(v, w) {
				return false
			}
		}
		return true
	}
	return r.compare(equal, x, y)
}

func isInstant(v any) bool { _, ok := v.(instant); return ok }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// comparison compiles one of the six operators.
func (c *compiler) comparison(op comparison, e ast.Expr, args []ast.Expr) node {
	x, y := c.operand(args[0], args[1]), c.operand(args[1], args[0])
	c.checkComparison(args, x, y)
	size := x.size + y.size + 1
	left, right := x.value, y.value
	asSQL := func(t *translation) term { return t.comparison(op, x, y) }
	// Most clauses compare something with a literal: those skip the general comparison.
	if y.constant {
		switch want := y.value(nil).(type) {
		case string:
			if !isDateKind(x) && (op == equal || op == unequal) && len(want) < longText {
				return test(size, func(r *run) bool {
					v := left(r)
					if s, ok := v.(string); ok {
						return (s == want) == (op == equal)
					}
					return r.compare(op, v, want)
				}).asSQL(asSQL)
			}
		case float64:
			return test(size, func(r *run) bool {
				v := left(r)
				if n, ok := v.(float64); ok {
					return op.numbers(n, want)
				}
				return r.compare(op, v, want)
			}).asSQL(asSQL)
		}
	}
	return test(size, func(r *run) bool { return r.compare(op, left(r), right(r)) }).asSQL(asSQL)
}

func isDateKind(n node) bool { return n.kind == Date }
