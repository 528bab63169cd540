package rules

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/google/cel-go/common/ast"
)

// loopFunctions are CEL's macros over lists and, by their keys, maps.
func loopFunctions() map[string]function {
	return map[string]function{
		"all": loop(`list.all(x, x > 0)`, 3, Bool, func(r *run, list []any, body []node, slot int) any {
			for _, v := range list {
				if !r.step(slot, v, body) || !body[0].holds(r) {
					return false
				}
			}
			return true
		}),
		"exists": loop(`list.exists(x, x > 0)`, 3, Bool, func(r *run, list []any, body []node, slot int) any {
			for _, v := range list {
				if !r.step(slot, v, body) {
					return nil
				}
				if body[0].holds(r) {
					return true
				}
			}
			return false
		}),
		"exists_one": loop(`list.exists_one(x, x > 0)`, 3, Bool, func(r *run, list []any, body []node, slot int) any {
			found := 0
			for _, v := range list {
				if !r.step(slot, v, body) {
					return nil
				}
				if body[0].holds(r) {
					found++
				}
			}
			return found == 1
		}),
		"filter": loop(`list.filter(x, x > 0)`, 3, List, func(r *run, list []any, body []node, slot int) any {
			out := []any{}
			for _, v := range list {
				if !r.step(slot, v, body) {
					return nil
				}
				if body[0].holds(r) && r.spend(elementSteps) {
					out = append(out, v)
				}
			}
			return out
		}),
		"map": loop(`list.map(x, x * 2)`, 4, List, func(r *run, list []any, body []node, slot int) any {
			out := []any{}
			for _, v := range list {
				if !r.step(slot, v, body) {
					return nil
				}
				if len(body) == 2 && !body[0].holds(r) || !r.spend(elementSteps) {
					continue
				}
				out = append(out, body[len(body)-1].value(r))
			}
			return out
		}),
	}
}

// step puts the next element in its slot and pays for looking at it; false when that is too much.
func (r *run) step(slot int, v any, body []node) bool {
	cost := int64(1)
	for i := range body {
		cost += int64(body[i].size)
	}
	r.vars[slot] = inward(v)
	return r.spend(cost)
}

// loop compiles a macro: target.name(variable, expressions...).
func loop(usage string, most int, kind Kind, over loopBody) function {
	f := function{usage: usage, member: true, least: 3, most: most}
	f.compile = func(c *compiler, cl call) node {
		list := c.compile(cl.target)
		c.refuseMoving(cl.target, list, cl.name+"()")
		name, ok := c.loopVariable(cl.args[0], f.usage)
		if !ok {
			return absent()
		}
		elements := mostElements
		if cl.target.Kind() == ast.ListKind {
			elements = float64(cl.target.AsList().Size())
		}
		var body []node
		slot := len(c.vars)
		c.nest(cl.expr, variable{name: name}, elements, func() {
			for i, e := range cl.args[1:] {
				if kind == Bool || kind == List && cl.name == "filter" || len(cl.args) == 3 && i == 0 {
					body = append(body, c.condition(e))
					continue
				}
				n := c.compile(e)
				c.refuseMoving(e, n, cl.name+"()")
				body = append(body, n)
			}
		})
		if len(c.problems) > 0 {
			return absent()
		}
		value := list.value
		return expression(kind, list.size+1, func(r *run) any {
			switch v := value(r).(type) {
			case []any:
				return over(r, v, body, slot)
			case map[string]any:
				if !r.spend((elementSteps + 3*int64(bits.Len(uint(len(v))))) * int64(len(v))) { // sorted
					return nil
				}
				keys := make([]any, 0, len(v))
				for _, k := range slices.Sorted(maps.Keys(v)) {
					keys = append(keys, k)
				}
				return over(r, keys, body, slot)
			}
			return nil
		}).asSQL(func(t *translation) term { return t.loop(cl.name, kind, t.term(list), body, slot) })
	}
	return f
}

type loopBody func(r *run, list []any, body []node, slot int) any

func (c *compiler) loopVariable(e ast.Expr, usage string) (string, bool) {
	if e.Kind() != ast.IdentKind {
		c.problem(c.start(e), "here stands the name of each element in turn; write %s", usage)
		return "", false
	}
	return e.AsIdent(), true
}

// nest compiles the inside of a loop that runs up to so many times.
func (c *compiler) nest(e ast.Expr, v variable, times float64, inside func()) {
	outer := c.iterations
	c.iterations *= max(1, times)
	switch {
	case len(c.vars) == maxLoops:
		c.problem(c.start(e), "loops stand within each other more than %d deep; write it as several steps or segments", maxLoops)
	case c.iterations >= maxIterations:
		c.problem(c.start(e), "this loop within a loop could take too long; write it as several steps or segments")
	default:
		c.vars = append(c.vars, v)
		inside()
		c.vars = c.vars[:len(c.vars)-1]
	}
	c.iterations = outer
}
