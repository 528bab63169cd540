package rules_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// The first instant at which each rule has to be looked at again, given what is true until then.
func TestFlips(t *testing.T) {
	t.Parallel()
	const never = ""
	for _, c := range []struct {
		name, rule, zone, now string
		is                    bool
		flips                 string
	}{
		{"later than is strict", `now > date(user.day)`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-10T00:00:00.000001Z"},
		{"not earlier than is not", `now >= date(user.day)`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-10T00:00:00Z"},
		{"a day begins where the profile is", `now >= date(user.day)`, "Asia/Tokyo", "2026-03-09T12:00:00Z", false, "2026-03-09T15:00:00Z"},
		{"passed for good", `now > date(user.day)`, "UTC", "2026-03-11T12:00:00Z", true, never},
		{"equal for one microsecond", `now == date(user.day)`, "UTC", "2026-03-10T00:00:00Z", true, "2026-03-10T00:00:00.000001Z"},
		{"idle for a week", `now - events("seen").last() > duration("7d")`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-15T10:00:00.000001Z"},
		{"a text beside now is a date", `user.day <= now`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-10T00:00:00Z"},
		{"days before a date", `now > user.day - duration("2d")`, "UTC", "2026-03-07T12:00:00Z", false, "2026-03-08T00:00:00.000001Z"},
		{"twice as fast", `(now - user.day) + (now - user.day) >= duration("2d")`, "UTC", "2026-03-10T12:00:00Z", false, "2026-03-11T00:00:00Z"},
		{"against the clock", `user.day - now < duration("1h")`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-09T23:00:00.000001Z"},

		{"the earliest leaves the window", `events("seen").within("30d").count() >= 2`, "UTC", "2026-03-09T12:00:00Z", true, "2026-03-31T08:00:00Z"},
		{"it has left on the dot", `events("seen").within("30d").count() >= 2`, "UTC", "2026-03-31T08:00:00Z", false, "2026-04-07T10:00:00Z"},
		{"all have left", `events("seen").within("30d").count() == 0`, "UTC", "2026-04-08T08:00:00Z", true, never},
		{"only those that match leave", `events("seen").within("30d").where(e, e.page == "b").count() == 1`, "UTC", "2026-03-09T12:00:00Z", true, "2026-04-07T10:00:00Z"},
		{"two windows, the shorter counts", `events("seen").within("30d").within("7d").count() > 0`, "UTC", "2026-03-09T12:00:00Z", true, "2026-03-15T10:00:00Z"},
		{"one yet to happen by its time", `events("seen").within("30d").count() == 1`, "UTC", "2026-03-05T12:00:00Z", true, "2026-03-08T10:00:00Z"},
		{"a window of a month", `events("seen").within("1mo").count() == 2`, "UTC", "2026-03-09T12:00:00Z", true, "2026-04-01T08:00:00Z"},
		{"without a window for ever", `events("seen").count() == 2`, "UTC", "2026-03-09T12:00:00Z", true, never},

		{"the next hour there", `local_hour(now) == 17`, "Asia/Kathmandu", "2026-03-09T12:00:00Z", true, "2026-03-09T12:15:00Z"},
		{"the next day there", `local_day(now) == "mon"`, "Europe/Paris", "2026-03-09T12:00:00Z", true, "2026-03-09T23:00:00Z"},
		{"a change of the clocks first", `local_day(now) == "sun"`, "Europe/Paris", "2026-03-28T23:30:00Z", true, "2026-03-29T01:00:00Z"},
		{"then midnight", `local_day(now) == "sun"`, "Europe/Paris", "2026-03-29T01:00:00Z", true, "2026-03-29T22:00:00Z"},
		{"backwards over midnight", `local_day(date("2026-03-29T23:30:00+02:00") - (now - date("2026-03-09"))) == "sun"`, "Europe/Paris", "2026-03-09T00:00:00+01:00", true, "2026-03-09T19:30:00.000001Z"},
		{"in the zone that is named", `now.getHours("America/New_York") == 8`, "UTC", "2026-03-09T12:20:00Z", true, "2026-03-09T13:00:00Z"},
		{"full hours of a length of time", `(now - date("2026-03-09")).getHours() >= 3`, "UTC", "2026-03-09T02:10:00Z", false, "2026-03-09T03:00:00Z"},
		{"around zero both ways", `(now - date("2026-03-09")).getHours() == 0`, "UTC", "2026-03-08T23:30:00Z", true, "2026-03-09T01:00:00Z"},
		{"around zero backwards", `(date("2026-03-09") - now).getHours() == 0`, "UTC", "2026-03-08T23:30:00Z", true, "2026-03-09T01:00:00Z"},
		{"below zero", `(now - date("2026-03-09")).getHours() == -1`, "UTC", "2026-03-08T22:30:00Z", true, "2026-03-08T23:00:00.000001Z"},

		{"what is short-circuited need not be told", `user.plan == "free" || now > date(user.day)`, "UTC", "2026-03-09T12:00:00Z", true, never},
		{"the earlier of two", `now > date(user.day) || local_hour(now) == 20`, "UTC", "2026-03-09T12:30:00Z", false, "2026-03-09T13:00:00Z"},
		{"a month from now, until midnight", `date("2026-04-20") < now + duration("1mo")`, "UTC", "2026-03-09T12:00:00Z", false, "2026-03-10T00:00:00Z"},
		{"a month from now, on the day", `date("2026-04-20T10:00:00Z") < now + duration("1mo")`, "UTC", "2026-03-20T09:00:00Z", false, "2026-03-20T10:00:00.000001Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := instant(t, c.now)
			v := compile(t, c.rule).Holds(&rules.Facts{
				Now: now, Zone: mustZone(c.zone),
				Profile: &profile.Profile{Attributes: map[string]any{"plan": "free", "day": "2026-03-10"}},
				History: map[string][]profile.Event{"seen": {
					{Number: 1, Name: "seen", Time: instant(t, "2026-03-01T08:00:00Z"), Properties: map[string]any{"page": "a"}},
					{Number: 2, Name: "seen", Time: instant(t, "2026-03-08T10:00:00Z"), Properties: map[string]any{"page": "b"}},
				}},
			})
			got := ""
			if !v.FlipsAt.IsZero() {
				got = v.FlipsAt.Format(time.RFC3339Nano)
			}
			if v.True != c.is || got != c.flips {
				t.Errorf("%s\nis %v and flips at %q, want %v and %q", c.rule, v.True, got, c.is, c.flips)
			}
		})
	}
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A date a month from now keeps its verdict until it says it may flip, through short months, gaps
// and repeated hours.
func TestMonthsFromNow(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Europe/Paris", "Australia/Lord_Howe"} {
		for sum, months := range map[string]int{`now + duration("1mo")`: -1, `now - duration("1mo")`: 1} {
			t.Run(zone+" "+sum, func(t *testing.T) {
				t.Parallel()
				rule := compile(t, sum+` >= date(user.due)`)
				attributes := map[string]any{}
				f := &rules.Facts{Zone: mustZone(zone), Profile: &profile.Profile{Attributes: attributes}}
				for _, due := range []string{
					"2026-02-28T10:00", "2026-03-01T00:00", "2026-03-29T02:30", "2026-03-29T03:10", "2026-04-04T15:20:00Z", "2026-10-25T02:30",
				} {
					attributes["due"] = due
					from := instant(t, due[:10]+"T00:00:00Z").AddDate(0, months, -4)
					promised := rules.Verdict{}
					for at := from; at.Before(from.AddDate(0, 0, 8)); at = at.Add(10 * time.Minute) {
						f.Now = at
						v := rule.Holds(f)
						if at.Before(promised.FlipsAt) && v.True != promised.True {
							t.Fatalf("%s, due %s: %v at %s though %v until %s", rule, due, v.True, at, promised.True, promised.FlipsAt)
						}
						if !at.Before(promised.FlipsAt) {
							promised = v
						}
					}
				}
			})
		}
	}
}
