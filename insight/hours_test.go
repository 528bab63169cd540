package insight_test

import (
	"math"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/insight"
)

// monday is one, at midnight.
func monday() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// evenings are somebody who gets a message at every hour of four weeks' working days, and answers those about an hour.
func evenings(hour int, now time.Time) (h insight.Hours) {
	for day := range 28 {
		for at := range 24 {
			local := monday().AddDate(0, 0, day).Add(time.Duration(at) * time.Hour)
			away := (at - hour + 36) % 24
			h.Add(local, now, away >= 11 && away <= 13 && day%2 == 0)
		}
	}
	return h
}

func TestHoursOfSomebodyKnownAndOfANewcomer(t *testing.T) {
	t.Parallel()
	now := monday().AddDate(0, 0, 28)
	var others []insight.Hours
	for i := range 40 {
		others = append(others, evenings([]int{20, 20, 20, 7}[i%4], now))
	}
	habits := insight.LearnHabits(others)
	own := evenings(7, now)
	week := habits.Receptive(&own, 0.5)
	if len(week) != 168 {
		t.Fatalf("a week of %d hours", len(week))
	}
	best := func(day int) (at int) {
		for hour := range 24 {
			if week[24*day+hour] > week[24*day+at] {
				at = hour
			}
		}
		return at
	}
	if best(0) != 7 || best(6) != 7 {
		t.Errorf("whoever answers at 7 is best reached at %d, on Sundays at %d", best(0), best(6))
	}
	week = habits.Receptive(&insight.Hours{}, 0.5)
	if best(2) != 20 {
		t.Errorf("a newcomer is best reached at %d, and most people are at 20", best(2))
	}
	for _, x := range week {
		if !(x > 0 && x < 1) || math.IsNaN(x) {
			t.Fatalf("a rate of %v", x)
		}
	}
}

// What was long ago weighs less: habits change.
func TestOldAnswersFade(t *testing.T) {
	t.Parallel()
	now := monday()
	var h insight.Hours
	h.Add(now.AddDate(0, 0, -60), now, true)
	h.Add(now, now, false)
	if math.Abs(h.Answered[0][0]+h.Answered[1][0]-0.5) > 1e-9 || math.Abs(h.Sent[0][0]+h.Sent[1][0]-1.5) > 1e-9 {
		t.Errorf("%+v", h)
	}
}
