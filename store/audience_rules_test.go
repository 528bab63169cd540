package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// drawer draws rules. Everything that it writes is noted, so that the property can tell what it has
// covered.
type drawer struct {
	*rand.Rand
	used     map[string]int
	elements []string // loop variables at hand
	events   []string // likewise, of events
	still    int      // within what may not move with now
	want     string   // to be used where it fits
}

func (d *drawer) note(what string) { d.used[what]++ }

func (d *drawer) pick(from ...string) string { return from[d.IntN(len(from))] }

// oneOf draws one of several ways; a wanted one is likelier.
func (d *drawer) oneOf(ways map[string]func() string) string {
	names := make([]string, 0, len(ways))
	for name := range ways {
		names = append(names, name)
	}
	sortStrings(names)
	name := names[d.IntN(len(names))]
	if _, ok := ways[d.want]; ok && d.used[d.want] == 0 {
		name = d.want
	}
	d.note(name)
	return ways[name]()
}

// steady draws something that does not move with now, as most functions want it.
func (d *drawer) steady(draw func(int) string, depth int) string {
	d.still++
	defer func() { d.still-- }()
	return draw(depth)
}

var comparisonSigns = []string{"==", "!=", "<", "<=", ">", ">="}

// condition draws what is true or false.
func (d *drawer) condition(depth int) string {
	if depth <= 0 {
		return d.comparison(0)
	}
	return d.oneOf(map[string]func() string{
		"compared": func() string { return d.comparison(depth) },
		"compare2": func() string { return d.comparison(depth) },
		"&&":       func() string { return "(" + d.condition(depth-1) + " && " + d.condition(depth-1) + ")" },
		"||":       func() string { return "(" + d.condition(depth-1) + " || " + d.condition(depth-1) + ")" },
		"!":        func() string { return "!(" + d.condition(depth-1) + ")" },
		"?:": func() string {
			return "(" + d.condition(depth-1) + " ? " + d.condition(depth-1) + " : " + d.condition(depth-1) + ")"
		},
		"in": func() string { return d.in(depth - 1) },
		"has": func() string {
			return "has(" + d.pick("user.a", "user.none", "user.o.k", `user["s"]`, "user.l[0]", `user.o["k"]`) + ")"
		},
		"contains":   func() string { return d.textTest("contains", depth-1) },
		"startsWith": func() string { return d.textTest("startsWith", depth-1) },
		"endsWith":   func() string { return d.textTest("endsWith", depth-1) },
		"matches": func() string {
			return "(" + d.steady(d.words, depth-1) + ").matches(" + d.pick(`"^[a-c]+$"`, `"(?i)B"`, `"a|é"`, `"^.?$"`, `"(?s)^.b"`, `"\\d{2,3}"`, `"^(?:ab?)*$"`, `"[^b]$"`, `"\\s"`) + ")"
		},
		"in_segment": func() string { return `in_segment("` + d.pick("s", "t", "nobody") + `")` },
		"consented":  func() string { return `consented("` + d.pick("tips", "news") + `")` },
		"on_day":     func() string { return `on_day("` + d.pick("c", "e") + `")` },
		"exists":     func() string { return d.loop("exists", depth) },
		"all":        func() string { return d.loop("all", depth) },
		"exists_one": func() string { return d.loop("exists_one", depth) },
		"bare":       func() string { return "(" + d.field() + " || !" + d.field() + ")" },
		"bool":       func() string { return "bool(" + d.steady(d.anything, depth-1) + ")" },
		"type": func() string {
			return "type(" + d.steady(d.anything, depth-1) + ") " + d.pick("==", "!=") + " " + d.pick("string", "int", "double", "bool", "list", "map")
		},
		"user.": func() string { return fmt.Sprintf("size(user) %s %d", d.sign(), 4+d.IntN(10)) },
	})
}

func (d *drawer) sign() string {
	s := comparisonSigns[d.IntN(len(comparisonSigns))]
	d.note(s)
	return s
}

func (d *drawer) comparison(depth int) string {
	depth--
	two := func(x, y func(int) string) string {
		a, b := x(depth), y(depth)
		if d.IntN(5) == 0 {
			a, b = b, a
		}
		return "(" + a + " " + d.sign() + " " + b + ")"
	}
	constant := func(int) string { return d.numeral() }
	literal := func(int) string { return d.literalText() }
	return d.oneOf(map[string]func() string{
		"number and number":   func() string { return two(d.number, constant) },
		"aggregate and":       func() string { return two(d.aggregate, constant) },
		"number and computed": func() string { return two(d.number, d.number) },
		"text and text":       func() string { return two(d.words, d.words) },
		"text and literal":    func() string { return two(d.words, literal) },
		"any and text":        func() string { return two(d.steadyAny, literal) },
		"any and number":      func() string { return two(d.steadyAny, constant) },
		"any and any":         func() string { return two(d.steadyAny, d.steadyAny) },
		"date and date":       func() string { return two(d.date, d.date) },
		"date and any":        func() string { return two(d.date, func(int) string { return d.field() }) },
		"any and bool":        func() string { return two(d.steadyAny, func(int) string { return d.pick("true", "false") }) },
		"span and span":       func() string { return two(d.span, d.span) },
		"list and list":       func() string { return two(d.list, d.list) },
	})
}

func (d *drawer) steadyAny(depth int) string { return d.steady(d.anything, depth) }

func (d *drawer) in(depth int) string {
	switch d.IntN(6) {
	case 0:
		return "(" + d.field() + ` in ["a", "b", "é", "x' or 1=1"])`
	case 1:
		return "(" + d.steadyAny(depth) + ` in [1, "a", true, ` + d.field() + "])"
	case 2:
		return "(" + d.steadyAny(depth) + " in user.l)"
	case 3:
		return "(" + d.steady(d.words, depth) + " in " + d.pick("user.o", "user", `{"k": user.a, "a": null}`) + ")"
	case 4:
		return `("` + d.pick("a", "none", "s") + `" in user)`
	}
	return "(" + d.steady(d.date, depth) + " in [" + d.field() + ", " + d.steady(d.date, depth) + "])"
}

func (d *drawer) textTest(name string, depth int) string {
	part := d.literalText()
	if d.IntN(3) == 0 {
		part = d.steady(d.words, depth)
	}
	return "(" + d.steady(d.words, depth) + ")." + name + "(" + part + ")"
}

func (d *drawer) loop(name string, depth int) string {
	if len(d.elements) > 1 || depth < 1 {
		return d.comparison(0)
	}
	over := d.steady(d.list, depth-1)
	v := "v" + strings.Repeat("w", len(d.elements))
	d.elements = append(d.elements, v)
	defer func() { d.elements = d.elements[:len(d.elements)-1] }()
	if name == "map" {
		if d.IntN(2) == 0 {
			return over + ".map(" + v + ", " + d.condition(depth-1) + ", " + d.steadyAny(depth-1) + ")"
		}
		return over + ".map(" + v + ", " + d.steadyAny(depth-1) + ")"
	}
	return over + "." + name + "(" + v + ", " + d.condition(depth-1) + ")"
}

// field draws what the facts say.
func (d *drawer) field() string {
	all := []string{"user.a", "user.b", "user.n", "user.n", "user.s", "user.s", "user.t", "user.t", "user.none", "user.l", "user.o", "user.o.k", "user.o.k.k", `user["s"]`, "user.l[0]", "user.l[1]", "user.l[user.n]", `user.o[user.s]`, "user.timezone", "user.id"}
	for _, v := range d.elements {
		all = append(all, v, v, v, v+".k")
	}
	for _, e := range d.events {
		all = append(all, e+".p", e+".p", e+".p", e+".q", e+".name", e+`.properties["q"]`)
	}
	f := all[d.IntN(len(all))]
	d.note("field " + f)
	return f
}

func (d *drawer) literalText() string {
	return d.pick(`""`, `"a"`, `"b"`, `"B"`, `"ab"`, `"abc"`, `"é"`, `"日本"`, `"Z"`, `" a "`, `"1"`, `"true"`, `"x' or 1=1"`, `"a\"b\\"`, `"😀"`, `"2026-03-28"`)
}

func (d *drawer) numeral() string {
	return d.pick("0", "1", "2", "3", "-1", "0.5", "0.3", "1.5", "-2.25", "100", "7", "1e15", "9007199254740993", "-1e300", "1e308", "23", "12", "1774600000", "5e-324")
}
