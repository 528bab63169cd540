package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as people write it: 90m, 1h30m, 2d, 3w, 1mo. Months are calendar
// months and days are kept apart from hours, because a date that moves by a day is not an
// instant that moves by 24 hours where the clocks change in between.
type Duration struct {
	Months int
	Days   int // weeks count as seven
	Clock  time.Duration
}

// longest bounds every duration: a longer wait is a slip of the pen, and sums stay clear of
// overflow.
const (
	longestYears = 100
	longest      = longestYears * 366 * 24 * time.Hour
)

// ParseDuration reads 0 or counts with units: s, m (minutes), h, d, w, mo (months).
func ParseDuration(s string) (Duration, error) {
	if strings.HasPrefix(s, "-") {
		return Duration{}, fmt.Errorf("%q is negative, and only an offset may be; write it without the minus", s)
	}
	return parse(s, s)
}

// ParseOffset reads a duration that may begin with a minus, which holds for all of it: -1h30m.
func ParseOffset(s string) (Duration, error) {
	unsigned, negative := strings.CutPrefix(s, "-")
	if !negative {
		unsigned = strings.TrimPrefix(s, "+")
	}
	d, err := parse(unsigned, s)
	if negative {
		d = Duration{Months: -d.Months, Days: -d.Days, Clock: -d.Clock}
	}
	return d, err
}

func parse(s, written string) (Duration, error) {
	if s == "0" {
		return Duration{}, nil
	}
	if s == "" {
		return Duration{}, errors.New("a duration is missing; write one such as 30m, 2h or 1d, or 0")
	}
	var d Duration
	seen := map[string]bool{}
	for rest := s; rest != ""; {
		digits := leading(rest, isDigit)
		unit := leading(rest[len(digits):], isLetter)
		rest = rest[len(digits)+len(unit):]
		if digits == "" || unit == "" || rest != "" && !isDigit(rest[0]) {
			return Duration{}, malformed(written, digits, unit, rest)
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n > int(longest/time.Second) {
			return Duration{}, tooLong(written)
		}
		if seen[unit] {
			return Duration{}, fmt.Errorf("%q names %s twice; add the two up and write the sum", written, unit)
		}
		seen[unit] = true
		if !d.add(n, unit) {
			return Duration{}, unknownUnit(written, digits, unit)
		}
		if d.Months > longestYears*12 || d.Days > longestYears*366 || d.Clock > longest {
			return Duration{}, tooLong(written)
		}
	}
	return d, nil
}

// add counts n units in; false if there is no such unit. The caller bounds n and the sum, and
// counts beyond the bound of a unit stop just past it, so that nothing overflows.
func (d *Duration) add(n int, unit string) bool {
	switch unit {
	case "s":
		d.addClock(n, time.Second)
	case "m":
		d.addClock(n, time.Minute)
	case "h":
		d.addClock(n, time.Hour)
	case "d":
		d.Days += n
	case "w":
		d.Days += 7 * n
	case "mo":
		d.Months += n
	default:
		return false
	}
	return true
}

func (d *Duration) addClock(n int, unit time.Duration) {
	d.Clock += unit * time.Duration(min(n, int(longest/unit)+1))
}

func tooLong(written string) error {
	return fmt.Errorf("%q is longer than %d years; write a shorter duration", written, longestYears)
}

func malformed(written, digits, unit, rest string) error {
	switch {
	case digits != "" && unit == "" && rest == "" && len(digits) < len(strings.TrimLeft(written, "+-")):
		return fmt.Errorf("%q ends in a number without a unit; write s, m, h, d, w or mo behind it", written)
	case digits != "" && unit == "" && rest == "":
		return fmt.Errorf("%[1]q has no unit; write %[1]ss, %[1]sm, %[1]sh, %[1]sd, %[1]sw or %[1]smo (seconds, minutes, hours, days, weeks, months)", written)
	case strings.ContainsAny(written, ".,"):
		return fmt.Errorf("%q has a fraction; write whole numbers with a smaller unit, such as 1h30m", written)
	case strings.ContainsAny(written, " \t\n"):
		return fmt.Errorf("%q has a space in it; write it in one piece, such as 1h30m or 2d", written)
	}
	return fmt.Errorf("%q is not a duration; write a number and a unit (s, m, h, d, w, mo), such as 30m, 2h or 1d", written)
}

// unknownUnit names the unit that was probably meant.
func unknownUnit(written, digits, unit string) error {
	if unit == "M" {
		return fmt.Errorf("the unit M in %q could mean two; write %sm for minutes or %smo for months", written, digits, digits)
	}
	lower := strings.ToLower(unit)
	for _, known := range []struct{ short, long string }{
		{"s", "seconds"}, {"mo", "months"}, {"m", "minutes"}, {"h", "hours"}, {"d", "days"}, {"w", "weeks"},
	} {
		if strings.HasPrefix(known.long, lower) && (len(lower) >= 3 || lower == known.short) || lower == "hr" && known.short == "h" {
			return fmt.Errorf("%q has a unit that is not known here, %s; write %s%s", written, unit, digits, known.short)
		}
	}
	if lower == "y" || strings.HasPrefix(lower, "year") {
		if n, err := strconv.Atoi(digits); err == nil && n <= longestYears {
			return fmt.Errorf("%q is in years, which are not a unit; write %dmo", written, 12*n)
		}
	}
	return fmt.Errorf("%q has a unit that is not known, %s; write s, m, h, d, w or mo (seconds, minutes, hours, days, weeks, months)", written, unit)
}

func leading(s string, is func(byte) bool) string {
	i := 0
	for i < len(s) && is(s[i]) {
		i++
	}
	return s[:i]
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// IsZero tells whether the duration is no time at all.
func (d Duration) IsZero() bool { return d == Duration{} }

// String writes the duration as ParseDuration or ParseOffset reads it: 1mo7d, 1h30m, -1d, 0.
func (d Duration) String() string {
	if d.IsZero() {
		return "0"
	}
	var b strings.Builder
	if d.Months <= 0 && d.Days <= 0 && d.Clock <= 0 {
		b.WriteByte('-')
		d = Duration{Months: -d.Months, Days: -d.Days, Clock: -d.Clock}
	}
	count := func(n int64, unit string) {
		if n != 0 {
			b.WriteString(strconv.FormatInt(n, 10) + unit)
		}
	}
	count(int64(d.Months), "mo")
	count(int64(d.Days), "d")
	count(int64(d.Clock/time.Hour), "h")
	count(int64(d.Clock%time.Hour/time.Minute), "m")
	count(int64(d.Clock%time.Minute/time.Second), "s")
	return b.String()
}

// AddTo returns the instant that lies the duration after t. A day is 24 hours and a week seven
// of them; a month is a calendar month in loc, which keeps the local clock time and is clamped
// to the month's end: a month after 31 January is 28 February.
func (d Duration) AddTo(t time.Time, loc *time.Location) time.Time {
	if d.Months != 0 {
		t = place(addMonths(wallOf(t, loc), d.Months), loc)
	}
	return t.Add(time.Duration(d.Days)*24*time.Hour + d.Clock).In(loc)
}
