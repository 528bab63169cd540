package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/google/cel-go/common/ast"
)

// textFunctions are CEL's strings extension. Places in a text count characters from 0; one that is
// out of range makes the outcome absent.
func textFunctions() map[string]function {
	return map[string]function{
		"charAt":      textual(`user.plan.charAt(0)`, 2, 2, String, charAt).asSQL(textSQL(String, "char_at", Number)),
		"indexOf":     textual(`user.plan.indexOf("o")`, 2, 3, Number, indexOf).asSQL(textSQL(Number, "index_of", String, Number)),
		"lastIndexOf": textual(`user.plan.lastIndexOf("o")`, 2, 3, Number, lastIndexOf).asSQL(textSQL(Number, "last_index_of", String, Number)),
		"substring":   textual(`user.plan.substring(0, 3)`, 2, 3, String, substring).asSQL(textSQL(String, "substring", Number, Number)),
		"replace":     textual(`user.plan.replace("-", " ")`, 3, 4, String, replace).asSQL(textSQL(String, "replace", String, String, Number)),
		"split":       textual(`user.plan.split(",")`, 2, 3, List, split).asSQL(textSQL(List, "split", String, Number)),
		"trim":        textual(`user.plan.trim()`, 1, 1, String, func(_ *run, s string, _ []any) any { return strings.TrimFunc(s, unicode.IsSpace) }).asSQL(textSQL(String, "trim")),
		"lowerAscii":  textual(`user.plan.lowerAscii()`, 1, 1, String, func(_ *run, s string, _ []any) any { return strings.Map(lowerASCII, s) }).asSQL(textSQL(String, "lower_ascii")),
		"upperAscii":  textual(`user.plan.upperAscii()`, 1, 1, String, func(_ *run, s string, _ []any) any { return strings.Map(upperASCII, s) }).asSQL(textSQL(String, "upper_ascii")),
		"reverse":     textual(`user.plan.reverse()`, 1, 1, String, reverse).asSQL(textSQL(String, "reversed")),
		"join":        strictRange(`user.tags.join(", ")`, true, false, 1, 2, String, join).asSQL(joinSQL),
		"format":      formatFunction(),
		"quote":       quoteFunction(),
	}
}

// textual compiles a function of a text; reading it costs by its length.
func textual(usage string, least, most int, kind Kind, apply func(r *run, s string, args []any) any) function {
	return strictRange(usage, true, false, least, most, kind, func(r *run, v []any) any {
		s, ok := v[0].(string)
		if !ok || len(s) > maxText {
			r.stopped = r.stopped || ok
			return nil
		}
		if !r.read(len(s)) {
			return nil
		}
		return apply(r, s, v[1:])
	})
}

// place reads an argument as a whole number from 0 up to and including most.
func place(args []any, i, otherwise, most int) (int, bool) {
	if i >= len(args) {
		return otherwise, true
	}
	f, ok := args[i].(float64)
	if !ok || f < 0 || f > float64(most) || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

func charAt(_ *run, s string, args []any) any {
	chars := []rune(s)
	i, ok := place(args, 0, 0, len(chars))
	if !ok {
		return nil
	}
	if i == len(chars) {
		return ""
	}
	return string(chars[i])
}

func substring(_ *run, s string, args []any) any {
	chars := []rune(s)
	from, ok1 := place(args, 0, 0, len(chars))
	to, ok2 := place(args, 1, len(chars), len(chars))
	if !ok1 || !ok2 || from > to {
		return nil
	}
	return string(chars[from:to])
}

func indexOf(r *run, s string, args []any) any {
	chars, part, ok := charsOf(r, s, args)
	from, in := place(args, 1, 0, len(chars))
	if !ok || !in {
		return nil
	}
	for i := from; i+len(part) <= len(chars); i++ {
		if slices.Equal(chars[i:i+len(part)], part) {
			return float64(i)
		}
	}
	return float64(-1)
}

func lastIndexOf(r *run, s string, args []any) any {
	chars, part, ok := charsOf(r, s, args)
	from, in := place(args, 1, len(chars), len(chars))
	if !ok || !in {
		return nil
	}
	for i := min(from, len(chars)-len(part)); i >= 0; i-- {
		if slices.Equal(chars[i:i+len(part)], part) {
			return float64(i)
		}
	}
	return float64(-1)
}

// charsOf is the text and the part looked for, once a search that compares them everywhere is paid.
func charsOf(r *run, s string, args []any) (chars, part []rune, ok bool) {
	p, ok := args[0].(string)
	if !ok || !r.spend(int64(len(s))*int64(len(p)+1)/2) {
		return nil, nil, false
	}
	return []rune(s), []rune(p), true
}

func replace(r *run, s string, args []any) any {
	old, ok1 := args[0].(string)
	with, ok2 := args[1].(string)
	times := -1
	if len(args) == 3 {
		f, ok := args[2].(float64)
		if !ok || f != float64(int(f)) {
			return nil
		}
		times = int(f)
	}
	if !ok1 || !ok2 {
		return nil
	}
	count := strings.Count(s, old)
	if times >= 0 {
		count = min(count, times)
	}
	if !r.spend(int64(count)) || !r.spendText(len(s)+count*len(with)) {
		return nil
	}
	return strings.Replace(s, old, with, times)
}

func split(r *run, s string, args []any) any {
	by, ok := args[0].(string)
	limit := -1
	if len(args) == 2 {
		f, whole := args[1].(float64)
		if !whole || f != float64(int(f)) {
			return nil
		}
		limit = int(f)
	}
	if !ok || !r.spend(int64(len(s))+elementSteps*int64(strings.Count(s, by)+1)) {
		return nil
	}
	parts := strings.SplitN(s, by, limit)
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

func join(r *run, v []any) any {
	parts, ok := v[0].([]any)
	between := ""
	if len(v) == 2 {
		text, isText := v[1].(string)
		if !isText {
			return nil
		}
		between = text
	}
	if !ok {
		return nil
	}
	if !r.spend(4*int64(len(parts)) + callSteps) {
		return nil
	}
	words := make([]string, len(parts))
	length := 0
	for i, p := range parts {
		s, ok := p.(string)
		if !ok {
			return nil
		}
		words[i] = s
		length += len(s) + len(between)
	}
	if !r.spendText(length) {
		return nil
	}
	return strings.Join(words, between)
}

// quoteFunction is strings.quote(text): the text as it would stand in a rule. Where every other function
// has a value before its dot, this has the name of CEL's extension.
func quoteFunction() function {
	const usage = `strings.quote(user.plan)`
	return function{usage: usage, member: true, least: 2, most: 2, compile: func(c *compiler, cl call) node {
		if cl.target.Kind() != ast.IdentKind || cl.target.AsIdent() != "strings" {
			c.problem(c.start(cl.expr), "quote is not called like this; write %s", usage)
			return absent()
		}
		x := c.compile(cl.args[0])
		c.refuseMoving(cl.args[0], x, "quote()")
		value := x.value
		return expression(String, x.size+callSteps, func(r *run) any {
			s, ok := value(r).(string)
			if !ok || !r.spendText(2*len(s)) || !r.read(2*len(s)) {
				return nil
			}
			return quotedText(s)
		}).asSQL(func(t *translation) term {
			return term{kind: String, text: sqlCall("quote", t.asText(t.term(x)))}
		})
	}}
}

// quotedText escapes what CEL's quote does, and nothing else.
func quotedText(s string) string {
	return `"` + quoting.Replace(strings.ToValidUTF8(s, "\ufffd")) + `"`
}

var quoting = strings.NewReplacer("\a", `\a`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`, `\`, `\\`, `"`, `\"`)

func reverse(_ *run, s string, _ []any) any {
	chars := []rune(s)
	slices.Reverse(chars)
	return string(chars)
}

func lowerASCII(c rune) rune {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upperASCII(c rune) rune {
	if c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}
