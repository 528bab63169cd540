package rules

import (
	"strconv"
	"strings"
)

// maxPrecision bounds the digits that a format may ask for.
const maxPrecision = 20

// directive is one % of a format, with the text before it.
type directive struct {
	before    string
	verb      byte // 0: only text is left
	precision int  // -1: not given
}

// formatFunction is "%s has %d".format([user.name, user.points]): %s any value, %d a whole number,
// %f and %e with digits after the point (%.2f), %b %o %x %X whole numbers in base 2, 8 and 16.
func formatFunction() function {
	const usage = `"%s and %d more".format([user.first_name, 3])`
	return function{usage: usage, member: true, least: 2, most: 2, compile: func(c *compiler, cl call) node {
		pattern, ok := c.text(cl.target, "the format")
		if !ok {
			return absent()
		}
		directives, bad := directivesOf(pattern)
		if bad != "" {
			c.problem(c.start(cl.target), "the format does not know %q; write %%s, %%d, %%.2f, %%e, %%b, %%o, %%x or %%%%", bad)
			return absent()
		}
		x := c.compile(cl.args[0])
		value := x.value
		return expression(String, x.size+len(directives), func(r *run) any {
			list, ok := value(r).([]any)
			if !ok {
				return nil
			}
			return r.format(directives, list)
		}).asSQL(func(t *translation) term { return t.format(directives, t.term(x)) })
	}}
}

// directivesOf takes a format apart; bad is the first directive that there is not.
func directivesOf(pattern string) (all []directive, bad string) {
	d := directive{precision: -1}
	for {
		text, rest, found := strings.Cut(pattern, "%")
		d.before += text
		if !found {
			return append(all, d), ""
		}
		if strings.HasPrefix(rest, "%") {
			d.before += "%"
			pattern = rest[1:]
			continue
		}
		digits := 0
		if strings.HasPrefix(rest, ".") {
			for digits = 1; digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9'; digits++ {
			}
			n, err := strconv.Atoi(rest[1:digits])
			if err != nil || n > maxPrecision {
				return nil, "%" + rest[:digits]
			}
			d.precision = n
		}
		if digits == len(rest) || !strings.ContainsRune("sdfeboxX", rune(rest[digits])) {
			return nil, "%" + rest[:min(len(rest), digits+1)]
		}
		d.verb = rest[digits]
		all = append(all, d)
		d, pattern = directive{precision: -1}, rest[digits+1:]
	}
}

func (r *run) format(directives []directive, list []any) any {
	var b strings.Builder
	for _, d := range directives {
		b.WriteString(d.before)
		if d.verb == 0 {
			break
		}
		if len(list) == 0 {
			return nil
		}
		v := inward(list[0])
		f, _ := v.(float64)
		if !r.spend(clockSteps + int64(max(exponent(f), -exponent(f)))) { // as long as its digits are many
			return nil
		}
		s, ok := d.text(v)
		list = list[1:]
		if !ok || !r.spendText(b.Len()+len(s)) {
			return nil
		}
		b.WriteString(s)
	}
	return b.String()
}

func (d directive) text(v any) (string, bool) {
	if d.verb == 's' {
		switch v.(type) {
		case string, bool, float64, instant, span:
			return text(v), true
		}
		return "", false
	}
	f, ok := v.(float64)
	if !ok {
		return "", false
	}
	switch d.verb {
	case 'f', 'e':
		precision := d.precision
		if precision < 0 {
			precision = 6
		}
		return strconv.FormatFloat(f, d.verb, precision, 64), true
	}
	n, ok := whole64(f, -1<<63).(float64)
	if !ok || n != f || n >= 1<<63 {
		return "", false
	}
	switch d.verb {
	case 'b':
		return strconv.FormatInt(int64(n), 2), true
	case 'o':
		return strconv.FormatInt(int64(n), 8), true
	case 'x':
		return strconv.FormatInt(int64(n), 16), true
	case 'X':
		return strings.ToUpper(strconv.FormatInt(int64(n), 16)), true
	}
	return strconv.FormatInt(int64(n), 10), true
}
