package calendar

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fromMilliseconds is the magnitude from which a number is Unix milliseconds, not seconds: as
// seconds it would be the year 5138, as milliseconds it is 1973.
const fromMilliseconds = 1e11

var (
	onlyDigits = regexp.MustCompile(`^\d{1,18}$`)
	dateTime   = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9})\d*)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$`)
)

// ReadDate reads a date as callers send them: RFC 3339; a date and time without zone, which is
// local; a date alone, which is local midnight; Unix seconds or, from 1e11 in magnitude,
// milliseconds, as a number or a string of digits; or a time.Time. It returns false for whatever
// else, for what is on no calendar, and outside the years 1 to 9999.
func ReadDate(v any, loc *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return within(v, loc)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return time.Time{}, false
		}
		return readNumber(f, loc)
	case string:
		v = strings.TrimSpace(v)
		if onlyDigits.MatchString(v) {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return time.Time{}, false
			}
			return readNumber(f, loc)
		}
		return readText(v, loc)
	}
	switch n := reflect.ValueOf(v); {
	case !n.IsValid():
		return time.Time{}, false
	case n.CanInt():
		return readNumber(float64(n.Int()), loc)
	case n.CanUint():
		return readNumber(float64(n.Uint()), loc)
	case n.CanFloat():
		return readNumber(n.Float(), loc)
	}
	return time.Time{}, false
}

// readNumber keeps microseconds; below them a float64 of today's seconds is noise.
func readNumber(n float64, loc *time.Location) (time.Time, bool) {
	micros := n * 1e6
	if math.Abs(n) >= fromMilliseconds {
		micros = n * 1e3
	}
	if math.IsNaN(micros) || math.Abs(micros) > 1e18 {
		return time.Time{}, false
	}
	return within(time.UnixMicro(int64(math.Round(micros))), loc)
}

func readText(s string, loc *time.Location) (time.Time, bool) {
	parts := dateTime.FindStringSubmatch(s)
	if parts == nil {
		return time.Time{}, false
	}
	day, clock, seconds, fraction, zone := parts[1], parts[2], parts[3], parts[4], parts[5]
	if clock == "" {
		clock = "00:00"
	}
	if seconds == "" {
		if fraction != "" {
			return time.Time{}, false
		}
		seconds = ":00"
	}
	wall, err := time.Parse(time.DateTime, day+" "+clock+seconds)
	if err != nil {
		return time.Time{}, false
	}
	if fraction != "" {
		nanos, err := strconv.Atoi((fraction + "00000000")[:9])
		if err != nil {
			return time.Time{}, false
		}
		wall = wall.Add(time.Duration(nanos))
	}
	if zone == "" {
		return within(place(wall, loc), loc)
	}
	offset, ok := readOffset(zone)
	if !ok {
		return time.Time{}, false
	}
	return within(wall.Add(-offset), loc)
}

// readOffset reads Z, +02:00, +0200 or +02.
func readOffset(s string) (time.Duration, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits) == 2 {
		digits += "00"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n/100 > 23 || n%100 > 59 {
		return 0, false
	}
	offset := time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// within keeps t if its year has one to four digits, in loc and in UTC: beyond that neither JSON
// nor RFC 3339 can say it.
func within(t time.Time, loc *time.Location) (time.Time, bool) {
	t = t.In(loc)
	for _, year := range []int{t.Year(), t.UTC().Year()} {
		if year < 1 || year > 9999 {
			return time.Time{}, false
		}
	}
	return t, true
}
