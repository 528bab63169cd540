package calendar_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestNextHourAndDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, zone, at, hour, day string }{
		{"an ordinary time", "Europe/Paris", "2026-03-27T18:20:00+01:00", "2026-03-27T19:00:00+01:00", "2026-03-28T00:00:00+01:00"},
		{"on the hour", "Europe/Paris", "2026-03-27T00:00:00+01:00", "2026-03-27T01:00:00+01:00", "2026-03-28T00:00:00+01:00"},
		{"where hours begin at a quarter", "Asia/Kathmandu", "2026-03-27T18:20:00Z", "2026-03-27T19:15:00Z", "2026-03-28T18:15:00Z"},
		{"a short day", "Europe/Paris", "2026-03-29T01:20:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T00:00:00+02:00"},
		{"an hour that comes twice in a row", "Europe/Paris", "2026-10-25T02:20:00+02:00", "2026-10-25T03:00:00+01:00", "2026-10-26T00:00:00+01:00"},
		{"half an hour that does", "Australia/Lord_Howe", "2026-04-05T01:20:00+11:00", "2026-04-05T02:00:00+10:30", "2026-04-06T00:00:00+10:30"},
		{"an hour cut to half", "Australia/Lord_Howe", "2026-10-04T01:20:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-05T00:00:00+11:00"},
		{"a midnight that is skipped", "America/Sao_Paulo", "2018-11-03T23:20:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-04T01:00:00-02:00"},
		{"a day that never was", "Pacific/Apia", "2011-12-29T23:20:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00"},
		{"back over midnight", "America/St_Johns", "2006-10-29T00:00:20-02:30", "2006-10-28T23:01:00-03:30", "2006-10-28T23:01:00-03:30"},
		{"the last day of a leap year", "America/New_York", "2096-12-31T18:20:00-05:00", "2096-12-31T19:00:00-05:00", "2097-01-01T00:00:00-05:00"},
	} {
		at, loc := instant(t, c.at), zone(t, c.zone)
		if got := calendar.NextHour(at, loc); !got.Equal(instant(t, c.hour)) {
			t.Errorf("%s: the next hour after %s is %s, want %s", c.why, c.at, got, c.hour)
		}
		if got := calendar.NextDay(at, loc); !got.Equal(instant(t, c.day)) {
			t.Errorf("%s: the next day after %s is %s, want %s", c.why, c.at, got, c.day)
		}
	}
}

// Every zone, on each hour of the days about the end of a leap year and a common one.
func TestEveryZoneGoesThroughTheYearsEnd(t *testing.T) {
	t.Parallel()
	for _, name := range zoneNames(t) {
		loc := zone(t, name)
		for _, year := range []int{2024, 2026, 2040, 2043, 2096} {
			at := time.Date(year, time.December, 30, 0, 0, 0, 0, time.UTC)
			for end := at.Add(72 * time.Hour); at.Before(end); at = at.Add(time.Hour) {
				if got := placeWall(reading(at.In(loc)), loc); !got.Equal(at) {
					t.Fatalf("%s: %s is placed at %s", name, at.In(loc), got)
				}
				if got := calendar.NextHour(at, loc).Sub(at); got <= 0 || got > time.Hour {
					t.Fatalf("%s: the next hour after %s is %s later", name, at.In(loc), got)
				}
			}
		}
	}
}
