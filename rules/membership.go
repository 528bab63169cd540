package rules

import "github.com/google/cel-go/common/ast"

// in compiles value in list, and key in map.
func (c *compiler) in(args []ast.Expr) node {
	if args[1].Kind() == ast.IdentKind && args[1].AsIdent() == nameUser && args[0].Kind() == ast.LiteralKind {
		if _, shadowed := c.variable(nameUser); !shadowed && c.scope.has(nameUser) {
			if name, ok := args[0].AsLiteral().Value().(string); ok {
				return c.hasAttribute(args[1], name)
			}
		}
	}
	x, y := c.compile(args[0]), c.compile(args[1])
	c.refuseMoving(args[0], x, "in")
	left, right := x.value, y.value
	size := x.size + y.size + 1
	if words, longest, ok := wordsOf(y); ok {
		return test(size, func(r *run) bool {
			v := left(r)
			if s, ok := v.(string); ok {
				return len(s) <= longest && words[s] && r.scan(len(s))
			}
			if !isInstant(v) {
				return false
			}
			return r.member(v, right(r))
		})
	}
	return test(size, func(r *run) bool {
		v := left(r)
		if v == nil {
			return false
		}
		return r.member(v, right(r))
	})
}

func (c *compiler) hasAttribute(user ast.Expr, name string) node {
	n := c.attribute(user, name)
	value := n.value
	return test(2, func(r *run) bool { return value(r) != nil })
}

// wordsOf is the set of a list that holds nothing but literal texts, and the length of the longest.
func wordsOf(n node) (words map[string]bool, longest int, ok bool) {
	if !n.constant {
		return nil, 0, false
	}
	list, _ := n.value(nil).([]any)
	words = make(map[string]bool, len(list))
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, 0, false
		}
		words[s], longest = true, max(longest, len(s))
	}
	return words, longest, true
}

func (r *run) member(v, in any) bool {
	switch in := in.(type) {
	case []any:
		for _, w := range in {
			if !r.spend(1) {
				return false
			}
			if r.compare(equal, v, inward(w)) {
				return true
			}
		}
	case map[string]any:
		if s, ok := v.(string); ok && r.scan(len(s)) {
			return in[s] != nil
		}
	}
	return false
}
