package calendar_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	const most = 15 * time.Minute
	for _, other := range [][]string{{"onboardinga", "da"}, {"onboarding", "ada", ""}, {"ada", "onboarding"}, {"onboardingada"}} {
		// A year has room enough for no two to meet by chance.
		if calendar.Spread(365*24*time.Hour, "onboarding", "ada") == calendar.Spread(365*24*time.Hour, other...) {
			t.Errorf("%q spreads like onboarding, ada", other)
		}
	}
	// Runs in flight rely on these: a change of hash would move them.
	for _, c := range []struct {
		keys []string
		want time.Duration
	}{
		{nil, 13*time.Minute + 20*time.Second},
		{[]string{"onboarding", "ada"}, 38 * time.Second},
		{[]string{"onboarding", "björn", "", "settle-in", "2"}, 11*time.Minute + 54*time.Second},
	} {
		if got := calendar.Spread(most, c.keys...); got != c.want {
			t.Errorf("%q spread by %s, want %s", c.keys, got, c.want)
		}
	}
	for _, most := range []time.Duration{0, -time.Hour, 1, time.Second} {
		if got := calendar.Spread(most, "ada"); got != 0 {
			t.Errorf("within %s it is %s", most, got)
		}
	}
}

func TestSpreadIsEven(t *testing.T) {
	t.Parallel()
	const people = 6000
	var minutes [60]int
	for i := range people {
		minutes[calendar.Spread(time.Hour, "onboarding", strconv.Itoa(i))/time.Minute]++
	}
	for minute, n := range minutes {
		if n < 50 || n > 150 { // a hundred, give or take five standard deviations
			t.Errorf("%d of %d fall in minute %d", n, people, minute)
		}
	}
}

func TestSpreadStaysWithin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := time.Duration(rapid.Int64Range(1, int64(100*365*24*time.Hour)).Draw(t, "most"))
		keys := rapid.SliceOf(rapid.String()).Draw(t, "keys")
		if got := calendar.Spread(most, keys...); got < 0 || got >= most || got%time.Second != 0 {
			t.Fatalf("within %s it is %s", most, got)
		}
	})
}
