package journey_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
)

func scheduleOf(t testing.TB, text string) *journey.Schedule {
	t.Helper()
	j, problems := journey.Compile("digest.yaml", []byte("journey: digest\nentry: { schedule: "+text+" }\nsteps: [ { id: rest, wait: 1d } ]\n"), journey.Options{Zone: "UTC"})
	if j == nil {
		t.Fatal(problems)
	}
	return j.Entry().Schedule
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, ok := calendar.LoadZone(name)
	if !ok {
		t.Fatal(name)
	}
	return loc
}

func TestAnOccurrenceComesToEachZoneWithItsOwnClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ schedule, after, begin, zone, comes string }{
		{`{ every: 1d, at: "09:00" }`, "2026-03-28T00:00:00Z", "2026-03-28T19:00:00Z", "Pacific/Kiritimati", "2026-03-28T19:00:00Z"},
		{`{ every: 1d, at: "09:00" }`, "2026-03-28T00:00:00Z", "2026-03-28T19:00:00Z", "Europe/Paris", "2026-03-29T07:00:00Z"}, // summer time, since that night
		{`{ every: 1d, at: "09:00" }`, "2026-03-28T00:00:00Z", "2026-03-28T19:00:00Z", "Pacific/Honolulu", "2026-03-29T19:00:00Z"},
		{`{ every: 1d, at: "02:30" }`, "2026-03-28T00:00:00Z", "2026-03-28T12:30:00Z", "Europe/Paris", "2026-03-29T01:00:00Z"}, // skipped: behind the gap
		{`{ every: 1d, at: "02:30" }`, "2026-10-24T00:00:00Z", "2026-10-24T12:30:00Z", "Europe/Paris", "2026-10-25T00:30:00Z"}, // twice: the first
		{`{ once: "2026-10-25 10:00" }`, "2026-01-01T00:00:00Z", "2026-10-24T20:00:00Z", "Asia/Kathmandu", "2026-10-25T04:15:00Z"},
		{`{ every: 6h }`, "2026-07-01T00:00:00Z", "2026-07-01T04:00:00Z", "Europe/Paris", "2026-07-01T17:00:00Z"}, // lengths of time know no summer
		{`{ every: 2w, on: [mon], at: "08:00", zone: workspace }`, "2026-11-25T00:00:00Z", "2026-11-30T07:00:00Z", "Asia/Tokyo", "2026-11-30T07:00:00Z"},
	} {
		s, paris := scheduleOf(t, c.schedule), zoneOf(t, "Europe/Paris")
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		begin := s.NextBegin(after, paris)
		if got := begin.UTC().Format(time.RFC3339); got != c.begin {
			t.Errorf("%s begins at %s, want %s", c.schedule, got, c.begin)
			continue
		}
		if got := s.Comes(begin, zoneOf(t, c.zone), paris).UTC().Format(time.RFC3339); got != c.comes {
			t.Errorf("%s comes to %s at %s, want %s", c.schedule, c.zone, got, c.comes)
		}
		if got := s.Comes(begin.Add(time.Second), zoneOf(t, c.zone), paris); !got.IsZero() {
			t.Errorf("%s has an occurrence a second later, at %s", c.schedule, got)
		}
	}
	if at := scheduleOf(t, `{ once: "2026-10-25 10:00" }`).NextBegin(time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.UTC); !at.IsZero() {
		t.Errorf("a single occurrence comes again at %s", at)
	}
}

// TestOccurrencesAreWhatTheScheduleSays holds the way from zone to zone against the schedule's own answer
// in each: nobody is missed, nobody is asked twice.
func TestOccurrencesAreWhatTheScheduleSays(t *testing.T) {
	t.Parallel()
	schedules := []string{
		`{ every: 1d, at: "02:30" }`, `{ on: [mon, thu], at: "09:00" }`, `{ every: 2w, on: [sun], at: "00:00" }`, `{ every: 1mo, at: "23:59" }`,
		`{ rrule: "FREQ=MONTHLY;BYMONTHDAY=-1", at: "17:00" }`, `{ every: 6h }`, `{ every: 1d, at: "12:00", zone: workspace }`,
	}
	zones := calendar.Zones()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(schedules).Draw(t, "schedule")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		from := time.Unix(rapid.Int64Range(1767225600, 1861920000).Draw(t, "from"), 0).UTC() // 2026 to 2028
		j, _ := journey.Compile("digest.yaml", []byte("journey: digest\nentry: { schedule: "+text+" }\nsteps: [ { id: rest, wait: 1d } ]\n"), journey.Options{Zone: "UTC"})
		s := j.Entry().Schedule
		home, ok := calendar.LoadZone(zone)
		if !ok {
			t.Fatal(zone)
		}
		workspace, _ := calendar.LoadZone("Europe/Paris")
		const days = 40
		until := from.Add(days * 24 * time.Hour)
		var want []time.Time
		for at := s.Next(from, home, workspace); !at.IsZero() && at.Before(until); at = s.Next(at, home, workspace) {
			want = append(want, at)
		}
		var got []time.Time
		for begin := s.NextBegin(from.Add(-48*time.Hour), workspace); !begin.IsZero() && begin.Before(until); begin = s.NextBegin(begin, workspace) {
			at := s.Comes(begin, home, workspace)
			if at.IsZero() {
				continue
			}
			if at.Before(begin) {
				t.Fatalf("%s comes to %s at %s, before it begins at %s", text, zone, at, begin)
			}
			if began := s.Begins(at, home, workspace); !began.Equal(begin) {
				t.Fatalf("%s comes to %s at %s by the occurrence of %s, and is taken for that of %s", text, zone, at, begin, began)
			}
			if at.After(from) && at.Before(until) {
				got = append(got, at)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%s from %s in %s: %d occurrences come, want %d", text, from, zone, len(got), len(want))
		}
		for i := range want {
			if !got[i].Equal(want[i]) {
				t.Fatalf("%s in %s: occurrence %d comes at %s, want %s", text, zone, i, got[i].UTC(), want[i].UTC())
			}
		}
	})
}
