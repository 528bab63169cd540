package insight_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// policy shares the next people out over the arms.
type policy func(arms []insight.Arm) []float64

// regret is how many conversions a policy misses, against drawing the best variant for everybody. People come in batches, as
// weights are worked out now and then; whoever converts does so some batches later.
func regret(random *rand.Rand, rates []float64, choose policy, batches, batch, delay int) float64 {
	arms := make([]insight.Arm, len(rates))
	var delays insight.Delays
	silent := make([][]int64, len(rates)) // people who have not converted, by arm and the batch they came in
	for i := range silent {
		silent[i] = make([]int64, batches)
	}
	type conversion struct{ arm, came int }
	due := make([][]conversion, batches+2*delay+1)
	best, missed := 0.0, 0.0
	for _, r := range rates {
		best = max(best, r)
	}
	for now := range batches {
		for _, c := range due[now] {
			arms[c.arm].Converted++
			silent[c.arm][c.came]--
			delays.Add(float64(now - c.came))
		}
		for i := range arms {
			var cohorts []insight.Cohort
			for came, n := range silent[i] {
				cohorts = append(cohorts, insight.Cohort{Age: float64(now - came), People: n})
			}
			arms[i].Failed = insight.Failed(cohorts, delays, float64(2*delay))
		}
		weights := choose(arms)
		for range batch {
			i := draw(random, weights)
			arms[i].People++
			missed += best - rates[i]
			silent[i][now]++
			if random.Float64() < rates[i] {
				at := now + 1 + random.IntN(2*delay)
				due[at] = append(due[at], conversion{i, now})
			}
		}
	}
	return missed
}

func draw(random *rand.Rand, weights []float64) int {
	x := random.Float64()
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func uniform(arms []insight.Arm) []float64 {
	all := make([]float64, len(arms))
	for i := range all {
		all[i] = 1 / float64(len(arms))
	}
	return all
}

// greedy takes the variant that looks best nine times of ten, and any in the tenth.
func greedy(arms []insight.Arm) []float64 {
	all := make([]float64, len(arms))
	top := 0
	for i, a := range arms {
		all[i] = 0.1 / float64(len(arms))
		if a.Rate() > arms[top].Rate() {
			top = i
		}
	}
	all[top] += 0.9
	return all
}

func thompson(arms []insight.Arm) []float64 { return insight.Choices(arms, 0.02) }

// Over worlds of which nothing is known beforehand, with rewards that come late.
func TestABanditMissesLessThanLotsAndGreed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	sums := map[string]float64{}
	const worlds = 30
	for range worlds {
		rates := []float64{0.02 + 0.2*random.Float64(), 0.02 + 0.2*random.Float64(), 0.02 + 0.2*random.Float64(), 0.02 + 0.2*random.Float64()}
		for name, p := range map[string]policy{"uniform": uniform, "greedy": greedy, "thompson": thompson} {
			own := rand.New(rand.NewPCG(11, uint64(len(name))))
			sums[name] += regret(own, rates, p, 40, 150, 3) / worlds
		}
	}
	if sums["thompson"] >= 0.8*sums["greedy"] || sums["thompson"] >= 0.5*sums["uniform"] {
		t.Errorf("conversions missed of 6,000 people: %v", sums)
	}
	t.Logf("conversions missed of 6,000 people: %v", sums)
}

func TestTheFloorHolds(t *testing.T) {
	t.Parallel()
	arms := []insight.Arm{{People: 1000, Converted: 500, Failed: 500}, {People: 1000, Converted: 1, Failed: 999}, {People: 1000, Converted: 2, Failed: 998}}
	w := insight.Choices(arms, 0.05)
	near(t, "the sum", w[0]+w[1]+w[2], 1, 1e-9)
	near(t, "the best", w[0], 0.9, 1e-6)
	near(t, "the worst", w[1], 0.05, 1e-6)
	near(t, "a floor of more than there is", insight.Choices(arms, 0.9)[1], 1.0/3, 1e-9)
}

// Whoever came lately and has not converted yet counts as failed only in part.
func TestWaitingIsNotFailing(t *testing.T) {
	t.Parallel()
	var delays insight.Delays
	for range 1000 {
		delays.Add(7) // between 4 and 8
	}
	near(t, "long ago", insight.Failed([]insight.Cohort{{30, 1}, {100, 2}}, delays, 20), 3, 1e-9)
	if x := insight.Failed([]insight.Cohort{{2, 1}, {3, 1}}, delays, 20); x > 0.01 {
		t.Errorf("two who could not have converted yet count as %v failures", x)
	}
	near(t, "before anything was seen", insight.Failed([]insight.Cohort{{5, 1}}, nil, 20), 0.25, 1e-9)
	if x := delays.By(8, 20); math.Abs(x-1) > 0.001 {
		t.Errorf("within the longest delay %v have converted", x)
	}
}
