package store_test

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/rules"
)

// pin draws a value and compares it with what it is for somebody: whatever makes that another value
// makes another answer. It returns "" when nothing came of it.
func (w *population) pin(r *rand.Rand, d *drawer) string {
	draw := []func(int) string{d.number, d.words, d.list, d.date, d.span, d.steadyAny, d.aggregate}[r.IntN(7)]
	if r.IntN(5) > 0 {
		d.still++ // most of them must not move with now
	}
	source := draw(1 + r.IntN(2))
	d.still = 0
	rule, _ := w.env.Compile(source, rules.Position{File: "drawn", Line: 1, Column: 1}, rules.ScopeSegment)
	if rule == nil {
		return ""
	}
	value, there, _ := rule.Value(w.facts[w.ids[r.IntN(len(w.ids))]])
	sign := d.pick("==", "==", "!=", ">=", "<=", ">", "<")
	if !there {
		return d.pick("", "!") + "(" + source + " == " + source + ")"
	}
	literal, ok := written(value)
	if !ok {
		return ""
	}
	return "(" + source + " " + sign + " " + literal + ")"
}

// written is a value as a rule writes it.
func written(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case string:
		raw, err := json.Marshal(v)
		return string(raw), err == nil
	case time.Time:
		return `date("` + v.Format(time.RFC3339Nano) + `")`, true
	case time.Duration:
		return `duration("` + strconv.FormatInt(v.Microseconds(), 10) + `us")`, v > 0
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			part, ok := written(e)
			if !ok {
				return "", false
			}
			parts[i] = part
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	}
	return "", false
}
