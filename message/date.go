package message

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/osteele/liquid/values"
)

// dateLayouts are read in the reader's zone where they name none.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly,
	"2006-01-02 15:04:05 -0700", time.RFC1123Z, time.RFC1123, "January 2, 2006", "2 January 2006", "Jan 2, 2006", "2 Jan 2006",
}

// wideField is a strftime directive padded to a hundred characters or more.
var wideField = regexp.MustCompile(`%[-_^#0]*\d{3}`)

// date writes an instant in the reader's zone. What is no date is absent, so that `default` can
// follow. `now` is the render's now: a message rendered again must not change.
func (r *run) date(in any, args []any) (any, error) {
	t, ok := r.instant(in)
	if !ok {
		return nil, nil
	}
	format := "%B %-d, %Y"
	if len(args) > 0 {
		if f, ok := args[0].(string); ok && f != "" {
			format = f
		}
	}
	if wideField.MatchString(format) {
		return nil, errors.New("a field of this date format is too wide")
	}
	return values.Call(standard["date"], []any{t.In(r.zone), format})
}

// instant reads a date as rules do: RFC 3339, a local date-time or date, Unix seconds, or, from
// 1e11, milliseconds. A few spellings that people write are read too.
func (r *run) instant(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case int:
		return fromUnix(float64(v)), true
	case float64:
		return fromUnix(v), true
	case string:
		switch v {
		case "":
			return time.Time{}, false
		case "now", "today":
			return r.now, true
		}
		for _, layout := range dateLayouts {
			if t, err := time.ParseInLocation(layout, v, r.zone); err == nil {
				return t, true
			}
		}
		if n, err := strconv.ParseFloat(v, 64); err == nil && math.Abs(n) < 1e15 {
			return fromUnix(n), true
		}
	}
	return time.Time{}, false
}

func fromUnix(n float64) time.Time {
	if math.Abs(n) >= 1e11 {
		return time.UnixMilli(int64(n))
	}
	return time.UnixMilli(int64(n * 1000))
}
