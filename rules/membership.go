package rules

import (
	"encoding/json"
	"strings"

	"github.com/google/cel-go/common/ast"
)

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
	asSQL := func(t *translation) term { return t.in(t.term(x), t.term(y)) }
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
		}).asSQL(asSQL)
	}
	return test(size, func(r *run) bool {
		v := left(r)
		if v == nil {
			return false
		}
		return r.member(v, right(r))
	}).asSQL(asSQL)
}

// in writes value in list, or key in map. Within a list that is written out every element is compared
// by itself.
func (t *translation) in(x, y term) term {
	switch {
	case x.absent || y.absent:
		return testTerm("false")
	case y.kind == List && len(y.elements) > 0:
		if text, ok := t.amongTexts(x, y); ok {
			return testTerm(text)
		}
		conditions := make([]string, len(y.elements))
		for i, e := range y.elements {
			conditions[i] = t.compare(equal, x, e)
		}
		return testTerm("(" + strings.Join(conditions, " or ") + ")")
	case y.kind == List || y.kind == Unknown:
		list := t.asJSON(y)
		if x.kind == Date || x.kind == Duration || x.kind == Type {
			element := t.name("v")
			condition := t.compare(equal, x, unknownTerm(element+".value"))
			return testTerm("exists (select from jsonb_array_elements(" + sqlCall("list", list) + ") " + element + " where " + condition + ")")
		}
		return testTerm(sqlCall("member", t.asJSON(x), list))
	case y.kind == Map && (x.kind == String || x.kind == Unknown):
		return testTerm(all(t.member(y, t.asText(x)).present()))
	}
	return testTerm("false")
}

// amongTexts compares with all texts of a list at once, which an index can answer.
func (t *translation) amongTexts(x, list term) (string, bool) {
	if x.kind != Unknown || !list.constant {
		return "", false
	}
	texts, plain := []string{}, x.asWords != ""
	for _, e := range list.elements {
		s, ok := e.value.(string)
		if !ok {
			return "", false
		}
		texts = append(texts, s)
		plain = plain && !json.Valid([]byte(s))
	}
	if plain {
		condition := "(" + x.asWords + " = any (" + t.arg("text[]", texts) + "))"
		if x.attribute {
			condition = all(condition, shortWords(x, texts...))
		}
		return condition, true
	}
	for i, s := range texts {
		texts[i] = string(encoded(s))
	}
	return "(" + x.text + " = any (" + t.arg("text[]", texts) + "::jsonb[]))", true
}

func (c *compiler) hasAttribute(user ast.Expr, name string) node {
	n := c.attribute(user, name)
	value := n.value
	return test(2, func(r *run) bool { return value(r) != nil }).asSQL(func(t *translation) term {
		return testTerm(t.term(n).present())
	})
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
