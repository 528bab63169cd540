package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

func repeats() *rapid.Generator[calendar.Repeat] {
	return rapid.Custom(func(t *rapid.T) calendar.Repeat {
		var r calendar.Repeat
		at := calendar.TimeOfDay{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}
		switch rapid.IntRange(0, 4).Draw(t, "form") {
		case 0:
			r.Every.Clock = time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour
		case 1:
			r.Every.Days, r.At = rapid.IntRange(1, 40).Draw(t, "days"), &at
		case 2:
			r.Every.Months, r.At = rapid.IntRange(1, 14).Draw(t, "months"), &at
		case 3:
			days, err := calendar.ParseWeekdays(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}), 1, 7, rapid.ID).Draw(t, "on"))
			if err != nil {
				t.Fatal(err)
			}
			r.On, r.At, r.Every.Days = days, &at, 7*rapid.IntRange(0, 3).Draw(t, "weeks")
		case 4:
			rule, err := calendar.ParseRule(rapid.SampledFrom([]string{
				"FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=DAILY;INTERVAL=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
			}).Draw(t, "rule"))
			if err != nil {
				t.Fatal(err)
			}
			r.Rule, r.At = rule, &at
		}
		return r
	})
}

// Whatever the series and the zone: the first moment is not before the arrival, each next one is
// later than the last and not before now, at the wanted local time or behind a gap, and nothing
// between two moments was left out.
func TestRepeat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := repeats().Draw(t, "repeat")
		loc, _ := calendar.LoadZone(rapid.SampledFrom([]string{
			"Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/New_York", "UTC",
		}).Draw(t, "zone"))
		arrived := time.Unix(rapid.Int64Range(1_300_000_000, 1_900_000_000).Draw(t, "arrived"), 0).In(loc)
		first := r.First(arrived, loc)
		if first.Before(arrived) {
			t.Fatalf("the first round is at %s, before the arrival at %s", first, arrived)
		}
		last := first
		for range 6 {
			now := last.Add(time.Duration(rapid.Int64Range(0, 90*24).Draw(t, "body")) * time.Hour)
			next := r.Next(arrived, first, last, now, loc)
			if !next.After(last) || next.Before(now) {
				t.Fatalf("after %s, at %s, the next round is at %s", last, now, next)
			}
			if between := r.Next(arrived, first, last, last, loc); between.After(next) {
				t.Fatalf("%s was left out before %s", between, next)
			}
			if r.At != nil {
				y, m, d := next.In(loc).Date()
				if !next.Equal(calendar.Place(y, m, d, *r.At, loc)) && !skipped(next, *r.At, loc) {
					t.Fatalf("%s is not at %02d:%02d there", next, r.At.Hour, r.At.Minute)
				}
			}
			if r.On != 0 && !r.On.Has(next.In(loc).Weekday()) && !skipped(next, *r.At, loc) {
				t.Fatalf("%s is on none of its days", next)
			}
			last = next
		}
	})
}

// skipped tells whether the clocks skip that time of day right before t: t is then the end of the gap.
func skipped(t time.Time, _ calendar.TimeOfDay, loc *time.Location) bool {
	_, before := t.Add(-time.Second).In(loc).Zone()
	_, after := t.In(loc).Zone()
	return before != after
}

func TestRepeatByHand(t *testing.T) {
	t.Parallel()
	paris, _ := calendar.LoadZone("Europe/Paris")
	nine := calendar.TimeOfDay{Hour: 9}
	at := func(text string) time.Time {
		w, err := time.ParseInLocation("2006-01-02 15:04", text, paris)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	monthly, err := calendar.ParseRule("FREQ=MONTHLY;BYMONTHDAY=31")
	if err != nil {
		t.Fatal(err)
	}
	twice, err := calendar.ParseRule("FREQ=DAILY;COUNT=2")
	if err != nil {
		t.Fatal(err)
	}
	monThu, _ := calendar.ParseWeekdays([]string{"mon", "thu"})
	for name, c := range map[string]struct {
		repeat  calendar.Repeat
		arrived string
		want    []string
	}{
		"months are clamped from the first": {calendar.Repeat{Every: calendar.Duration{Months: 1}, At: &nine}, "2026-01-31 08:00",
			[]string{"2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00", "2026-04-30 09:00"}},
		"a rule skips": {calendar.Repeat{Rule: monthly, At: &nine}, "2026-01-31 10:00",
			[]string{"2026-03-31 09:00", "2026-05-31 09:00", "2026-07-31 09:00"}},
		"a rule that ends": {calendar.Repeat{Rule: twice, At: &nine}, "2026-01-31 08:00", []string{"2026-01-31 09:00", "2026-02-01 09:00", ""}},
		"every second week": {calendar.Repeat{Every: calendar.Duration{Days: 14}, On: monThu, At: &nine}, "2026-03-24 08:00",
			[]string{"2026-03-26 09:00", "2026-04-06 09:00", "2026-04-09 09:00"}},
		"a day is 24 hours without a clock": {calendar.Repeat{Every: calendar.Duration{Days: 1}}, "2026-03-28 12:00",
			[]string{"2026-03-28 12:00", "2026-03-29 13:00"}},
	} {
		first := c.repeat.First(at(c.arrived), paris)
		for i, last := 0, first; i < len(c.want); i++ {
			switch {
			case c.want[i] == "" && !last.IsZero():
				t.Errorf("%s: round %d is at %s, want none", name, i+1, last)
			case c.want[i] != "" && !last.Equal(at(c.want[i])):
				t.Errorf("%s: round %d is at %s, want %s", name, i+1, last, c.want[i])
			}
			last = c.repeat.Next(at(c.arrived), first, last, last, paris)
		}
	}
}

func TestWrongRules(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "monthly", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "DTSTART=20260101T000000Z;FREQ=DAILY", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;UNTIL=20200101"} {
		if r, err := calendar.ParseRule(text); err == nil {
			t.Errorf("%q was read as %s", text, r)
		}
	}
}
