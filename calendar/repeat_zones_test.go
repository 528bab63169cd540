package calendar_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// rounds are the first moments of a series, each as the clocks read in the zone that the person is in
// by then: the last zone holds from its round on.
func rounds(r calendar.Repeat, arrived time.Time, n int, zones ...*time.Location) []string {
	arrived = arrived.In(zones[0])
	first := r.First(arrived, zones[0])
	var all []string
	for i, at := 0, first; i < n; i++ {
		loc := zones[min(i, len(zones)-1)]
		all = append(all, at.In(loc).Format("Mon 2006-01-02 15:04:05.9"))
		at = r.Next(arrived, first, at, at, zones[min(i+1, len(zones)-1)])
	}
	return all
}

func TestRepeatWhereClocksJump(t *testing.T) {
	t.Parallel()
	zone := func(name string) *time.Location {
		loc, ok := calendar.LoadZone(name)
		if !ok {
			t.Fatal(name)
		}
		return loc
	}
	on := func(days ...string) calendar.Weekdays {
		set, err := calendar.ParseWeekdays(days)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	rule := func(text string) *calendar.Rule {
		r, err := calendar.ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	nine, night := calendar.TimeOfDay{Hour: 9}, calendar.TimeOfDay{Minute: 30}
	gap := calendar.TimeOfDay{Hour: 2, Minute: 15}
	for _, c := range []struct {
		name    string
		repeat  calendar.Repeat
		arrived string
		zones   []*time.Location
		want    []string
	}{
		{
			"Samoa had no 30 December: no Friday, and no round on another day for it",
			calendar.Repeat{On: on("fri"), At: &nine}, "2011-12-23T08:00:00-10:00", []*time.Location{zone("Pacific/Apia")},
			[]string{"Fri 2011-12-23 09:00:00", "Fri 2012-01-06 09:00:00"},
		},
		{
			"each day: the day that was left out ends at once",
			calendar.Repeat{Every: calendar.Duration{Days: 1}, At: &nine}, "2011-12-29T08:00:00-10:00", []*time.Location{zone("Pacific/Apia")},
			[]string{"Thu 2011-12-29 09:00:00", "Sat 2011-12-31 00:00:00", "Sat 2011-12-31 09:00:00"},
		},
		{
			"a clock time that was skipped once is kept",
			calendar.Repeat{On: on("sun")}, "2026-03-28T02:30:00+01:00", []*time.Location{zone("Europe/Paris")},
			[]string{"Sun 2026-03-29 03:00:00", "Sun 2026-04-05 02:30:00"},
		},
		{
			"a clock time that comes twice is the first of the two",
			calendar.Repeat{Every: calendar.Duration{Days: 1}, At: &gap}, "2026-10-24T12:00:00+02:00", []*time.Location{zone("Europe/Paris")},
			[]string{"Sun 2026-10-25 02:15:00", "Mon 2026-10-26 02:15:00"},
		},
		{
			"half an hour is skipped on Lord Howe",
			calendar.Repeat{Every: calendar.Duration{Days: 1}, At: &gap}, "2026-10-03T00:00:00+10:30", []*time.Location{zone("Australia/Lord_Howe")},
			[]string{"Sat 2026-10-03 02:15:00", "Sun 2026-10-04 02:30:00", "Mon 2026-10-05 02:15:00"},
		},
		{
			"whoever moves keeps the day of the month",
			calendar.Repeat{Every: calendar.Duration{Months: 1}, At: &night}, "2026-03-01T00:00:00+01:00", []*time.Location{zone("Europe/Paris"), zone("America/New_York")},
			[]string{"Sun 2026-03-01 00:30:00", "Wed 2026-04-01 00:30:00", "Fri 2026-05-01 00:30:00"},
		},
		{
			"and whoever moves over the date line keeps the week",
			calendar.Repeat{Every: calendar.Duration{Days: 14}, On: on("mon"), At: &night}, "2026-03-02T00:00:00+13:00", []*time.Location{zone("Pacific/Auckland"), zone("Pacific/Honolulu")},
			[]string{"Mon 2026-03-02 00:30:00", "Mon 2026-03-16 00:30:00", "Mon 2026-03-30 00:30:00"},
		},
		{
			"a rule counts from the date of the arrival, wherever that was",
			calendar.Repeat{Rule: rule("FREQ=DAILY;INTERVAL=2"), At: &night}, "2026-03-01T00:10:00+01:00", []*time.Location{zone("Europe/Paris"), zone("America/New_York")},
			[]string{"Sun 2026-03-01 00:30:00", "Tue 2026-03-03 00:30:00", "Thu 2026-03-05 00:30:00"},
		},
		{
			"a rule without a time of day keeps that of the arrival, to the fraction",
			calendar.Repeat{Rule: rule("FREQ=DAILY")}, "2026-03-01T10:00:00.5+05:45", []*time.Location{zone("Asia/Kathmandu")},
			[]string{"Sun 2026-03-01 10:00:00.5", "Mon 2026-03-02 10:00:00.5"},
		},
	} {
		arrived, err := time.Parse(time.RFC3339Nano, c.arrived)
		if err != nil {
			t.Fatal(err)
		}
		got := rounds(c.repeat, arrived, len(c.want), c.zones...)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%s: round %d is on %s, want %s", c.name, i+1, got[i], c.want[i])
			}
		}
	}
}

// Choose never leaves its bounds, and where the hours are known none that it might have chosen is better.
func TestBestMoment(t *testing.T) {
	t.Parallel()
	paris, _ := calendar.LoadZone("Europe/Paris")
	friday := time.Date(2026, 3, 27, 17, 20, 0, 0, time.UTC) // 18:20 in Paris
	hours := make([]float64, 168)
	hours[4*24+18], hours[4*24+20], hours[5*24+9] = 5, 5, 9
	six := calendar.TimeOfDay{Hour: 6}
	night := &calendar.Window{From: calendar.TimeOfDay{Hour: 21}, To: calendar.TimeOfDay{Hour: 9, Minute: 30}, HasTimes: true}
	for _, c := range []struct {
		name   string
		best   calendar.Best
		within time.Duration
		want   string
	}{
		{"of equals the earliest, at once", calendar.Best{Receptive: hours}, 3 * time.Hour, "Fri 18:20"},
		{"the best hour of those to come", calendar.Best{Receptive: hours}, 24 * time.Hour, "Sat 09:00"},
		{"an hour that is quiet at first, after that", calendar.Best{Receptive: hours, Shut: night}, 24 * time.Hour, "Sat 09:30"},
		{"before the end", calendar.Best{Receptive: hours, Before: friday.Add(3 * time.Hour)}, 24 * time.Hour, "Fri 18:20"},
		{"not known: the fallback", calendar.Best{Fallback: &six}, 24 * time.Hour, "Sat 06:00"},
		{"the fallback comes too late", calendar.Best{Fallback: &six}, 6 * time.Hour, "Fri 18:20"},
		{"not known, and no fallback", calendar.Best{}, 24 * time.Hour, "Fri 18:20"},
	} {
		c.best.Until = friday.Add(c.within)
		if got := c.best.Choose(friday, paris).In(paris).Format("Mon 15:04"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
