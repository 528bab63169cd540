package store_test

import (
	"fmt"
	"slices"
	"strings"
)

func sortStrings(s []string) { slices.Sort(s) }

// number draws a number, or what is absent.
func (d *drawer) number(depth int) string {
	if depth <= 0 {
		return d.pick(d.numeral(), "user.n", "user.n", "user.a", d.field())
	}
	two := func(sign string) func() string {
		return func() string { return "(" + d.number(depth-1) + " " + sign + " " + d.number(depth-1) + ")" }
	}
	of := func(call string, args ...string) string {
		return fmt.Sprintf(call, append([]any{d.steady(d.words, depth-1)}, anys(args)...)...)
	}
	part := func(name string) func() string {
		return func() string {
			if d.IntN(3) == 0 && (name == "getHours" || name == "getMinutes" || name == "getSeconds" || name == "getMilliseconds") {
				return "(" + d.span(depth-1) + " + duration(\"0\"))." + name + "()"
			}
			return "(" + d.date(depth-1) + ")." + name + "(" + d.pick(`"Europe/Paris"`, `"Australia/Lord_Howe"`, `"+05:30"`, `"-03:00"`, "user.timezone", `"UTC"`) + ")"
		}
	}
	ways := map[string]func() string{
		"+": two("+"), "-": two("-"), "*": two("*"), "/": two("/"), "%": two("%"),
		"unary -":   func() string { return "-(" + d.number(depth-1) + ")" },
		"aggregate": func() string { return d.aggregate(depth) },
		"agg":       func() string { return d.aggregate(depth) },
		"choice": func() string {
			return "(" + d.condition(depth-1) + " ? " + d.number(depth-1) + " : " + d.number(depth-1) + ")"
		},
		"size":        func() string { return "size(" + d.steady(d.sized, depth-1) + ")" },
		"int":         func() string { return "int(" + d.steady(d.convertible, depth-1) + ")" },
		"uint":        func() string { return "uint(" + d.steady(d.convertible, depth-1) + ")" },
		"double":      func() string { return "double(" + d.steady(d.convertible, depth-1) + ")" },
		"local_hour":  func() string { return "local_hour(" + d.date(depth-1) + ")" },
		"score":       func() string { return `score("` + d.pick("churn", "none") + `")` },
		"indexOf":     func() string { return of("(%s).indexOf(%s)", d.literalText()) },
		"indexOf 3":   func() string { return of("(%s).indexOf(%s, %s)", d.literalText(), d.small()) },
		"lastIndexOf": func() string { return of("(%s).lastIndexOf(%s)", d.literalText()) },
		"last 3":      func() string { return of("(%s).lastIndexOf(%s, %s)", d.literalText(), d.small()) },
		"catalog":     func() string { return `catalog("k", ` + d.steadyAny(depth-1) + `).price` },
	}
	for _, name := range []string{"getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds"} {
		ways[name] = part(name)
	}
	return d.oneOf(ways)
}

func anys(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}

func (d *drawer) small() string { return d.pick("0", "1", "2", "3", "-1", "1.5", "user.n") }

func (d *drawer) sized(depth int) string {
	return d.pick(d.list(depth), d.words(depth), d.field(), "user.o", "user.l", `{"a": 1, "a": 2, user.s: 3}`)
}

func (d *drawer) convertible(depth int) string {
	return d.pick(d.words(depth), d.number(depth), d.steady(d.date, depth), d.field(), `"12"`, `"-1.5e3"`, `"1e400"`, `".5"`, `"+7"`, `"0x1"`, "user.s", "user.b", d.steady(d.span, 0))
}

var windows = []string{"1h", "3d", "30d", "30d", "30d", "30d", "1mo", "1mo", "2w", "1mo3d"}

func (d *drawer) chain(depth int) string {
	d.note("events")
	src := `events("` + d.pick("x", "x", "y", "y", "none") + `")`
	if d.IntN(2) == 0 {
		d.note("within")
		src += `.within("` + windows[d.IntN(len(windows))] + `")`
		if d.IntN(6) == 0 {
			src += `.within("` + windows[d.IntN(len(windows))] + `")`
		}
	}
	if depth > 0 && len(d.events) < 2 && d.IntN(3) == 0 {
		d.note("where")
		e := "e" + strings.Repeat("f", len(d.events))
		d.events = append(d.events, e)
		condition := d.condition(depth - 1)
		d.events = d.events[:len(d.events)-1]
		src += ".where(" + e + ", " + condition + ")"
	}
	return src
}

// aggregate draws a number made of events.
func (d *drawer) aggregate(depth int) string {
	return d.chain(depth) + d.oneOf(map[string]func() string{
		"count": func() string { return ".count()" }, "sum": func() string { return `.sum("p")` }, "avg": func() string { return `.avg("p")` },
		"min": func() string { return `.min("p")` }, "max": func() string { return `.max("p")` }, "last of": func() string { return `.last("p")` },
	})
}

// words draws a text, or what is absent.
func (d *drawer) words(depth int) string {
	if depth <= 0 {
		return d.pick(d.literalText(), "user.s", "user.s", "user.a", d.field())
	}
	of := func(format string, args ...string) string {
		return fmt.Sprintf(format, append([]any{d.steady(d.words, depth-1)}, anys(args)...)...)
	}
	return d.oneOf(map[string]func() string{
		"text +":  func() string { return "(" + d.steady(d.words, depth-1) + " + " + d.steady(d.words, depth-1) + ")" },
		"string":  func() string { return "string(" + d.steady(d.convertible, depth-1) + ")" },
		"charAt":  func() string { return of("(%s).charAt(%s)", d.small()) },
		"replace": func() string { return of("(%s).replace(%s, %s)", d.literalText(), d.literalText()) },
		"replace 4": func() string {
			return of("(%s).replace(%s, %s, %s)", d.literalText(), d.literalText(), d.small())
		},
		"substring":   func() string { return of("(%s).substring(%s)", d.small()) },
		"substring 3": func() string { return of("(%s).substring(%s, %s)", d.small(), d.small()) },
		"trim":        func() string { return of("(%s).trim()") },
		"lowerAscii":  func() string { return of("(%s).lowerAscii()") },
		"upperAscii":  func() string { return of("(%s).upperAscii()") },
		"reverse":     func() string { return of("(%s).reverse()") },
		"quote":       func() string { return of("strings.quote(%s)") },
		"join": func() string {
			return "(" + d.pick(d.steady(d.list, depth-1), "user.tags", "user.tags") + ").join(" + d.pick("", `", "`, d.literalText()) + ")"
		},
		"format": func() string {
			return d.pick(`"%s and %d"`, `"%d%%"`, `"%s"`) + ".format(" + d.pick("["+d.steady(d.convertible, depth-1)+", "+d.steady(d.number, depth-1)+"]", "user.l", "user.tags") + ")"
		},
		"local_day": func() string { return "local_day(" + d.date(depth-1) + ")" },
		"affinity":  func() string { return `affinity("` + d.pick("genre", "none") + `")` },
		"trending":  func() string { return `trending("genre", "` + d.pick("7d", "1d") + `")` },
		"kind":      func() string { return `catalog("k", ` + d.steadyAny(depth-1) + `)["kind"]` },
		"text choice": func() string {
			return "(" + d.condition(depth-1) + " ? " + d.steady(d.words, depth-1) + " : " + d.steady(d.words, depth-1) + ")"
		},
	})
}

// date draws an instant, or what is absent.
func (d *drawer) date(depth int) string {
	plain := []string{"date(user.t)", "timestamp(user.t)", "date(" + d.field() + ")", `date("2026-03-28")`, `timestamp("2026-03-28T10:00:00+01:00")`, "date(user.n)"}
	if d.still == 0 {
		plain = append(plain, "now", "now", "now")
	}
	for _, e := range d.events {
		plain = append(plain, e+".time", e+".time")
	}
	if depth <= 0 {
		chosen := d.pick(plain...)
		switch {
		case strings.HasPrefix(chosen, "date("):
			d.note("date")
		case strings.HasPrefix(chosen, "timestamp("):
			d.note("timestamp")
		}
		return chosen
	}
	return d.oneOf(map[string]func() string{
		"plain date": func() string { return d.date(0) },
		"first":      func() string { return d.chain(depth) + ".first()" },
		"last":       func() string { return d.chain(depth) + ".last()" },
		"date +":     func() string { return "(" + d.date(depth-1) + " + " + d.span(depth-1) + ")" },
		"span +":     func() string { return "(" + d.span(0) + " + " + d.date(depth-1) + ")" },
		"date -":     func() string { return "(" + d.date(depth-1) + " - " + d.span(depth-1) + ")" },
		"any -":      func() string { return "(user.t - " + d.span(depth-1) + ")" },
		"date choice": func() string {
			return "(" + d.condition(depth-1) + " ? " + d.date(depth-1) + " : " + d.date(depth-1) + ")"
		},
	})
}

// span draws a length of time, or what is absent.
func (d *drawer) span(depth int) string {
	if depth <= 0 {
		d.note("duration")
		return `duration("` + d.pick("1h", "30d", "90m", "1d", "2w", "0", "1mo", "36h", "1.5h", "100mo") + `")`
	}
	return d.oneOf(map[string]func() string{
		"plain span": func() string { return d.span(0) },
		"dates -":    func() string { return "(" + d.date(depth-1) + " - " + d.date(depth-1) + ")" },
		"dates any":  func() string { return "(" + d.date(depth-1) + " - user.t)" },
		"spans +":    func() string { return "(" + d.span(depth-1) + " + " + d.span(depth-1) + ")" },
		"spans -":    func() string { return "(" + d.span(depth-1) + " - " + d.span(depth-1) + ")" },
		"span -":     func() string { return "-(" + d.span(depth-1) + ")" },
	})
}

// list draws a list, or what is absent.
func (d *drawer) list(depth int) string {
	if depth <= 0 {
		return d.pick("user.l", "user.l", "user.tags", "user.o", "user.a", `[1, "a", user.a]`, `["a", "b"]`, "[1, 2, 3]")
	}
	return d.oneOf(map[string]func() string{
		"plain list": func() string { return d.list(0) },
		"split":      func() string { return "(" + d.steady(d.words, depth-1) + ").split(" + d.literalText() + ")" },
		"split 3": func() string {
			return "(" + d.steady(d.words, depth-1) + ").split(" + d.literalText() + ", " + d.small() + ")"
		},
		"filter":  func() string { return d.loop("filter", depth) },
		"map":     func() string { return d.loop("map", depth) },
		"list +":  func() string { return "(" + d.list(depth-1) + " + " + d.list(depth-1) + ")" },
		"written": func() string { return "[" + d.steadyAny(depth-1) + ", " + d.steadyAny(depth-1) + "]" },
	})
}

// anything draws a value of whichever kind.
func (d *drawer) anything(depth int) string {
	if depth <= 0 {
		return d.pick(d.field(), d.field(), d.numeral(), d.literalText(), "true")
	}
	return d.oneOf(map[string]func() string{
		"any number": func() string { return d.number(depth - 1) },
		"any text":   func() string { return d.words(depth - 1) },
		"any list":   func() string { return d.list(depth - 1) },
		"any bool":   func() string { return "(" + d.condition(depth-1) + ")" },
		"any field":  func() string { return d.field() },
		"dyn":        func() string { return "dyn(" + d.anything(depth-1) + ")" },
		"any choice": func() string {
			return "(" + d.condition(depth-1) + " ? " + d.anything(depth-1) + " : " + d.anything(depth-1) + ")"
		},
		"any +":       func() string { return "(" + d.field() + " + " + d.field() + ")" },
		"written map": func() string { return `{"k": ` + d.anything(depth-1) + `, "a": user.a}.k` },
		"keyed map":   func() string { return `{user.s: ` + d.anything(depth-1) + `, "a": 1}[user.s]` },
	})
}
