package calendar_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]calendar.Duration{
		"0":        {},
		"0d":       {},
		"45s":      {Clock: 45 * time.Second},
		"90m":      {Clock: 90 * time.Minute},
		"1h30m":    {Clock: 90 * time.Minute},
		"30m1h":    {Clock: 90 * time.Minute},
		"2d":       {Days: 2},
		"2w":       {Days: 14},
		"1w1d":     {Days: 8},
		"1mo":      {Months: 1},
		"1mo2d12h": {Months: 1, Days: 2, Clock: 12 * time.Hour},
		"1200mo":   {Months: 1200},
	} {
		if got, err := calendar.ParseDuration(written); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", written, got, err, want)
		}
	}
}

func TestParseOffset(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]calendar.Duration{
		"-1d":    {Days: -1},
		"-1h30m": {Clock: -90 * time.Minute},
		"-1mo1w": {Months: -1, Days: -7},
		"+2h":    {Clock: 2 * time.Hour},
		"2h":     {Clock: 2 * time.Hour},
		"0":      {},
		"-0":     {},
	} {
		if got, err := calendar.ParseOffset(written); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", written, got, err, want)
		}
	}
	if _, err := calendar.ParseOffset("--1d"); err == nil {
		t.Error("--1d was read")
	}
}

func TestDurationErrorsSayWhatToWrite(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"":                            "write one such as 30m, 2h or 1d, or 0",
		"90":                          "has no unit; write 90s, 90m, 90h, 90d, 90w or 90mo",
		"1 day":                       "write it in one piece",
		"1day":                        "write 1d",
		"2days":                       "write 2d",
		"5min":                        "write 5m",
		"3hrs":                        "write s, m, h",
		"1hr":                         "write 1h",
		"3D":                          "write 3d",
		"3M":                          "write 3m for minutes or 3mo for months",
		"2months":                     "write 2mo",
		"1y":                          "write 12mo",
		"1.5h":                        "such as 1h30m",
		"-1d":                         "without the minus",
		"+1d":                         "is not a duration",
		"tomorrow":                    "is not a duration; write a number and a unit",
		"1h1h":                        "names h twice",
		"1h30":                        "ends in a number without a unit; write s",
		"101w99999999d":               "longer than 100 years",
		"99999999999999999999s":       "longer than 100 years",
		"1201mo":                      "longer than 100 years",
		"3000000000s52000000m878000h": "longer than 100 years",
		"1fortnight":                  "unit that is not known, fortnight",
		"１d":                          "is not a duration",
	} {
		got, err := calendar.ParseDuration(written)
		if err == nil {
			t.Errorf("%q was read as %+v", written, got)
		} else if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write") && !strings.Contains(want, "twice") {
			t.Errorf("%q: %v\nwant it to say: %s", written, err, want)
		}
	}
}

func TestDurationReadsBackWhatItWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.SampledFrom([]int{1, -1}).Draw(t, "sign")
		d := calendar.Duration{
			Months: sign * rapid.IntRange(0, 1200).Draw(t, "months"),
			Days:   sign * rapid.IntRange(0, 36600).Draw(t, "days"),
			Clock:  time.Duration(sign) * time.Duration(rapid.IntRange(0, 36600*24*3600).Draw(t, "seconds")) * time.Second,
		}
		if got, err := calendar.ParseOffset(d.String()); err != nil || got != d {
			t.Fatalf("%+v is written %s, which reads as %+v, %v", d, d, got, err)
		}
	})
}

func TestDurationNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[-+]?([0-9]{0,20}(s|m|h|d|w|mo|y|M| )?){0,4}`).Draw(t, "written")
		d, err := calendar.ParseDuration(s)
		if err == nil && (d.Months < 0 || d.Days < 0 || d.Clock < 0) {
			t.Fatalf("%s overflowed to %+v", s, d)
		}
	})
}

func TestAddTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, zone, from, add, want string }{
		{"a day is 24 hours over a spring night", "Europe/Paris", "2026-03-28T18:00:00+01:00", "1d", "2026-03-29T19:00:00+02:00"},
		{"and over an autumn night", "Europe/Paris", "2026-10-24T18:00:00+02:00", "1d", "2026-10-25T17:00:00+01:00"},
		{"a week is seven of them", "Europe/Paris", "2026-03-27T10:00:00+01:00", "1w", "2026-04-03T11:00:00+02:00"},
		{"a month keeps the clock time", "Europe/Paris", "2026-03-15T10:00:00+01:00", "1mo", "2026-04-15T10:00:00+02:00"},
		{"a month is clamped", "UTC", "2026-01-31T10:00:00Z", "1mo", "2026-02-28T10:00:00Z"},
		{"in a leap year less", "UTC", "2028-01-31T10:00:00Z", "1mo", "2028-02-29T10:00:00Z"},
		{"backwards too", "UTC", "2026-03-31T10:00:00Z", "-1mo", "2026-02-28T10:00:00Z"},
		{"over the year's end", "UTC", "2026-11-30T10:00:00Z", "3mo", "2027-02-28T10:00:00Z"},
		{"a month into a gap", "Europe/Paris", "2026-02-28T02:30:00+01:00", "1mo", "2026-03-28T02:30:00+01:00"},
		{"a month into a gap, on its day", "Europe/Paris", "2026-02-28T02:30:00+01:00", "1mo1d", "2026-03-29T03:30:00+02:00"},
		{"the local date counts, not that of UTC", "Pacific/Auckland", "2026-01-30T12:00:00Z", "1mo", "2026-02-27T12:00:00Z"},
		{"a fraction of a second stays", "UTC", "2026-01-31T10:00:00.25Z", "1mo", "2026-02-28T10:00:00.25Z"},
		{"nothing at all", "Europe/Paris", "2026-10-25T02:30:00+01:00", "0", "2026-10-25T02:30:00+01:00"},
	} {
		d, err := calendar.ParseOffset(c.add)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddTo(instant(t, c.from), zone(t, c.zone)); !got.Equal(instant(t, c.want)) {
			t.Errorf("%s: %s + %s is %s, want %s", c.why, c.from, c.add, got, c.want)
		}
	}
}
