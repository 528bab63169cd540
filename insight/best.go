package insight

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// quadrature is at how many points of an arm's distribution the chance to be best is computed for people to read: enough for
// three digits.
const quadrature = 2000

// Best is the chance of each arm to have the highest rate, given what was seen and that all rates were as likely before (a
// uniform prior). It is an integral, computed and not drawn, so that two looks at the same counts agree.
func Best(arms []Arm) []float64 {
	beliefs := make([]distribution, len(arms))
	for i, a := range arms {
		beliefs[i] = distuv.Beta{Alpha: 1 + float64(a.Converted), Beta: 1 + float64(a.People-a.Converted)}
	}
	return best(beliefs, quadrature)
}

// BestValue is the chance of each arm to bring the most a head, the means taken for normal.
func BestValue(arms []Arm) []float64 {
	beliefs := make([]distribution, len(arms))
	for i, a := range arms {
		sigma := math.Sqrt(meanVariance(a.Value))
		if a.Value.N < 2 || sigma == 0 {
			sigma = 1e9 // nothing is known of it
		}
		beliefs[i] = distuv.Normal{Mu: a.Value.Mean(), Sigma: sigma}
	}
	return best(beliefs, quadrature)
}

type distribution interface {
	Quantile(p float64) float64
	CDF(x float64) float64
}

// best is for each the chance to be above all others: the mean, over the points of its own distribution, of the chance that
// all others are below.
func best(beliefs []distribution, points int) []float64 {
	chances := make([]float64, len(beliefs))
	var sum float64
	for i, own := range beliefs {
		for k := range points {
			x := own.Quantile((float64(k) + 0.5) / float64(points))
			below := 1.0
			for j, other := range beliefs {
				if j != i {
					below *= other.CDF(x)
				}
			}
			chances[i] += below / float64(points)
		}
		sum += chances[i]
	}
	for i := range chances {
		chances[i] /= sum
	}
	return chances
}

func beta(converted, failed float64) distribution {
	return distuv.Beta{Alpha: 1 + converted, Beta: 1 + failed}
}
