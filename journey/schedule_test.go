package journey_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// heldOut tells of a number of people who is held out of a journey.
func heldOut(t *testing.T, name string, share string) []bool {
	t.Helper()
	j := compiled(t, fmt.Sprintf(`{journey: %s, holdout: %s, entry: {api: true}, steps: [{id: w, wait: 1h}]}`, name, share))
	all := make([]bool, drawers)
	for i := range all {
		f := journey.Facts{Now: at(0), Profile: &profile.Profile{ID: fmt.Sprint("p", i)}}
		all[i] = j.EntryVerdict(journey.Candidate{ByAPI: true}, f) == journey.RefusedHoldout
	}
	return all
}

// Who is held out is so for ever, also when the share grows, and apart from other journeys.
func TestHoldout(t *testing.T) {
	t.Parallel()
	tenth, fifth, other := heldOut(t, "a", "10%"), heldOut(t, "a", "20%"), heldOut(t, "b", "10%")
	none, everybody := heldOut(t, "a", "0%"), heldOut(t, "a", "100%")
	var n, both int
	for i := range drawers {
		if tenth[i] && !fifth[i] {
			t.Fatalf("p%d was held out, and is not when more are", i)
		}
		if none[i] || !everybody[i] {
			t.Fatalf("p%d: of none %v, of all %v", i, none[i], everybody[i])
		}
		if tenth[i] {
			n++
			if other[i] {
				both++
			}
		}
	}
	if share := float64(n) / drawers; math.Abs(share-0.1) > 0.005 {
		t.Errorf("%.4f are held out, want a tenth", share)
	}
	if share := float64(both) / float64(n); math.Abs(share-0.1) > 0.02 {
		t.Errorf("of those, %.4f are held out of another journey, want a tenth", share)
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schedule, home string
		from           string
		want           []string // in UTC; "" is never
	}{
		{`{once: "2026-06-01 09:00"}`, "Asia/Tokyo", "2026-01-01T00:00:00Z", []string{"2026-06-01 00:00", ""}},
		{`{once: "2026-06-01 09:00", zone: workspace}`, "Asia/Tokyo", "2026-01-01T00:00:00Z", []string{"2026-06-01 07:00", ""}},
		{`{once: "2026-03-29T02:30"}`, "Europe/Paris", "2026-01-01T00:00:00Z", []string{"2026-03-29 01:00", ""}},
		{`{once: "2026-06-01 09:00"}`, "Asia/Tokyo", "2026-06-01T00:00:00Z", []string{""}},
		{`{every: 1d, at: "09:00"}`, "Europe/Paris", "2026-03-28T08:00:00Z", []string{"2026-03-29 07:00", "2026-03-30 07:00"}},
		{`{on: [mon, thu], at: "09:00"}`, "Asia/Kathmandu", "2026-05-04T00:00:00Z", []string{"2026-05-04 03:15", "2026-05-07 03:15", "2026-05-11 03:15"}},
		{`{every: 2w, on: [mon], at: "09:00", zone: workspace}`, "Asia/Tokyo", "2026-05-04T00:00:00Z", []string{"2026-05-04 07:00", "2026-05-18 07:00"}},
		{`{every: 1mo, at: "09:00"}`, "UTC", "2026-01-15T00:00:00Z", []string{"2026-02-01 09:00", "2026-03-01 09:00"}},
		{`{every: 6h}`, "UTC", "2026-01-15T01:00:00Z", []string{"2026-01-15 06:00", "2026-01-15 12:00"}},
		{`{rrule: "FREQ=MONTHLY;BYDAY=-1FR", at: "17:00"}`, "Pacific/Apia", "2026-05-01T00:00:00Z", []string{"2026-05-29 04:00", "2026-06-26 04:00"}},
		{`{rrule: "FREQ=DAILY;UNTIL=20260102", at: "00:00"}`, "UTC", "2025-12-31T12:00:00Z", []string{"2026-01-01 00:00", "2026-01-02 00:00", ""}},
	} {
		j, problems := journey.Compile("journey.yaml", []byte(`{journey: a, entry: {schedule: `+c.schedule+`}, steps: [{id: w, wait: 1h}]}`), journey.Options{Zone: "Europe/Paris"})
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.schedule, problems)
			continue
		}
		home, _ := calendar.LoadZone(c.home)
		paris, _ := calendar.LoadZone("Europe/Paris")
		now, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			now = j.Entry().Schedule.Next(now, home, paris)
			got := ""
			if !now.IsZero() {
				got = now.UTC().Format("2006-01-02 15:04")
			}
			if got != want {
				t.Errorf("%s in %s: %q, want %q", c.schedule, c.home, got, want)
			}
		}
	}
}

func TestLimitCountsFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ per, zone, now, want string }{
		{"hour", "Asia/Kathmandu", "2026-05-06T12:34:56Z", "2026-05-06T12:15:00Z"},
		{"day", "Europe/Paris", "2026-05-05T22:30:00Z", "2026-05-05T22:00:00Z"},
		{"day", "Europe/Paris", "2026-03-29T20:00:00Z", "2026-03-28T23:00:00Z"},
		{"week", "Europe/Paris", "2026-05-03T21:59:59Z", "2026-04-26T22:00:00Z"},
		{"week", "Europe/Paris", "2026-05-03T22:00:00Z", "2026-05-03T22:00:00Z"},
		{"month", "America/New_York", "2026-05-01T03:00:00Z", "2026-04-01T04:00:00Z"},
		{"month", "Pacific/Apia", "2011-12-31T12:00:00Z", "2011-12-31T10:00:00Z"},
		{"day", "Africa/Cairo", "2026-04-23T23:00:00Z", "2026-04-23T22:00:00Z"}, // midnight is skipped
	} {
		zone, ok := calendar.LoadZone(c.zone)
		if !ok {
			t.Fatal(c.zone)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := (journey.Limit{Max: 1, Per: c.per}).Since(now, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("the %s of %s in %s began %s, want %s", c.per, c.now, c.zone, got, c.want)
		}
	}
}
