package gate_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/message"
)

func local(t testing.TB, zone, text string) time.Time {
	t.Helper()
	loc, ok := calendar.LoadZone(zone)
	if !ok {
		t.Fatalf("no zone %s", zone)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func window(t testing.TB, from, to string, days ...string) *calendar.Window {
	t.Helper()
	w := &calendar.Window{HasTimes: true}
	var err [3]error
	w.From, err[0] = calendar.ParseTimeOfDay(from)
	w.To, err[1] = calendar.ParseTimeOfDay(to)
	w.Days, err[2] = calendar.ParseWeekdays(days)
	for _, e := range err {
		if e != nil {
			t.Fatal(e)
		}
	}
	return w
}

// receptive is a profile's week with one hour better than the rest.
func receptive(best int) []float64 {
	week := make([]float64, 7*24)
	week[best] = 1
	return week
}

const friday = 4 * 24 // the first hour of Friday in a week from Monday on

func TestHoursAndSeasons(t *testing.T) {
	t.Parallel()
	const paris = "Europe/Paris"
	nine := calendar.TimeOfDay{Hour: 9}
	type want struct {
		kind          gate.Kind
		reason        string
		until, before string // local
	}
	for name, c := range map[string]struct {
		now    string // Friday is 2026-03-27
		change func(*testing.T, *gate.Question)
		want   want
	}{
		"by day it goes, before the hours begin": {
			now: "2026-03-27 12:00", want: want{kind: gate.Now, before: "2026-03-27 21:00"},
		},
		"in quiet hours it waits for their end": {
			now: "2026-03-27 21:00", want: want{kind: gate.Hold, reason: gate.QuietHours, until: "2026-03-28 08:00"},
		},
		"after midnight, too, and over a change of the clocks": {
			now: "2026-03-29 01:30", want: want{kind: gate.Hold, reason: gate.QuietHours, until: "2026-03-29 08:00"},
		},
		"the very end is outside": {
			now: "2026-03-28 08:00", want: want{kind: gate.Now, before: "2026-03-28 21:00"},
		},
		"only on the days on which they begin": {
			now:    "2026-03-27 22:00",
			change: func(t *testing.T, q *gate.Question) { q.QuietHours = window(t, "21:00", "08:00", "sat", "sun") },
			want:   want{kind: gate.Now, before: "2026-03-28 21:00"},
		},
		"Sunday's last into Monday": {
			now:    "2026-03-30 07:00",
			change: func(t *testing.T, q *gate.Question) { q.QuietHours = window(t, "21:00", "08:00", "sat", "sun") },
			want:   want{kind: gate.Hold, reason: gate.QuietHours, until: "2026-03-30 08:00"},
		},
		"or is skipped for them": {
			now: "2026-03-27 22:00", change: func(_ *testing.T, q *gate.Question) { q.Quiet = gate.Drop },
			want: want{kind: gate.Skip, reason: gate.QuietHours},
		},
		"or does not mind them": {
			now: "2026-03-27 22:00", change: func(_ *testing.T, q *gate.Question) { q.Quiet = gate.Ignore },
			want: want{kind: gate.Now},
		},
		"transactional minds no hour": {
			now: "2026-03-27 22:00",
			change: func(t *testing.T, q *gate.Question) {
				q.Transactional = true
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 22:00"), Fallback: &nine}
			},
			want: want{kind: gate.Now},
		},
		"a hold beyond its expiry is too late at once": {
			now:    "2026-03-27 22:00",
			change: func(t *testing.T, q *gate.Question) { q.Expires = local(t, paris, "2026-03-28 08:00") },
			want:   want{kind: gate.Skip, reason: gate.Expired},
		},
		"a hold within it is not": {
			now:    "2026-03-27 22:00",
			change: func(t *testing.T, q *gate.Question) { q.Expires = local(t, paris, "2026-03-28 08:01") },
			want:   want{kind: gate.Hold, reason: gate.QuietHours, until: "2026-03-28 08:00"},
		},
		"the earlier of expiry and quiet hours is the end of its time": {
			now:    "2026-03-27 12:00",
			change: func(t *testing.T, q *gate.Question) { q.Expires = local(t, paris, "2026-03-27 13:00") },
			want:   want{kind: gate.Now, before: "2026-03-27 13:00"},
		},
		"the most receptive hour": {
			now: "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) {
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20"), Receptive: receptive(friday + 18)}
			},
			want: want{kind: gate.Hold, reason: gate.BestTime, until: "2026-03-27 18:00"},
		},
		"that hour is now": {
			now: "2026-03-27 18:20",
			change: func(t *testing.T, q *gate.Question) {
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 18:20"), Receptive: receptive(friday + 18)}
			},
			want: want{kind: gate.Now, before: "2026-03-27 21:00"},
		},
		"it lies beyond the time there is": {
			now: "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) {
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-27 15:00"), Receptive: receptive(friday + 18)}
			},
			want: want{kind: gate.Now, before: "2026-03-27 21:00"},
		},
		"it lies in quiet hours": {
			now: "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) {
				week := receptive(friday + 22)
				week[friday+24+9] = 0.5
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20"), Receptive: week}
			},
			want: want{kind: gate.Hold, reason: gate.BestTime, until: "2026-03-28 09:00"},
		},
		"it begins quiet and does not end so": {
			now: "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) {
				q.QuietHours = window(t, "21:00", "08:30")
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20"), Receptive: receptive(friday + 24 + 8)}
			},
			want: want{kind: gate.Hold, reason: gate.BestTime, until: "2026-03-28 08:30"},
		},
		"of somebody unknown the fallback": {
			now: "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) {
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20"), Fallback: &nine}
			},
			want: want{kind: gate.Hold, reason: gate.BestTime, until: "2026-03-28 09:00"},
		},
		"of somebody unknown without fallback at once": {
			now:    "2026-03-27 12:20",
			change: func(t *testing.T, q *gate.Question) { q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20")} },
			want:   want{kind: gate.Now, before: "2026-03-27 21:00"},
		},
		"it was chosen before": {
			now: "2026-03-27 18:00",
			change: func(t *testing.T, q *gate.Question) {
				q.Best = &gate.Best{Until: local(t, paris, "2026-03-28 12:20"), Receptive: receptive(friday + 20), Chosen: local(t, paris, "2026-03-27 18:00")}
			},
			want: want{kind: gate.Now, before: "2026-03-27 21:00"},
		},
		"out of season": {
			now: "2026-03-27 12:00", change: func(_ *testing.T, q *gate.Question) { q.Candidates[0].Season = christmas() },
			want: want{kind: gate.Skip, reason: gate.OutOfSeason},
		},
		"in season, to its last midnight": {
			now:    "2026-12-26 20:00",
			change: func(_ *testing.T, q *gate.Question) { q.Candidates[0].Season, q.QuietHours = christmas(), nil },
			want:   want{kind: gate.Now, before: "2026-12-27 00:00"},
		},
		"held out of season": {
			now: "2026-12-26 21:30", change: func(_ *testing.T, q *gate.Question) { q.Candidates[0].Season = christmas() },
			want: want{kind: gate.Skip, reason: gate.OutOfSeason},
		},
		"somebody held out": {
			now: "2026-03-27 12:00", change: func(_ *testing.T, q *gate.Question) { q.HeldOut = true },
			want: want{kind: gate.Skip, reason: gate.Holdout},
		},
		"somebody held out is told what must be told": {
			now: "2026-03-27 12:00", change: func(_ *testing.T, q *gate.Question) { q.HeldOut, q.Transactional = true, true },
			want: want{kind: gate.Now},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question()
			q.Now, q.Zone, q.QuietHours = local(t, paris, c.now), local(t, paris, c.now).Location(), window(t, "21:00", "08:00")
			if c.change != nil {
				c.change(t, &q)
			}
			v := gate.Decide(q)
			show := func(at time.Time) string {
				if at.IsZero() {
					return ""
				}
				return at.In(q.Zone).Format("2006-01-02 15:04")
			}
			got := want{v.Kind, v.Reason, show(v.Until), show(v.SendBefore)}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func christmas() gate.Season {
	return message.Season{From: message.MonthDay{Month: time.December, Day: 1}, To: message.MonthDay{Month: time.December, Day: 26}}
}

// A held message is held to a moment at which it goes, unless the world has changed.
func TestAHoldEnds(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/New_York"}
	rapid.Check(t, func(t *rapid.T) {
		zone, _ := calendar.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		clock := rapid.Custom(func(t *rapid.T) calendar.TimeOfDay {
			return calendar.TimeOfDay{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.SampledFrom([]int{0, 15, 30}).Draw(t, "minute")}
		})
		q := question()
		q.Zone = zone
		q.Now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 400*24*3600).Draw(t, "second")) * time.Second)
		q.QuietHours = &calendar.Window{HasTimes: true, From: clock.Draw(t, "from"), To: clock.Draw(t, "to"), Days: calendar.Weekdays(rapid.IntRange(1, 63).Draw(t, "days"))}
		if rapid.Bool().Draw(t, "best") {
			q.Best = &gate.Best{Until: q.Now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "within")) * time.Hour)}
			if rapid.Bool().Draw(t, "known") {
				q.Best.Receptive = rapid.SliceOfN(rapid.Float64Range(0, 1), 168, 168).Draw(t, "receptive")
			} else if rapid.Bool().Draw(t, "fallback") {
				at := clock.Draw(t, "at")
				q.Best.Fallback = &at
			}
		}
		if rapid.Bool().Draw(t, "expires") {
			q.Expires = q.Now.Add(time.Duration(rapid.IntRange(1, 72*60).Draw(t, "minutes")) * time.Minute)
		}
		first := gate.Decide(q)
		switch first.Kind {
		case gate.Skip:
			if q.Expires.IsZero() || first.Reason != gate.Expired {
				t.Fatalf("skipped: %s", first.Reason)
			}
			return
		case gate.Now:
			check(t, q, first)
			return
		}
		if !first.Until.After(q.Now) || !q.Expires.IsZero() && !first.Until.Before(q.Expires) {
			t.Fatalf("at %s held until %s, expiring %s", q.Now, first.Until, q.Expires)
		}
		q.Now = first.Until
		if q.Best != nil {
			q.Best.Chosen = first.Chosen
		}
		second := gate.Decide(q)
		if second.Kind != gate.Now {
			t.Fatalf("after the hold: %+v", second)
		}
		check(t, q, second)
	})
}

// check holds what may go now against what was asked.
func check(t *rapid.T, q gate.Question, v gate.Verdict) {
	t.Helper()
	if q.QuietHours.Contains(q.Now, q.Zone) {
		t.Fatalf("goes in quiet hours at %s", q.Now.In(q.Zone))
	}
	if v.SendBefore.IsZero() {
		return
	}
	if !v.SendBefore.After(q.Now) || q.QuietHours.Contains(v.SendBefore.Add(-time.Second), q.Zone) {
		t.Fatalf("may go at %s and before %s", q.Now.In(q.Zone), v.SendBefore.In(q.Zone))
	}
}

// Caps come before hours: what is over a cap is skipped, not held.
func TestOneOrder(t *testing.T) {
	t.Parallel()
	day, err := gate.ParsePeriod("day")
	if err != nil {
		t.Fatal(err)
	}
	q := question()
	q.Off, q.HeldOut, q.Expires = true, true, q.Now
	q.Profile.Consents, q.Profile.Suppressed = map[string]bool{"tips": false}, map[string]string{"email": "bounced"}
	q.Candidates[0].Season, q.Caps, q.QuietHours = christmas(), []gate.Cap{{Per: day}}, window(t, "00:00", "23:59")
	for _, step := range []struct {
		want string
		lift func()
	}{
		{gate.SendingOff, func() { q.Off = false }},
		{gate.NoConsent, func() { q.Profile.Consents = nil }},
		{gate.Suppressed, func() { q.Profile.Suppressed = nil }},
		{gate.Holdout, func() { q.HeldOut = false }},
		{gate.OutOfSeason, func() { q.Candidates[0].Season = nil }},
		{gate.Expired, func() { q.Expires = time.Time{} }},
		{gate.Capped, func() { q.Caps = nil }},
		{gate.QuietHours, func() { q.QuietHours = nil }},
		{"", func() {}},
	} {
		if v := gate.Decide(q); v.Reason != step.want {
			t.Fatalf("the reason is %q, want %q", v.Reason, step.want)
		}
		step.lift()
	}
}
