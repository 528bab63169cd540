package insight_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// Two variants that are the same are looked at each day of a month, and stopped as soon as they seem to differ. With
// intervals of one look that goes wrong in about a quarter of the worlds; it must in at most one of twenty.
func TestLookingEveryDayKeepsFalseAlarmsRare(t *testing.T) {
	t.Parallel()
	const rounds, days = 1200, 30
	random := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		rate  float64
		daily int64
	}{{0.05, 400}, {0.3, 60}} {
		always, once := 0, 0
		for range rounds {
			var a, b insight.Arm
			alarmed, fooled := false, false
			for range days {
				x, y := toss(random, c.daily, c.rate), toss(random, c.daily, c.rate)
				a.People, a.Converted = a.People+x.People, a.Converted+x.Converted
				b.People, b.Converted = b.People+y.People, b.Converted+y.Converted
				alarmed = alarmed || insight.RateSequence(a, b, 0.95).Sure()
				fooled = fooled || insight.RateDifference(a, b, 0.95).Sure()
			}
			if alarmed {
				always++
			}
			if fooled {
				once++
			}
		}
		limit := 0.05 + 3*math.Sqrt(0.05*0.95/rounds)
		if share := float64(always) / rounds; share > limit {
			t.Errorf("%+v: %.3f of the worlds were called different, and none is", c, share)
		}
		if share := float64(once) / rounds; share < 0.15 {
			t.Errorf("%+v: intervals of one look were fooled in %.3f of the worlds; this test would not see them", c, share)
		}
	}
}

// What is different is found, by the number of people that Size says, as often as it says.
func TestAnExperimentOfTheSizeFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	const rounds = 300
	plan := insight.Plan{Rate: 0.2, Lift: 0.2, Variants: 2, Power: 0.8, Level: 0.95}
	size, ok := plan.Needs()
	if !ok {
		t.Fatal("no size")
	}
	random := rand.New(rand.NewPCG(7, 8))
	fixed, sequential := 0, 0
	for range rounds {
		if insight.RateDifference(toss(random, size.Fixed, 0.24), toss(random, size.Fixed, 0.2), 0.95).Sure() {
			fixed++
		}
		if insight.RateSequence(toss(random, size.Sequential, 0.24), toss(random, size.Sequential, 0.2), 0.95).Sure() {
			sequential++
		}
	}
	slack := 3 * math.Sqrt(0.8*0.2/rounds)
	for name, n := range map[string]int{"at the end": fixed, "at any time": sequential} {
		if share := float64(n) / rounds; share < 0.8-slack || share > 0.8+slack {
			t.Errorf("%s: found in %.3f of the worlds, 0.8 were promised", name, share)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	// 10 % to 12 %: (0.09 + 0.1056) (1.95996 + 0.84162)² / 0.02².
	s, ok := insight.Plan{Rate: 0.10, Lift: 0.2, Variants: 2, Power: 0.8, Level: 0.95}.Needs()
	if !ok || s.Fixed != 3839 || s.Sequential <= s.Fixed || s.Sequential > 3*s.Fixed {
		t.Errorf("10 %% to 12 %% takes %+v, %v", s, ok)
	}
	more, _ := insight.Plan{Rate: 0.10, Lift: 0.2, Variants: 4, Power: 0.8, Level: 0.95}.Needs()
	if more.Fixed <= s.Fixed || more.Sequential <= s.Sequential {
		t.Errorf("four variants take %+v in each, two %+v", more, s)
	}
	for _, p := range []insight.Plan{
		{Rate: 0, Lift: 0.1, Variants: 2, Power: 0.8, Level: 0.95}, {Rate: 0.6, Lift: 0.9, Variants: 2, Power: 0.8, Level: 0.95},
		{Rate: 0.1, Variants: 2, Power: 0.8, Level: 0.95}, {Rate: 0.1, Lift: 0.1, Variants: 1, Power: 0.8, Level: 0.95},
		{Rate: 0.1, Lift: 0.1, Variants: 2, Power: 1, Level: 0.95}, {Rate: math.NaN(), Lift: 0.1, Variants: 2, Power: 0.8, Level: 0.95},
	} {
		if s, ok := p.Needs(); ok {
			t.Errorf("%+v takes %+v", p, s)
		}
	}
}
