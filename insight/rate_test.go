package insight_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The examples of Newcombe, "Two-sided Confidence Intervals for the Single Proportion", Statistics in Medicine 17 (1998), table I, method 3.
func TestScoreIntervalsArePublishedOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		some, all int64
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
	} {
		e := insight.Rate(c.some, c.all, 0.95)
		near(t, "the rate", e.Value, float64(c.some)/float64(c.all), 1e-12)
		near(t, "the lower end", e.Low, c.low, 0.00005)
		near(t, "the upper end", e.High, c.high, 0.00005)
	}
}

// The examples of Newcombe's paper on differences, table II, method 10.
func TestDifferencesOfRatesArePublishedOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		some, all, others, of int64
		low, high             float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090}, {6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926}, {0, 10, 0, 20, -0.1611, 0.2775}, {0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1}, {10, 10, 0, 10, 0.6075, 1},
	} {
		e := insight.RateDifference(insight.Arm{People: c.all, Converted: c.some}, insight.Arm{People: c.of, Converted: c.others}, 0.95)
		near(t, "the lower end", e.Low, c.low, 0.00005)
		near(t, "the upper end", e.High, c.high, 0.00005)
	}
}

// An interval of 95 % holds the truth in 95 of 100 worlds. Of so many rounds a fraction may stray by three standard errors.
func TestIntervalsHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	t.Parallel()
	const rounds = 4000
	random := rand.New(rand.NewPCG(1, 2))
	for _, world := range []struct{ p, q float64 }{{0.02, 0.015}, {0.3, 0.3}, {0.9, 0.8}} {
		difference, ratio := 0, 0
		for range rounds {
			a, b := toss(random, 1200, world.p), toss(random, 600, world.q)
			if holds(insight.RateDifference(a, b, 0.95), world.p-world.q) {
				difference++
			}
			if e, ok := insight.RateRatio(a, b, 0.95); !ok || holds(e, world.p/world.q-1) {
				ratio++
			}
		}
		slack := 3 * math.Sqrt(0.95*0.05/rounds)
		// Counts are whole, so an interval cannot be right to the digit: score intervals are known to lie within a point.
		for name, n := range map[string]int{"the difference": difference, "the ratio": ratio} {
			if share := float64(n) / rounds; share < 0.94-slack || share > 0.97+slack {
				t.Errorf("%v: the interval of %s held the truth in %.3f of the worlds", world, name, share)
			}
		}
	}
}

func toss(random *rand.Rand, n int64, p float64) insight.Arm {
	a := insight.Arm{People: n}
	for range n {
		if random.Float64() < p {
			a.Converted++
		}
	}
	return a
}

func holds(e insight.Estimate, truth float64) bool { return e.Low <= truth && truth <= e.High }

func TestARatioWantsSomethingToCompareWith(t *testing.T) {
	t.Parallel()
	if e, ok := insight.RateRatio(insight.Arm{People: 100, Converted: 5}, insight.Arm{People: 100}, 0.95); ok {
		t.Errorf("five of a hundred are %v times none", e)
	}
	e, ok := insight.RateRatio(insight.Arm{People: 1000}, insight.Arm{People: 1000, Converted: 50}, 0.95)
	if !ok || e.Value != -1 || e.Low != -1 || e.High < -1 || e.High > 0 {
		t.Errorf("none against fifty is %+v, %v", e, ok)
	}
}

func TestASplitIsBrokenWhereChanceWouldNotDoIt(t *testing.T) {
	t.Parallel()
	arms := func(counts ...int64) []insight.Arm {
		var all []insight.Arm
		for i, n := range counts {
			all = append(all, insight.Arm{People: n, Share: []float64{0.5, 0.3, 0.2}[i]})
		}
		return all
	}
	// By hand: 20²/500 + 10²/300 + 10²/200 = 1.6333; with two degrees of freedom exp(-x/2).
	if s := insight.CheckSplit(arms(520, 290, 190)); !s.Known || s.Broken || math.Abs(s.P-math.Exp(-1.63333333/2)) > 1e-8 {
		t.Errorf("a split that chance explains: %+v", s)
	}
	if s := insight.CheckSplit(arms(600, 250, 150)); !s.Broken {
		t.Errorf("a split that chance does not explain: %+v", s)
	}
	unknown := arms(5, 5)
	unknown[0].Share = 0
	if s := insight.CheckSplit(unknown); s.Known || s.Broken {
		t.Errorf("a split of which nobody knows what was meant: %+v", s)
	}
}
