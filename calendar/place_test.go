package calendar_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// zone returns a zone that must exist.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, ok := calendar.LoadZone(name)
	if !ok {
		t.Fatalf("no zone %s", name)
	}
	return loc
}

// instant reads RFC 3339.
func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, zone, local, want string }{
		{"an ordinary day", "Europe/Paris", "2026-06-01 09:00:00", "2026-06-01T07:00:00Z"},
		{"Paris skips an hour", "Europe/Paris", "2026-03-29 02:30:00", "2026-03-29T01:00:00Z"},
		{"the gap's first reading", "Europe/Paris", "2026-03-29 02:00:00", "2026-03-29T01:00:00Z"},
		{"the last before the gap", "Europe/Paris", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z"},
		{"the first after the gap", "Europe/Paris", "2026-03-29 03:00:00", "2026-03-29T01:00:00Z"},
		{"Paris doubles an hour", "Europe/Paris", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z"},
		{"the doubled hour's first reading", "Europe/Paris", "2026-10-25 02:00:00", "2026-10-25T00:00:00Z"},
		{"the first that comes once again", "Europe/Paris", "2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
		{"Lord Howe skips half an hour", "Australia/Lord_Howe", "2026-10-04 02:15:00", "2026-10-03T15:30:00Z"},
		{"Lord Howe doubles half an hour", "Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04T14:45:00Z"},
		{"Samoa skipped a whole day", "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T10:00:00Z"},
		{"the day after it", "Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30T10:00:00Z"},
		{"the evening before it", "Pacific/Apia", "2011-12-29 23:59:59", "2011-12-30T09:59:59Z"},
		{"Kwajalein skipped a day too", "Pacific/Kwajalein", "1993-08-21 06:00:00", "1993-08-21T12:00:00Z"},
		{"Alaska lived a day twice", "America/Juneau", "1867-10-18 12:00:00", ""},
		{"Kathmandu is 5:45 ahead", "Asia/Kathmandu", "2026-01-01 09:00:00", "2026-01-01T03:15:00Z"},
		{"Kathmandu skipped a quarter in 1986", "Asia/Kathmandu", "1986-01-01 00:10:00", "1985-12-31T18:30:00Z"},
		{"St. John's changed a minute past midnight", "America/St_Johns", "2007-03-11 00:30:00", "2007-03-11T03:31:00Z"},
		{"and doubled midnight", "America/St_Johns", "2006-10-29 00:00:30", "2006-10-29T02:30:30Z"},
		{"and the hour before it", "America/St_Johns", "2006-10-28 23:30:00", "2006-10-29T02:00:00Z"},
		{"and then comes midnight's second coming's rest", "America/St_Johns", "2006-10-29 00:01:00", "2006-10-29T03:31:00Z"},
		{"Beirut skips midnight", "Asia/Beirut", "2026-03-29 00:00:00", "2026-03-28T22:00:00Z"},
		{"Beirut doubles the hour before midnight", "Asia/Beirut", "2026-10-24 23:30:00", "2026-10-24T20:30:00Z"},
		{"Sao Paulo skipped midnight", "America/Sao_Paulo", "2018-11-04 00:00:00", "2018-11-04T03:00:00Z"},
		{"Sao Paulo doubled the hour before midnight", "America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-18T01:30:00Z"},
		{"Dublin's winter time is the negative one", "Europe/Dublin", "2026-10-25 01:30:00", "2026-10-25T00:30:00Z"},
		{"Troll moves by two hours", "Antarctica/Troll", "2026-03-29 02:30:00", "2026-03-29T01:00:00Z"},
		{"an odd change of nineteen seconds", "Europe/Amsterdam", "1937-07-01 00:00:10", ""},
		{"a far year keeps today's rules", "America/New_York", "2400-03-12 02:30:00", "2400-03-12T07:00:00Z"},
		{"the last day of a leap year", "America/New_York", "2096-12-31 12:00:00", "2096-12-31T17:00:00Z"},
		{"and its evening", "Europe/Lisbon", "2040-12-31 23:30:00", "2040-12-31T23:30:00Z"},
		{"no changes at all", "UTC", "2026-03-29 02:30:00", "2026-03-29T02:30:00Z"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, c.zone)
			wall, err := time.Parse(time.DateTime, c.local)
			if err != nil {
				t.Fatal(err)
			}
			got := placeWall(wall, loc)
			if c.want == "" {
				c.want = scan(wall, loc).UTC().Format(time.RFC3339)
			}
			if want := instant(t, c.want); !got.Equal(want) {
				t.Errorf("%s in %s is %s, want %s (%s)", c.local, c.zone, got.UTC().Format(time.RFC3339), c.want, want.In(loc))
			}
			if scanned := scan(wall, loc); !got.Equal(scanned) {
				t.Errorf("%s in %s is %s, and a scan of the clocks finds %s", c.local, c.zone, got, scanned)
			}
			if got.Location() != loc {
				t.Errorf("placed in %s, want %s", got.Location(), loc)
			}
		})
	}
}

func placeWall(wall time.Time, loc *time.Location) time.Time {
	at := calendar.TimeOfDay{Hour: wall.Hour(), Minute: wall.Minute(), Second: wall.Second()}
	return calendar.Place(wall.Year(), wall.Month(), wall.Day(), at, loc)
}

// reading is what the clocks show, as the same reading in UTC.
func reading(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// scan finds a wall time by looking at the clocks: second by second, as they read. It returns the
// first instant that reads wall or, where none does, the first after the jump over it.
func scan(wall time.Time, loc *time.Location) time.Time {
	var jumped time.Time
	from := wall.Add(-27 * time.Hour).Truncate(time.Minute)
	for at := from; at.Before(wall.Add(27 * time.Hour)); at = at.Add(time.Minute) {
		// Within a minute without a change, the one instant that can read wall is this far in.
		a, b := at.In(loc), at.Add(time.Minute).In(loc)
		if away := wall.Sub(reading(a)); reading(b).Sub(reading(a)) == time.Minute {
			if away >= 0 && away < time.Minute {
				return a.Add(away)
			}
			continue
		}
		for s := range 60 {
			c, d := at.Add(time.Duration(s)*time.Second).In(loc), at.Add(time.Duration(s+1)*time.Second).In(loc)
			if reading(c).Equal(wall) {
				return c
			}
			if jumped.IsZero() && reading(c).Before(wall) && reading(d).After(wall) {
				jumped = d
			}
		}
	}
	return jumped
}
