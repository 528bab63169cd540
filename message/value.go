package message

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/osteele/liquid/values"
)

// native gives data the kinds that Liquid works with: JSON has one kind of number, but a range, a
// limit and an index want whole ones. It copies, so that the caller's maps are never shared with a
// template, and stops at a depth that no sender of events reaches.
func native(v any, depth int) any {
	if depth > 64 {
		return nil
	}
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int(v)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case json.Number:
		if i, err := strconv.Atoi(v.String()); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			return nil
		}
		return f
	case int64:
		return int(v)
	case string, bool, int, time.Time, nil:
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = native(item, depth+1)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = native(item, depth+1)
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = item
		}
		return out
	case map[string]string:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = item
		}
		return out
	}
	// What is no JSON kind has no place in a template.
	return nil
}

// whole reports an object, which has no text.
func whole(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// text writes a value as a reader sees it; an instant in the reader's zone.
func (r *run) text(v any) string {
	switch v := v.(type) {
	case time.Time:
		return v.In(r.zone).Format("2006-01-02 15:04")
	case []any:
		var b strings.Builder
		for _, item := range v {
			if !whole(item) {
				b.WriteString(r.text(item))
			}
		}
		return b.String()
	}
	return text(v)
}

// text writes a value that needs no zone.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return decimal(v)
	case []byte:
		return string(v)
	case values.SafeValue:
		return text(v.Value)
	case values.Range:
		if v.Len() < 1 {
			return ""
		}
		return fmt.Sprintf("%v..%v", v.Index(0), v.Index(v.Len()-1))
	case map[string]any:
		return ""
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice || rv.Kind() == reflect.Array {
		var b strings.Builder
		for i := range rv.Len() {
			b.WriteString(text(rv.Index(i).Interface()))
		}
		return b.String()
	}
	return fmt.Sprint(v)
}

// decimal writes a number without the noise of its binary form: 0.1 + 0.2 is 0.3 to a reader.
func decimal(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	if math.Abs(f) >= 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', 10, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}
