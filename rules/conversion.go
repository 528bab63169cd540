package rules

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// typeName is what type() gives. All numbers are of one type, whatever they are called.
type typeName string

func typeNamed(name string) typeName {
	switch name {
	case "int", "uint", "double":
		return "double"
	case "bool", "string", "bytes", "list", "map":
		return typeName(name)
	}
	return ""
}

// conversionFunctions turn one kind into another. What cannot be turned is absent.
func conversionFunctions() map[string]function {
	return map[string]function{
		"date":      dating("date(user.renews_at)"),
		"timestamp": dating(`timestamp("2026-01-01T00:00:00Z")`),
		"duration":  {usage: `duration("3d")`, global: true, least: 1, most: 1, compile: compileDuration},
		"dyn": {usage: "dyn(user.plan)", global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
			n := c.compile(cl.args[0])
			n.kind = Unknown
			return n // in SQL it keeps its kind: nothing there goes by what may be
		}},
		"string": strict("string(user.age)", false, true, 1, String, func(r *run, v []any) any {
			switch v[0].(type) {
			case []any, map[string]any, typeName:
				return nil
			}
			if !r.spend(clockSteps) {
				return nil
			}
			s := text(v[0])
			if !r.spendText(len(s)) {
				return nil
			}
			return s
		}).asSQL(func(t *translation, v []term) term { return t.string(v[0]) }),
		"int":    strict("int(user.age)", false, true, 1, Number, func(r *run, v []any) any { return r.whole(v[0], math.MinInt64) }).asSQL(func(t *translation, v []term) term { return t.whole(v[0], math.MinInt64) }),
		"uint":   strict("uint(user.age)", false, true, 1, Number, func(r *run, v []any) any { return r.whole(v[0], 0) }).asSQL(func(t *translation, v []term) term { return t.whole(v[0], 0) }),
		"double": strict("double(user.age)", false, true, 1, Number, func(_ *run, v []any) any { return toNumber(v[0]) }).asSQL(func(t *translation, v []term) term { return t.double(v[0]) }),
		"bool":   strict("bool(user.vip)", false, true, 1, Bool, func(_ *run, v []any) any { return toBool(v[0]) }).asSQL(func(t *translation, v []term) term { return t.truth(v[0]) }),
		"bytes": strict("bytes(user.plan)", false, true, 1, Bytes, func(r *run, v []any) any {
			switch v := v[0].(type) {
			case []byte:
				return v
			case string:
				if r.spendText(len(v)) {
					return []byte(v)
				}
			}
			return nil
		}),
		"type": strict("type(user.plan)", false, true, 1, Type, func(_ *run, v []any) any {
			switch k := kindOf(v[0]); k {
			case Number:
				return typeName("double")
			default:
				return typeName(k)
			}
		}).asSQL(func(t *translation, v []term) term { return t.typeOf(v[0]) }),
		"size": strict("size(user.tags), or user.tags.size()", true, true, 1, Number, func(r *run, v []any) any {
			switch v := v[0].(type) {
			case string:
				if r.spend(int64(len(v) / 4)) {
					return float64(utf8.RuneCountInString(v))
				}
			case []byte:
				return float64(len(v))
			case []any:
				return float64(len(v))
			case map[string]any:
				return float64(len(v))
			}
			return nil
		}).asSQL(func(t *translation, v []term) term { return t.size(v[0]) }),
	}
}

// dating reads a value as a date in the profile's zone; a date stays what it is.
func dating(usage string) function {
	return function{usage: usage, global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
		x := c.compile(cl.args[0])
		value := x.value
		return expression(Date, x.size+1, func(r *run) any {
			if i, ok := r.asInstant(value(r)); ok {
				return i
			}
			return nil
		}).moving(x.moves).asSQL(func(t *translation) term {
			x := t.term(x)
			if x.kind == Date || x.absent {
				return x
			}
			return term{kind: Date, text: t.asDate(x)}
		})
	}}
}

func compileDuration(c *compiler, cl call) node {
	x := c.compile(cl.args[0])
	if x.constant {
		s, ok := x.value(nil).(string)
		d, readable := parseSpan(s)
		if !ok || !readable {
			c.problem(c.start(cl.args[0]), "this is not a length of time; write a text with s, m, h, d, w or mo, such as duration(\"3d\")")
			return absent()
		}
		return literal(d)
	}
	value := x.value
	return expression(Duration, x.size+1, func(r *run) any {
		switch v := value(r).(type) {
		case span:
			return v
		case string:
			if !r.spend(readSteps) {
				return nil
			}
			if d, ok := parseSpan(v); ok {
				return d
			}
		}
		return nil
	}).moving(x.moves).asSQL(func(t *translation) term {
		if x := t.term(x); x.kind == Duration || x.absent {
			return x
		}
		return t.refuse("how long this is differs from one to the other, which cannot be asked of all people at once; " +
			"write the length itself, such as duration(\"3d\")")
	})
}

// text is the text that string() gives: numbers without needless digits, dates as RFC 3339 in UTC,
// lengths of time in seconds.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return numberText(v)
	case instant:
		return v.time().Format(time.RFC3339Nano)
	case span:
		return numberText(float64(v.total())/float64(second)) + "s"
	case []byte:
		return strings.ToValidUTF8(string(v), "�")
	}
	return ""
}

func numberText(f float64) string {
	if f == 0 {
		return "0" // and not -0
	}
	if math.Abs(f) < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func toNumber(v any) any {
	switch v := v.(type) {
	case float64:
		return v
	case string:
		if len(v) > 64 || strings.ContainsAny(v, "_xX") {
			return nil
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil
		}
		return number(f)
	case instant:
		return float64(v.us) / float64(second)
	case span:
		return float64(v.total()) / float64(second)
	}
	return nil
}

// whole pays for reading a text, and is whole64.
func (r *run) whole(v any, least float64) any {
	if s, ok := v.(string); ok && !r.read(len(s)) {
		return nil
	}
	return whole64(v, least)
}

// whole64 cuts off what is behind the point, and is absent outside what CEL's integers hold.
func whole64(v any, least float64) any {
	if s, ok := v.(string); ok {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || float64(n) < least {
			return nil
		}
		return float64(n)
	}
	f, ok := toNumber(v).(float64)
	if !ok || f < least || f > math.MaxInt64 {
		return nil
	}
	return math.Trunc(f) + 0 // no negative zero
}

func toBool(v any) any {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		switch v {
		case "true", "True", "TRUE", "t", "1":
			return true
		case "false", "False", "FALSE", "f", "0":
			return false
		}
	}
	return nil
}
