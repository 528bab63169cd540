package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// window reads "21:00-08:00 mon,tue"; each part may be missing.
func window(t testing.TB, s string) calendar.Window {
	t.Helper()
	var w calendar.Window
	for _, field := range strings.Fields(s) {
		if from, to, ok := strings.Cut(field, "-"); ok {
			w.From, w.To, w.HasTimes = *clock(t, from), *clock(t, to), true
			continue
		}
		days, err := calendar.ParseWeekdays(strings.Split(field, ","))
		if err != nil {
			t.Fatal(err)
		}
		w.Days = days
	}
	return w
}

// 27 March 2026 is a Friday, and in Paris the clocks go forward on the 29th.
func TestWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, window, zone, at, opens, closes string }{
		{"open now", "09:00-17:00", "Europe/Paris", "2026-03-27T10:00:00+01:00", "2026-03-27T10:00:00+01:00", "2026-03-27T17:00:00+01:00"},
		{"from is inside", "09:00-17:00", "Europe/Paris", "2026-03-27T09:00:00+01:00", "2026-03-27T09:00:00+01:00", "2026-03-27T17:00:00+01:00"},
		{"to is outside", "09:00-17:00", "Europe/Paris", "2026-03-27T17:00:00+01:00", "2026-03-28T09:00:00+01:00", "2026-03-28T17:00:00+01:00"},
		{"before it", "09:00-17:00", "Europe/Paris", "2026-03-27T03:00:00+01:00", "2026-03-27T09:00:00+01:00", "2026-03-27T17:00:00+01:00"},

		{"over midnight, before it", "21:00-08:00", "Europe/Paris", "2026-03-27T20:00:00+01:00", "2026-03-27T21:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"over midnight, in the evening", "21:00-08:00", "Europe/Paris", "2026-03-27T22:00:00+01:00", "2026-03-27T22:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"over midnight, in the morning", "21:00-08:00", "Europe/Paris", "2026-03-28T07:59:59+01:00", "2026-03-28T07:59:59+01:00", "2026-03-28T08:00:00+01:00"},
		{"over the night that is an hour short", "21:00-08:00", "Europe/Paris", "2026-03-28T21:00:00+01:00", "2026-03-28T21:00:00+01:00", "2026-03-29T08:00:00+02:00"},
		{"over the night that is an hour long", "21:00-08:00", "Europe/Paris", "2026-10-24T21:00:00+02:00", "2026-10-24T21:00:00+02:00", "2026-10-25T08:00:00+01:00"},

		{"days are those it opens on: Friday's night is Saturday morning", "21:00-08:00 fri", "Europe/Paris", "2026-03-28T03:00:00+01:00", "2026-03-28T03:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"but Friday morning is Thursday's", "21:00-08:00 fri", "Europe/Paris", "2026-03-27T03:00:00+01:00", "2026-03-27T21:00:00+01:00", "2026-03-28T08:00:00+01:00"},
		{"the next listed day", "09:00-17:00 mon,wed", "Europe/Paris", "2026-03-27T10:00:00+01:00", "2026-03-30T09:00:00+02:00", "2026-03-30T17:00:00+02:00"},
		{"a week later", "09:00-17:00 fri", "Europe/Paris", "2026-03-27T17:00:00+01:00", "2026-04-03T09:00:00+02:00", "2026-04-03T17:00:00+02:00"},
		{"the weekday there", "09:00-17:00 sat", "Asia/Tokyo", "2026-03-27T20:00:00Z", "2026-03-28T00:00:00Z", "2026-03-28T08:00:00Z"},

		{"days alone are whole days", "sat,sun", "Europe/Paris", "2026-03-27T10:00:00+01:00", "2026-03-28T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"a whole day, from inside", "sun", "Europe/Paris", "2026-03-29T10:00:00+02:00", "2026-03-29T10:00:00+02:00", "2026-03-30T00:00:00+02:00"},
		{"a day whose midnight is skipped", "sun", "America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
		{"from equals to: the whole day round", "09:00-09:00 fri", "Europe/Paris", "2026-03-28T08:59:59+01:00", "2026-03-28T08:59:59+01:00", "2026-03-28T09:00:00+01:00"},
		{"until midnight", "20:00-00:00", "Europe/Paris", "2026-03-27T10:00:00+01:00", "2026-03-27T20:00:00+01:00", "2026-03-28T00:00:00+01:00"},

		{"all of it skipped: not that day", "02:10-02:40", "Europe/Paris", "2026-03-28T12:00:00+01:00", "2026-03-30T02:10:00+02:00", "2026-03-30T02:40:00+02:00"},
		{"its beginning skipped", "02:30-04:00", "Europe/Paris", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"},
		{"its end skipped", "01:00-02:30", "Europe/Paris", "2026-03-28T12:00:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"its end doubled: the first", "01:00-02:30", "Europe/Paris", "2026-10-25T02:10:00+02:00", "2026-10-25T02:10:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"and shut in the second coming", "01:00-02:30", "Europe/Paris", "2026-10-25T02:10:00+01:00", "2026-10-26T01:00:00+01:00", "2026-10-26T02:30:00+01:00"},
		{"its beginning doubled: the first, and open through both", "02:30-04:00", "Europe/Paris", "2026-10-25T02:10:00+01:00", "2026-10-25T02:10:00+01:00", "2026-10-25T04:00:00+01:00"},
		{"a day that never was", "fri", "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2012-01-06T00:00:00+14:00", "2012-01-07T00:00:00+14:00"},
		{"an opening that ends on it", "21:00-08:00 thu", "Pacific/Apia", "2011-12-29T22:00:00-10:00", "2011-12-29T22:00:00-10:00", "2011-12-31T00:00:00+14:00"},
	} {
		w, loc, at := window(t, c.window), zone(t, c.zone), instant(t, c.at)
		opens, closes := w.Next(at, loc)
		if !opens.Equal(instant(t, c.opens)) || !closes.Equal(instant(t, c.closes)) {
			t.Errorf("%s: {%s} at %s in %s is open from %s to %s, want %s to %s", c.why, c.window, c.at, c.zone, opens, closes, c.opens, c.closes)
		}
		if got, want := w.Contains(at, loc), opens.Equal(at); got != want {
			t.Errorf("%s: {%s} contains %s: %t, want %t", c.why, c.window, c.at, got, want)
		}
	}
}

func TestWindowThatNeverShuts(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-27T10:00:00+01:00")
	for _, s := range []string{"", "00:00-00:00", "08:00-08:00", "mon,tue,wed,thu,fri,sat,sun"} {
		opens, closes := window(t, s).Next(at, zone(t, "Europe/Paris"))
		if !opens.Equal(at) || closes.Before(at.Add(14*24*time.Hour)) {
			t.Errorf("{%s} is open from %s to %s, want from now and for weeks", s, opens, closes)
		}
	}
}
