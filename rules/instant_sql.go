package rules

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// asDate is the term as a timestamptz: as what it is, else read as a date in the profile's zone.
func (t *translation) asDate(x term) string {
	switch {
	case x.absent:
	case x.constant:
		switch v := x.value.(type) {
		case instant:
			return t.arg("timestamptz", v.time().Format(time.RFC3339Nano))
		case string, float64:
			if fixed, ok := fixedDate(v); ok {
				return t.arg("timestamptz", fixed.Format(time.RFC3339Nano))
			}
			return sqlCall("date", t.arg("jsonb", string(encoded(v))), t.zone())
		}
	case x.kind == Date:
		return x.text
	case x.kind == Unknown:
		return sqlCall("date", x.text, t.zone())
	case x.kind == String:
		return sqlCall("date", "to_jsonb("+x.text+")", t.zone())
	case x.kind == Number:
		return sqlCall("date", "to_jsonb("+x.text+")", t.zone())
	}
	return "null::timestamptz"
}

// fixedDate reads a literal that means the same instant in every zone.
func fixedDate(v any) (time.Time, bool) {
	west, east := time.FixedZone("", -15*3600), time.FixedZone("", 15*3600)
	a, ok1 := calendar.ReadDate(v, west)
	b, ok2 := calendar.ReadDate(v, east)
	return a.UTC().Truncate(time.Microsecond), ok1 && ok2 && a.Equal(b)
}

// compareDates writes a comparison of which one side is a date.
func (t *translation) compareDates(op comparison, x, y term) string {
	for _, side := range [2]term{x, y} {
		switch side.kind {
		case Date, String, Number, Unknown:
		default:
			return apart(op, x, y)
		}
	}
	condition := infix(op, t.asDate(x), t.asDate(y))
	if op != unequal || x.kind != Unknown && y.kind != Unknown {
		return condition
	}
	other, date := x, y
	if x.kind == Date {
		other, date = y, x
	}
	// Of text and numbers only those that can be read are unequal; whatever else always is.
	return "(case when jsonb_typeof(" + other.text + ") in ('string', 'number') then " + condition + " else " +
		all(other.present(), date.present()) + " end)"
}

// asSpan is the term as an interval.
func (t *translation) asSpan(x term) string {
	switch {
	case x.absent:
	case x.constant:
		if s, ok := x.value.(span); ok {
			return t.span(s)
		}
	case x.kind == Duration:
		return x.text
	}
	return "null::interval"
}

func (t *translation) span(s span) string {
	seconds := s.us / second
	return t.arg("interval", fmt.Sprintf("%d mons %d days %d secs %d microseconds", s.months, seconds/(24*3600), seconds%(24*3600), s.us%second))
}

// asType is the term as the name of a type.
func (t *translation) asType(x term) string {
	if name, ok := x.value.(typeName); ok && x.constant {
		return t.arg("text", string(name))
	}
	return x.text
}
