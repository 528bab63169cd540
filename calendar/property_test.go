package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

// oddZones are those whose clocks did something that others do not.
var oddZones = [...]string{
	"UTC", "Europe/Paris", "Europe/Dublin", "Europe/Lisbon", "Europe/Amsterdam", "Europe/Moscow", "Europe/Istanbul",
	"America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Havana", "America/Caracas", "America/Asuncion",
	"America/Scoresbysund", "America/Nuuk", "America/Juneau", "America/Adak", "Atlantic/Azores",
	"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein", "Pacific/Chatham", "Pacific/Kiritimati",
	"Asia/Kathmandu", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran", "Asia/Manila", "Asia/Pyongyang", "Asia/Kolkata", "Asia/Tokyo", "Asia/Amman",
	"Africa/Casablanca", "Africa/Monrovia", "Africa/Cairo", "Antarctica/Troll", "Antarctica/Casey",
}

func zoneOf(t *rapid.T) *time.Location {
	name := rapid.SampledFrom(oddZones[:]).Draw(t, "zone")
	loc, ok := calendar.LoadZone(name)
	if !ok {
		t.Fatalf("no zone %s", name)
	}
	return loc
}

// momentOf is an instant from 1840 to 2100, to the microsecond.
func momentOf(t *rapid.T) time.Time {
	seconds := rapid.Int64Range(-4102444800, 4102444800).Draw(t, "moment")
	return time.Unix(seconds, rapid.SampledFrom([]int64{0, 1000, 500_000_000, 999_999_000}).Draw(t, "fraction")).UTC()
}

// nearChange is an instant, more often than not within two days of a change of the clocks.
func nearChange(t *rapid.T, loc *time.Location) time.Time {
	at := momentOf(t)
	_, change := at.In(loc).ZoneBounds()
	if change.IsZero() || rapid.IntRange(0, 3).Draw(t, "anywhere") == 0 {
		return at
	}
	away := time.Duration(rapid.Int64Range(-48*3600, 48*3600).Draw(t, "away")) * time.Second
	if rapid.Bool().Draw(t, "on the minute") {
		away = away.Truncate(time.Minute)
	}
	return change.Add(away).UTC()
}

func timeOfDayOf(t *rapid.T) calendar.TimeOfDay {
	at := calendar.TimeOfDay{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}
	if rapid.IntRange(0, 4).Draw(t, "with seconds") == 0 {
		at.Second = rapid.IntRange(0, 59).Draw(t, "second")
	}
	return at
}

func daysOf(t *rapid.T) calendar.Weekdays {
	return calendar.Weekdays(rapid.IntRange(0, 127).Draw(t, "days"))
}

func TestPlaceIsWhatAScanOfTheClocksFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zoneOf(t)
		wall := reading(nearChange(t, loc).In(loc)).Truncate(time.Second)
		if got, want := placeWall(wall, loc), scan(wall, loc); !got.Equal(want) {
			t.Fatalf("%s in %s is %s, and a scan of the clocks finds %s", wall.Format(time.DateTime), loc, got, want)
		}
	})
}

func TestWaitTargetKeepsItsWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zoneOf(t)
		arrived := nearChange(t, loc)
		at := timeOfDayOf(t)
		w := calendar.Wait{At: &at, On: daysOf(t), For: calendar.Duration{
			Months: rapid.IntRange(0, 2).Draw(t, "months"),
			Days:   rapid.IntRange(0, 9).Draw(t, "days ahead"),
			Clock:  time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes")) * time.Minute,
		}}
		if rapid.Bool().Draw(t, "date only") {
			w.For.Clock = 0
		}
		got := w.Target(arrived, loc)
		if got.Before(arrived) || w.For.Months == 0 && w.For.Days == 0 && got.Before(arrived.Add(w.For.Clock)) {
			t.Fatalf("%+v from %s is %s, too early", w, arrived.In(loc), got)
		}
		if w.On != 0 && !w.On.Has(got.Weekday()) {
			t.Fatalf("%+v from %s is %s, a %s", w, arrived.In(loc), got, got.Weekday())
		}
		if again := (calendar.Wait{At: &at, On: w.On}).Target(got, loc); !again.Equal(got) && !jumpsTo(got, loc) {
			t.Fatalf("%+v is over at %s, which is no such time: the next is %s", w, got, again)
		}
		if shown := reading(got); shown.Sub(shown.Truncate(24*time.Hour)) != sinceMidnight(at) && !jumpsTo(got, loc) {
			t.Fatalf("%+v from %s is %s, not at %s, and the clocks skip nothing", w, arrived.In(loc), got, at)
		}
		if w.For.Clock == 0 && (w.For.Days > 0 || w.For.Months > 0) {
			from := reading(arrived.In(loc)).Truncate(24*time.Hour).AddDate(0, 0, w.For.Days)
			if w.For.Months == 0 && reading(got).Before(from) {
				t.Fatalf("%+v from %s is %s, before the date moved to", w, arrived.In(loc), got)
			}
			if w.For.Months == 0 && w.On == 0 && reading(got).After(from.Add(48*time.Hour)) {
				t.Fatalf("%+v from %s is %s, days late", w, arrived.In(loc), got)
			}
		}
	})
}

func sinceMidnight(at calendar.TimeOfDay) time.Duration {
	return time.Duration(at.Hour*3600+at.Minute*60+at.Second) * time.Second
}

// jumpsTo tells whether the clocks go forward at t.
func jumpsTo(t time.Time, loc *time.Location) bool {
	return reading(t.In(loc)).Sub(reading(t.Add(-time.Second).In(loc))) > time.Second
}

func TestWindowOpensAndShutsAsItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zoneOf(t)
		at := nearChange(t, loc)
		w := calendar.Window{Days: daysOf(t), HasTimes: rapid.IntRange(0, 4).Draw(t, "times") > 0}
		if w.HasTimes {
			w.From, w.To = timeOfDayOf(t), timeOfDayOf(t)
		}
		opens, closes := w.Next(at, loc)
		if opens.Before(at) || !opens.Before(closes) {
			t.Fatalf("%+v at %s is open from %s to %s", w, at.In(loc), opens, closes)
		}
		for _, c := range []struct {
			at   time.Time
			open bool
		}{
			{at, opens.Equal(at)},
			{opens, true},
			{closes.Add(-1), true},
			{opens.Add(closes.Sub(opens) / 2), true},
			{closes, closes.Sub(at) > 20*24*time.Hour}, // one that never shuts
			{at.Add(opens.Sub(at) / 2), opens.Equal(at)},
			{opens.Add(-1), opens.Equal(at) && w.Contains(at.Add(-1), loc)},
		} {
			if got := w.Contains(c.at, loc); got != c.open {
				t.Fatalf("%+v, open from %s to %s, contains %s: %t", w, opens, closes, c.at.In(loc), got)
			}
		}
	})
}

// Away from changes a window is just a comparison of readings.
func TestWindowIsWhatTheClockReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := calendar.Window{From: timeOfDayOf(t), To: timeOfDayOf(t), HasTimes: true, Days: daysOf(t)}
		at := momentOf(t)
		day := at.Truncate(24 * time.Hour)
		shown, from, to := at.Sub(day), sinceMidnight(w.From), sinceMidnight(w.To)
		today := w.Days == 0 || w.Days.Has(day.Weekday())
		yesterday := w.Days == 0 || w.Days.Has(day.AddDate(0, 0, -1).Weekday())
		want := today && from <= shown && shown < to
		if to <= from {
			want = today && from <= shown || yesterday && shown < to
		}
		if got := w.Contains(at, time.UTC); got != want {
			t.Fatalf("%+v contains %s: %t, want %t", w, at, got, want)
		}
	})
}

func TestNextHourAndDayAreWhatAScanFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zoneOf(t)
		at := nearChange(t, loc)
		for _, c := range []struct {
			name string
			next func(time.Time, *time.Location) time.Time
			unit time.Duration
		}{{"hour", calendar.NextHour, time.Hour}, {"day", calendar.NextDay, 24 * time.Hour}} {
			got, now := c.next(at, loc), reading(at.In(loc)).Truncate(c.unit)
			if !got.After(at) || got.Sub(at) > 50*time.Hour {
				t.Fatalf("the next %s after %s in %s is %s", c.name, at.In(loc), loc, got)
			}
			if reading(got).Truncate(c.unit).Equal(now) {
				t.Fatalf("the next %s after %s in %s is %s, the same one", c.name, at.In(loc), loc, got)
			}
			for earlier := got.Add(-1); !earlier.Before(at); earlier = earlier.Add(-13 * time.Minute) {
				if !reading(earlier.In(loc)).Truncate(c.unit).Equal(now) {
					t.Fatalf("the next %s after %s in %s is %s, and %s is another already", c.name, at.In(loc), loc, got, earlier.In(loc))
				}
			}
		}
	})
}
