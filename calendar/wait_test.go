package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// wait reads "1d at 09:00 on mon,wed"; each part may be missing.
func wait(t testing.TB, s string) calendar.Wait {
	t.Helper()
	var w calendar.Wait
	fields := strings.Fields(s)
	for i := 0; i < len(fields); i++ {
		var err error
		switch fields[i] {
		case "at":
			i++
			w.At = clock(t, fields[i])
		case "on":
			i++
			w.On, err = calendar.ParseWeekdays(strings.Split(fields[i], ","))
		default:
			w.For, err = calendar.ParseDuration(fields[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func clock(t testing.TB, s string) *calendar.TimeOfDay {
	t.Helper()
	at, err := calendar.ParseTimeOfDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return &at
}

// 27 March 2026 is a Friday, and in Paris the clocks go forward on the 29th.
func TestWaitTarget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, wait, zone, arrived, want string }{
		{"1d alone is 24 hours", "1d", "Europe/Paris", "2026-03-28T18:00:00+01:00", "2026-03-29T19:00:00+02:00"},
		{"0 goes on", "0", "Europe/Paris", "2026-03-28T18:00:00+01:00", "2026-03-28T18:00:00+01:00"},
		{"a month alone is a calendar month", "1mo", "Europe/Paris", "2026-03-10T18:00:00+01:00", "2026-04-10T18:00:00+02:00"},

		{"with at a day moves the date", "1d at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-28T09:00:00+01:00"},
		{"also when 24 hours have not passed at all", "1d at 00:05", "Europe/Paris", "2026-03-27T23:55:00+01:00", "2026-03-28T00:05:00+01:00"},
		{"also when they are long past", "1d at 23:55", "Europe/Paris", "2026-03-27T00:05:00+01:00", "2026-03-28T23:55:00+01:00"},
		{"the clocks going forward", "2d at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-29T09:00:00+02:00"},
		{"the clocks going back", "1d at 09:00", "Europe/Paris", "2026-10-24T18:00:00+02:00", "2026-10-25T09:00:00+01:00"},
		{"weeks move the date", "1w at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-04-03T09:00:00+02:00"},
		{"months move the date, clamped", "1mo at 09:00", "Europe/Paris", "2026-01-31T18:00:00+01:00", "2026-02-28T09:00:00+01:00"},
		{"months and days", "1mo1d at 09:00", "Europe/Paris", "2026-01-31T18:00:00+01:00", "2026-03-01T09:00:00+01:00"},
		{"the date is the local one", "1d at 09:00", "Asia/Tokyo", "2026-03-27T18:00:00Z", "2026-03-29T09:00:00+09:00"},

		{"at alone, still to come", "at 09:00", "Europe/Paris", "2026-03-27T08:00:00+01:00", "2026-03-27T09:00:00+01:00"},
		{"at alone, this very instant", "at 09:00", "Europe/Paris", "2026-03-27T09:00:00+01:00", "2026-03-27T09:00:00+01:00"},
		{"at alone, a microsecond late", "at 09:00", "Europe/Paris", "2026-03-27T09:00:00.000001+01:00", "2026-03-28T09:00:00+01:00"},
		{"at alone with 0", "0 at 09:00", "Europe/Paris", "2026-03-27T10:00:00+01:00", "2026-03-28T09:00:00+01:00"},

		{"hours with at: the first after now + for", "12h at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-28T09:00:00+01:00"},
		{"exactly then", "15h at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-28T09:00:00+01:00"},
		{"a minute more is a day more", "15h1m at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-29T09:00:00+02:00"},
		{"24 hours are not a day", "24h at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-29T09:00:00+02:00"},
		{"hours count as they pass, over a night of 23", "24h at 18:00", "Europe/Paris", "2026-03-28T18:00:00+01:00", "2026-03-30T18:00:00+02:00"},
		{"a day, then hours", "1d16h at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"},

		{"on keeps the clock time", "on mon", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-30T18:00:00+02:00"},
		{"on, today already", "on fri", "Europe/Paris", "2026-03-27T18:00:00.5+01:00", "2026-03-27T18:00:00.5+01:00"},
		{"on, from tomorrow", "1d on fri", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-04-03T18:00:00+02:00"},
		{"on, from tomorrow, which is one", "1d on sat,fri", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-28T18:00:00+01:00"},
		{"hours with on keep the clock time that they reach", "7h on sat", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-28T01:00:00+01:00"},
		{"and keep it for later days", "7h on mon", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-03-30T01:00:00+02:00"},
		{"on with at", "on mon,wed at 09:00", "Europe/Paris", "2026-03-30T10:00:00+02:00", "2026-04-01T09:00:00+02:00"},
		{"on with at, today", "on mon,wed at 09:00", "Europe/Paris", "2026-03-30T08:00:00+02:00", "2026-03-30T09:00:00+02:00"},
		{"a week, then the first such day", "1w on tue at 09:00", "Europe/Paris", "2026-03-27T18:00:00+01:00", "2026-04-07T09:00:00+02:00"},
		{"a weekday is the weekday there", "on sat at 09:00", "Asia/Tokyo", "2026-03-27T20:00:00Z", "2026-03-28T09:00:00+09:00"},

		{"a skipped time is the first after the gap", "1d at 02:30", "Europe/Paris", "2026-03-28T18:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"reached from just before", "at 02:30", "Europe/Paris", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"past it, the next day", "at 02:30", "Europe/Paris", "2026-03-29T03:01:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"a doubled time is the first", "1d at 02:30", "Europe/Paris", "2026-10-24T18:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"past the first, the next day", "at 02:30", "Europe/Paris", "2026-10-25T02:45:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"in the second coming, on keeps now", "on sun", "Europe/Paris", "2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"a midnight that is skipped", "1d at 00:00", "America/Sao_Paulo", "2018-11-03T18:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		{"half an hour in Lord Howe", "1d at 02:15", "Australia/Lord_Howe", "2026-10-03T18:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"the day that Samoa never had", "1d at 09:00", "Pacific/Apia", "2011-12-29T18:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"which was to be a Friday", "on fri at 09:00", "Pacific/Apia", "2011-12-29T18:00:00-10:00", "2012-01-06T09:00:00+14:00"},
		{"never back into a midnight that came before", "1d at 00:00", "America/St_Johns", "2006-10-28T23:30:00-03:30", "2006-10-30T00:00:00-03:30"},
	} {
		got := wait(t, c.wait).Target(instant(t, c.arrived), zone(t, c.zone))
		if !got.Equal(instant(t, c.want)) {
			t.Errorf("%s: {%s} from %s in %s is %s, want %s", c.why, c.wait, c.arrived, c.zone, got.Format(time.RFC3339Nano), c.want)
		}
	}
}

func TestUntilTarget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, offset, at, zone, date, want string }{
		{"the date itself", "0", "", "Europe/Paris", "2026-03-29T12:00:00+02:00", "2026-03-29T12:00:00+02:00"},
		{"-1d is 24 hours", "-1d", "", "Europe/Paris", "2026-03-29T12:00:00+02:00", "2026-03-28T11:00:00+01:00"},
		{"with at it moves the date", "-1d", "09:00", "Europe/Paris", "2026-03-29T12:00:00+02:00", "2026-03-28T09:00:00+01:00"},
		{"at alone is that day", "0", "09:00", "Europe/Paris", "2026-03-29T00:00:00+01:00", "2026-03-29T09:00:00+02:00"},
		{"also before the date's own time", "0", "09:00", "Europe/Paris", "2026-03-29T12:00:00+02:00", "2026-03-29T09:00:00+02:00"},
		{"the day is the local one", "-1d", "09:00", "Asia/Tokyo", "2026-03-29T20:00:00Z", "2026-03-29T09:00:00+09:00"},
		{"a month before, clamped", "-1mo", "", "Europe/Paris", "2026-03-31T12:00:00+02:00", "2026-02-28T12:00:00+01:00"},
		{"a month before at nine", "-1mo", "09:00", "Europe/Paris", "2026-03-31T12:00:00+02:00", "2026-02-28T09:00:00+01:00"},
		{"hours move the instant, then the day counts", "-2h", "09:00", "Europe/Paris", "2026-03-28T01:00:00+01:00", "2026-03-27T09:00:00+01:00"},
		{"after it", "3d", "09:00", "Europe/Paris", "2026-03-27T12:00:00+01:00", "2026-03-30T09:00:00+02:00"},
		{"a skipped time", "1d", "02:30", "Europe/Paris", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"},
	} {
		offset, err := calendar.ParseOffset(c.offset)
		if err != nil {
			t.Fatal(err)
		}
		u := calendar.Until{Offset: offset}
		if c.at != "" {
			u.At = clock(t, c.at)
		}
		if got := u.Target(instant(t, c.date), zone(t, c.zone)); !got.Equal(instant(t, c.want)) {
			t.Errorf("%s: %s at %q of %s is %s, want %s", c.why, c.offset, c.at, c.date, got, c.want)
		}
	}
}

func TestParseTimeOfDay(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]calendar.TimeOfDay{
		"09:00":    {Hour: 9},
		"9:00":     {Hour: 9},
		"00:00":    {},
		"23:59:59": {Hour: 23, Minute: 59, Second: 59},
	} {
		got, err := calendar.ParseTimeOfDay(written)
		if err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", written, got, err, want)
		}
		if back, err := calendar.ParseTimeOfDay(got.String()); err != nil || back != got {
			t.Errorf("%s is written %s, which reads as %+v, %v", written, got, back, err)
		}
	}
	for written, want := range map[string]string{
		"9am": "such as 09:00", "0900": "such as 09:00", "": "such as 09:00", "-1:00": "such as 09:00",
		"24:00": "write 00:00", "24:01": "from 00:00 to 23:59", "12:60": "from 00:00 to 23:59", "12:00:61": "from 00:00 to 23:59",
	} {
		if got, err := calendar.ParseTimeOfDay(written); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %+v, %v; want an error that says: %s", written, got, err, want)
		}
	}
}

func TestParseWeekdays(t *testing.T) {
	t.Parallel()
	days, err := calendar.ParseWeekdays([]string{"sun", "mon", "wed", "mon"})
	if err != nil || days.String() != "mon, wed, sun" {
		t.Errorf("got %s, %v", days, err)
	}
	if !days.Has(time.Sunday) || days.Has(time.Tuesday) {
		t.Errorf("%s has Sunday and not Tuesday", days)
	}
	if none, err := calendar.ParseWeekdays(nil); none != 0 || err != nil {
		t.Errorf("no names: %s, %v", none, err)
	}
	for written, want := range map[string]string{
		"Monday": "write mon", "MON": "write mon", "thurs": "write thu", "th": "write mon, tue", "lundi": "write mon, tue", "": "write mon, tue",
	} {
		if _, err := calendar.ParseWeekdays([]string{"tue", written}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error that says: %s", written, err, want)
		}
	}
}
