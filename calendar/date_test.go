package calendar_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestReadDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in         any
		zone, want string
	}{
		{"2026-03-29T12:00:00Z", "Europe/Paris", "2026-03-29T12:00:00Z"},
		{"2026-03-29T12:00:00+02:00", "Asia/Tokyo", "2026-03-29T10:00:00Z"},
		{"2026-03-29t12:00:00.123456789z", "Europe/Paris", "2026-03-29T12:00:00.123456789Z"},
		{"2026-03-29 12:00:00+00:00", "Europe/Paris", "2026-03-29T12:00:00Z"},
		{"2026-03-29 12:00:00.5 +0530", "Europe/Paris", "2026-03-29T06:30:00.5Z"},
		{"2026-03-29 12:00:00-03", "Europe/Paris", "2026-03-29T15:00:00Z"},
		{"2026-03-29T12:00Z", "Europe/Paris", "2026-03-29T12:00:00Z"},
		{"2026-03-29T12:00:00", "Europe/Paris", "2026-03-29T10:00:00Z"},
		{"2026-03-29 12:00", "Europe/Paris", "2026-03-29T10:00:00Z"},
		{" 2026-03-29 12:00:00.25\n", "Europe/Paris", "2026-03-29T10:00:00.25Z"},
		{"2026-03-29T02:30:00.25", "Europe/Paris", "2026-03-29T01:00:00Z"},
		{"2026-10-25T02:30:00", "Europe/Paris", "2026-10-25T00:30:00Z"},
		{"2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00Z"},
		{"2026-03-29", "Pacific/Auckland", "2026-03-28T11:00:00Z"},
		{"2028-02-29", "UTC", "2028-02-29T00:00:00Z"},
		{float64(1774785600), "UTC", "2026-03-29T12:00:00Z"},
		{1774785600.25, "UTC", "2026-03-29T12:00:00.25Z"},
		{1774785600123.0, "UTC", "2026-03-29T12:00:00.123Z"},
		{1774785600, "UTC", "2026-03-29T12:00:00Z"},
		{int64(1774785600123), "UTC", "2026-03-29T12:00:00.123Z"},
		{uint32(1774785600), "UTC", "2026-03-29T12:00:00Z"},
		{json.Number("1774785600.5"), "UTC", "2026-03-29T12:00:00.5Z"},
		{"1774785600", "UTC", "2026-03-29T12:00:00Z"},
		{"1774785600123", "UTC", "2026-03-29T12:00:00.123Z"},
		{-86400, "UTC", "1969-12-31T00:00:00Z"},
		{-1e11, "UTC", "1966-10-31T14:13:20Z"},
		{99999999999, "UTC", "5138-11-16T09:46:39Z"},
		{100000000000, "UTC", "1973-03-03T09:46:40Z"},
		{"0", "UTC", "1970-01-01T00:00:00Z"},
		{time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC), "Europe/Paris", "2026-03-29T12:00:00Z"},
		{"9999-12-31T23:59:59", "UTC", "9999-12-31T23:59:59Z"},
		{"0001-01-01", "UTC", "0001-01-01T00:00:00Z"},
	} {
		got, ok := calendar.ReadDate(c.in, zone(t, c.zone))
		if !ok || !got.Equal(instant(t, c.want)) {
			t.Errorf("%v in %s is %s, %t; want %s", c.in, c.zone, got, ok, c.want)
		}
		if ok && got.Location() != zone(t, c.zone) {
			t.Errorf("%v is shown in %s, want %s", c.in, got.Location(), c.zone)
		}
	}
}

func TestReadDateRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []any{
		nil, "", " ", true, []any{1}, map[string]any{}, struct{}{}, "tomorrow", "29/03/2026", "2026-3-29", "2026-02-29", "2026-13-01", "2026-00-10",
		"2026-03-29T25:00:00", "2026-03-29T24:00:00", "2026-03-29T12:60:00", "2026-03-29T12:00:00+24:00", "2026-03-29T12:00:00+02:60",
		"2026-03-29T12", "2026-03-29Z", "2026-03-29T12:00.5", "2026-03-29T12:00:00.", "2026-03-29T12:00:00 CET", "2026-03-29T12:00:00Zulu",
		"-86400", "1e9", "12.5", "0x10", "0000-01-01", "10000-01-01", "1234567890123456789", "٢٠٢٦-٠٣-٢٩", "2026-03-29\x00",
		math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 1e15, -1e15, int64(math.MaxInt64), int64(math.MinInt64), uint64(math.MaxUint64), json.Number("many"),
		"0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, ok := calendar.ReadDate(in, time.UTC); ok {
			t.Errorf("%v was read as %s", in, got)
		}
	}
	// In UTC it is still the year 9999; where it is read, it is not.
	if got, ok := calendar.ReadDate("9999-12-31T23:00:00Z", zone(t, "Asia/Tokyo")); ok {
		t.Errorf("read as %s", got)
	}
}

func TestReadDateTakesAnyInput(t *testing.T) {
	t.Parallel()
	shapes := rapid.OneOf(
		rapid.String().AsAny(), rapid.Float64().AsAny(), rapid.Int64().AsAny(),
		rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,12})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?`).AsAny(),
	)
	rapid.Check(t, func(t *rapid.T) {
		in := shapes.Draw(t, "in")
		got, ok := calendar.ReadDate(in, zoneOf(t))
		if !ok {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatalf("%v was read as a date that JSON cannot say: %v", in, err)
		}
	})
}

func TestReadDateReadsWhatGoWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc, at := zoneOf(t), momentOf(t)
		for in, want := range map[any]time.Time{
			at.In(loc).Truncate(time.Second).Format(time.RFC3339): at.Truncate(time.Second),
			at.UTC().Format(time.RFC3339Nano):                     at,
			at.UnixMilli():                                        at.Truncate(time.Millisecond),
		} {
			if n, ok := in.(int64); ok && n < 1e11 {
				continue // so few milliseconds are seconds
			}
			// Offsets with seconds, of local mean time, have no form in RFC 3339.
			if _, offset := at.In(loc).Zone(); offset%60 != 0 {
				continue
			}
			if got, ok := calendar.ReadDate(in, loc); !ok || !got.Equal(want) {
				t.Fatalf("%v is read as %s, %t; want %s", in, got, ok, want)
			}
		}
	})
}
