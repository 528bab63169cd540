package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// pausedRun is a run that entered, was looked at, and stood still from since to lifted.
type pausedRun struct {
	j *journey.Journey
	s *journey.State
	f journey.Facts
}

// parkedAt enters a journey of these steps at a local time of Paris, and waits.
func parkedAt(t *testing.T, steps, entered string, events ...profile.Event) *pausedRun {
	t.Helper()
	r := &pausedRun{j: compiled(t, "journey: a\nentry: { event: go }\nsteps:\n"+steps)}
	now := paris(t, entered)
	r.s = r.j.Begin(happened(1, "go", now, nil), now)
	r.f = journey.Facts{Now: now, Profile: &profile.Profile{ID: "ada", Attributes: map[string]any{"timezone": "Europe/Paris"}}, Latest: 1, History: map[string][]profile.Event{}}
	if a := r.j.Next(r.s, r.f); a.Kind != journey.Park && a.Kind != journey.Send {
		t.Fatalf("it %ss", a.Kind)
	}
	for _, e := range events {
		r.f.History[e.Name] = append(r.f.History[e.Name], e)
		r.f.Latest, r.f.Dispatched = e.Number, e.Number
	}
	return r
}

func (r *pausedRun) resume(t *testing.T, since, lifted string, due journey.Due) (journey.Due, journey.Action) {
	t.Helper()
	r.s.Pause(paris(t, since))
	r.s = roundTrip(t, r.s)
	r.f.Now = paris(t, lifted)
	did := r.j.Resume(r.s, r.f, r.f.Now, due)
	r.s = roundTrip(t, r.s)
	return did, r.j.Next(r.s, r.f)
}

func paris(t *testing.T, local string) time.Time {
	t.Helper()
	loc, _ := calendar.LoadZone("Europe/Paris")
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04 -0700"} {
		if at, err := time.ParseInLocation(layout, local, loc); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time", local)
	return time.Time{}
}

// A pause that is shifted does not count as time. 2026-05-01 is a Friday.
func TestShift(t *testing.T) {
	t.Parallel()
	const mail = "      - { id: mail, send: { channel: email, template: digest } }\n"
	for name, c := range map[string]struct {
		steps, entered, since, lifted string
		wake                          string // when it is over after that
	}{
		"half a day was left": {"  - { id: w, wait: 1d }\n", "2026-05-01 12:00", "2026-05-02 00:00", "2026-05-05 06:00", "2026-05-05 18:00"},
		"it came there during the pause": {
			"  - { id: w, wait: 1d }\n", "2026-05-01 12:00", "2026-05-01 11:00", "2026-05-03 12:00", "2026-05-04 12:00"},
		"a day is 24 hours through a change of the clocks": {
			"  - { id: w, wait: 1d }\n", "2026-03-28 12:00", "2026-03-28 18:00", "2026-03-30 00:00", "2026-03-30 18:00"},
		"a month": {"  - { id: w, wait: 1mo }\n", "2026-05-01 12:00", "2026-05-31 12:00", "2026-06-02 12:00", "2026-06-03 12:00"},
		"a local time that passed is the next such": {
			"  - { id: w, wait: { for: 1d, at: \"09:00\" } }\n", "2026-05-01 18:00", "2026-05-02 08:00", "2026-05-02 12:00", "2026-05-03 09:00"},
		"a local time behind a gap": {
			"  - { id: w, wait: { at: \"02:30\" } }\n", "2026-03-27 18:00", "2026-03-27 20:00", "2026-03-28 12:00", "2026-03-29 03:00"},
		"a weekday": {
			"  - { id: w, wait: { at: \"09:00\", on: [mon] } }\n", "2026-05-01 18:00", "2026-05-03 18:00", "2026-05-05 12:00", "2026-05-11 09:00"},
		"a window that has shut": {
			"  - { id: w, wait: { window: { from: \"18:00\", to: \"20:00\" } } }\n", "2026-05-01 12:00", "2026-05-01 15:00", "2026-05-01 19:00", ""},
		"a best time, chosen anew": {
			"  - { id: w, wait: { best_time: { within: 24h, fallback: \"20:00\" } } }\n", "2026-05-01 12:00", "2026-05-01 19:00", "2026-05-01 22:00", ""},
		"a best time that comes again": {
			"  - { id: w, wait: { best_time: { within: 2d, fallback: \"20:00\" } } }\n", "2026-05-01 12:00", "2026-05-01 19:00", "2026-05-01 22:00", "2026-05-02 20:00"},
		"a timeout": {
			"  - { id: w, wait_for: { event: shared, timeout: 3d } }\n", "2026-05-01 12:00", "2026-05-04 00:00", "2026-05-06 00:00", "2026-05-06 12:00"},
		"a digest": {
			"  - { id: w, collect: { event: liked, for: 1h } }\n", "2026-05-01 12:00", "2026-05-01 12:50", "2026-05-01 15:00", "2026-05-01 15:10"},
		"the first round": {
			"  - id: w\n    repeat:\n      every: 7d\n      at: \"09:00\"\n      times: 3\n      steps:\n" + mail, "2026-05-01 12:00", "2026-05-02 08:00", "2026-05-02 10:00", "2026-05-03 09:00"},
		"the first of certain days": {
			"  - id: w\n    repeat:\n      on: [mon]\n      at: \"09:00\"\n      times: 3\n      steps:\n" + mail, "2026-05-01 12:00", "2026-05-04 08:00", "2026-05-05 10:00", "2026-05-11 09:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parkedAt(t, c.steps, c.entered)
			did, a := r.resume(t, c.since, c.lifted, journey.DueShift)
			if c.wake == "" {
				if did == journey.DueShift && a.Kind == journey.Park {
					t.Errorf("it waits until %s, want it to go on", r.s.Until)
				}
				return
			}
			if did != journey.DueShift || a.Kind != journey.Park {
				t.Fatalf("it did %q and then %ss", did, a.Kind)
			}
			if want := paris(t, c.wake); !r.s.Wake.Equal(want) {
				t.Errorf("it wakes %s, want %s", r.s.Wake.In(want.Location()), want)
			}
			r.f.Now = r.s.Wake
			if a := r.j.Next(r.s, r.f); a.Kind == journey.Park {
				t.Errorf("then it waits until %s", r.s.Wake)
			}
		})
	}
}

// What was not due when the pause was lifted is as if there had been no pause, whatever was chosen.
func TestWhatDidNotComeDueIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, due := range []journey.Due{journey.DueSend, journey.DueSkip, journey.DueShift} {
		r := parkedAt(t, "  - { id: w, wait: 1d }\n", "2026-05-01 12:00")
		if did, _ := r.resume(t, "2026-05-01 13:00", "2026-05-02 11:00", due); did != "" {
			t.Errorf("%s did %s", due, did)
		}
		if want := paris(t, "2026-05-02 12:00"); r.s.Skips || !r.s.Wake.Equal(want) {
			t.Errorf("%s: it wakes %s, want %s", due, r.s.Wake, want)
		}
	}
}

// What came due after the pause was lifted, before the run was woken, is no matter of the pause.
func TestDueBetweenTheResumeAndTheWake(t *testing.T) {
	t.Parallel()
	r := parkedAt(t, "  - { id: w, wait: 1d }\n  - { id: mail, send: { channel: email, template: a } }\n", "2026-05-01 12:00")
	r.s.Pause(paris(t, "2026-05-01 13:00"))
	r.f.Now = paris(t, "2026-05-02 12:10")
	if did := r.j.Resume(r.s, r.f, paris(t, "2026-05-02 11:50"), journey.DueSkip); did != "" || r.s.Skips {
		t.Errorf("it did %q", did)
	}
}

func TestSkipLastsUntilTheRunWaits(t *testing.T) {
	t.Parallel()
	r := parkedAt(t, `  - { id: w, wait: 1d }
  - { id: one, send: { channel: email, template: a } }
  - { id: two, send: { channel: email, template: a } }
  - { id: rest, wait: 1d }
  - { id: three, send: { channel: email, template: a } }
`, "2026-05-01 12:00")
	did, a := r.resume(t, "2026-05-01 13:00", "2026-05-04 12:00", journey.DueSkip)
	var skips []string
	for range 4 {
		if a.Kind == journey.Park {
			r.f.Now = r.s.Wake
		} else {
			if skips = append(skips, a.Step); !r.s.Skips {
				skips[len(skips)-1] = "not " + a.Step
			}
			r.j.Resolve(r.s, journey.Skipped)
		}
		r.s = roundTrip(t, r.s)
		a = r.j.Next(r.s, r.f)
	}
	if got := strings.Join(skips, ", "); did != journey.DueSkip || got != "one, two, not three" {
		t.Errorf("%s: it skips %s", did, got)
	}
}

// A message that waits for an hour which the pause did not reach is held on.
func TestHeldBeyondThePause(t *testing.T) {
	t.Parallel()
	for lifted, want := range map[string]journey.Due{"2026-05-01 19:59": "", "2026-05-01 20:00": journey.DueSkip} {
		r := parkedAt(t, "  - { id: mail, send: { channel: email, template: a } }\n", "2026-05-01 12:00")
		r.s.Held, r.s.Until = true, paris(t, "2026-05-01 20:00")
		if did, _ := r.resume(t, "2026-05-01 13:00", lifted, journey.DueSkip); did != want {
			t.Errorf("lifted %s it did %q, want %q", lifted, did, want)
		}
	}
}

func TestShiftOfAMessage(t *testing.T) {
	t.Parallel()
	r := parkedAt(t, "  - { id: mail, send: { channel: email, template: a, expires: 6h, best_time: { within: 4h } } }\n", "2026-05-01 12:00")
	r.s.Held, r.s.Until, r.s.Chosen, r.s.ChosenIn = true, paris(t, "2026-05-01 14:00"), paris(t, "2026-05-01 14:00"), "Europe/Paris"
	did, a := r.resume(t, "2026-05-01 13:00", "2026-05-02 13:00", journey.DueShift)
	if did != journey.DueShift || a.Kind != journey.Send {
		t.Fatalf("it did %q and then %ss", did, a.Kind)
	}
	if want := paris(t, "2026-05-02 18:00"); !a.Send.ExpiresAt.Equal(want) || !r.s.Counted().Equal(want.Add(-6*time.Hour)) || !r.s.Chosen.IsZero() {
		t.Errorf("it expires %s and its hour is %s", a.Send.ExpiresAt, r.s.Chosen)
	}
}

// What somebody did during the pause counts, also after the instant at which the wait would have been over.
func TestEventsDuringAShiftedPauseCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at      string
		happens bool
	}{
		"within what was left":   {"2026-05-02 11:00", true},
		"behind the old timeout": {"2026-05-03 11:00", true},
	} {
		r := parkedAt(t, "  - { id: w, wait_for: { event: shared, since: now, timeout: 1d } }\n", "2026-05-01 12:00", happened(2, "shared", paris(t, c.at), nil))
		if _, a := r.resume(t, "2026-05-01 18:00", "2026-05-04 18:00", journey.DueShift); (a.Kind == journey.End) != c.happens {
			t.Errorf("%s: it %ss", name, a.Kind)
		}
	}
	r := parkedAt(t, "  - { id: w, collect: { event: liked, for: 1h } }\n", "2026-05-01 12:00",
		happened(2, "liked", paris(t, "2026-05-01 12:05"), nil), happened(3, "liked", paris(t, "2026-05-01 13:30"), nil))
	r.resume(t, "2026-05-01 12:50", "2026-05-01 15:00", journey.DueShift)
	r.f.Now = r.s.Wake
	r.j.Next(r.s, r.f)
	if got, _ := r.s.Results["w"].([]any); len(got) != 2 {
		t.Errorf("it collected %v", r.s.Results)
	}
}

// A series of lengths moves as a whole; one of weekdays drops what passed.
func TestShiftOfLaterRounds(t *testing.T) {
	t.Parallel()
	for series, c := range map[string]struct{ lifted, wake string }{
		"every: 7d":                               {"2026-05-08 12:00", "2026-05-13 12:00"}, // five days were left
		"every: 7d\n      at: \"12:00\"":          {"2026-05-08 12:00", "2026-05-13 12:00"},
		"every: 1d\n      at: \"12:00\"":          {"2026-05-08 13:00", "2026-05-09 12:00"},
		"on: [fri]\n      at: \"12:00\"":          {"2026-05-08 13:00", "2026-05-15 12:00"},
		"rrule: FREQ=WEEKLY\n      at: \"12:00\"": {"2026-05-08 13:00", "2026-05-15 12:00"},
	} {
		r := parkedAt(t, "  - id: w\n    repeat:\n      "+series+"\n      times: 3\n      steps:\n        - { id: mail, send: { channel: email, template: a } }\n", "2026-05-01 12:00")
		r.j.Resolve(r.s, journey.Sent)
		if a := r.j.Next(r.s, r.f); a.Kind != journey.Park {
			t.Fatalf("%s: it %ss", series, a.Kind)
		}
		since := "2026-05-03 12:00"
		if strings.HasPrefix(series, "every: 1d") {
			since = "2026-05-01 20:00"
		}
		did, a := r.resume(t, since, c.lifted, journey.DueShift)
		if did != journey.DueShift || a.Kind != journey.Park || !r.s.Wake.Equal(paris(t, c.wake)) {
			t.Errorf("%s: it did %q, %ss until %s, want %s", series, did, a.Kind, r.s.Wake, c.wake)
		}
	}
}
