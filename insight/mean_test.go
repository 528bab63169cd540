package insight_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// shopper is one of a world in which few buy, and of these few spend much; what they spent before tells of what they spend.
func shopper(random *rand.Rand, rate float64) (before, value float64) {
	taste := random.NormFloat64()
	spend := func(noise float64) float64 {
		if random.Float64() >= rate {
			return 0
		}
		return math.Exp(3 + 0.8*taste + noise*random.NormFloat64())
	}
	return spend(0.4), spend(0.4)
}

func (w *world) arm(n int, rate, extra float64) insight.Arm {
	a := insight.Arm{People: int64(n)}
	for range n {
		before, value := shopper(w.random, rate)
		if value > 0 {
			value += extra
			a.Converted++
		}
		a.Value.Add(value)
		a.PreValue.Add(value)
		a.Pre.Add(before)
		a.Product += before * value
	}
	return a
}

type world struct{ random *rand.Rand }

// Nothing in the treatment: in 95 of 100 worlds the interval holds nought, with and without what people spent before.
func TestMeansOfSkewedValuesKeepTheirPromise(t *testing.T) {
	t.Parallel()
	const rounds = 1500
	w := world{rand.New(rand.NewPCG(3, 4))}
	plain, adjusted, saved := 0, 0, 0.0
	for range rounds {
		a, b := w.arm(1500, 0.6, 0), w.arm(500, 0.6, 0)
		m := insight.MeanDifference(a, b, 0.95)
		if m.Thin {
			t.Fatalf("hundreds of buyers are few: %+v", m)
		}
		if holds(m.Difference, 0) {
			adjusted++
		}
		saved += m.Saved / rounds
		a.Pre, b.Pre = insight.Moments{}, insight.Moments{}
		if m := insight.MeanDifference(a, b, 0.95); m.Adjusted {
			t.Fatalf("adjusted by nothing: %+v", m)
		} else if holds(m.Difference, 0) {
			plain++
		}
	}
	slack := 3 * math.Sqrt(0.95*0.05/rounds)
	for name, n := range map[string]int{"plain": plain, "adjusted": adjusted} {
		if share := float64(n) / rounds; share < 0.94-slack {
			t.Errorf("%s: the interval held the truth in %.3f of the worlds", name, share)
		}
	}
	if saved < 0.05 {
		t.Errorf("what they spent before took %.3f of the variance away", saved)
	}
}

// Where people of one arm happened to spend more before, that is taken off.
func TestTheAdjustmentTakesOffWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	a, b := insight.Arm{People: 100, Converted: 100}, insight.Arm{People: 100, Converted: 100}
	for i := range 100 {
		x := float64(i % 10)
		a.Pre.Add(x + 1)
		a.Value.Add(2*(x+1) + 3)
		a.PreValue.Add(2*(x+1) + 3)
		a.Product += (x + 1) * (2*(x+1) + 3)
		b.Pre.Add(x)
		b.Value.Add(2 * x)
		b.PreValue.Add(2 * x)
		b.Product += x * 2 * x
	}
	m := insight.MeanDifference(a, b, 0.95)
	near(t, "the difference", m.Difference.Value, 3, 1e-9) // not 5, of which 2 were theirs before
	near(t, "its error", m.Error, 0, 1e-6)
}

// By hand: means 20 and 15 of ten each, variances 4 and 9: error sqrt(1.3), 15.66 degrees of freedom, t 2.1236.
func TestWelchByHand(t *testing.T) {
	t.Parallel()
	a, b := insight.Arm{People: 10}, insight.Arm{People: 10}
	a.Value = insight.Moments{N: 10, Sum: 200, Squares: 9*4 + 200*200/10}
	b.Value = insight.Moments{N: 10, Sum: 150, Squares: 9*9 + 150*150/10}
	m := insight.MeanDifference(a, b, 0.95)
	near(t, "the lower end", m.Difference.Low, 5-2.1236*math.Sqrt(1.3), 0.001)
	if !m.Thin {
		t.Error("the value of nobody is enough")
	}
	if m := insight.MeanDifference(insight.Arm{People: 1, Value: insight.Moments{N: 1, Sum: 4, Squares: 16}}, b, 0.95); !math.IsInf(m.Difference.High, 1) {
		t.Errorf("one person tells %+v", m.Difference)
	}
}
