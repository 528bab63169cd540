package insight

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Mean is a comparison of what two arms brought a head.
type Mean struct {
	Difference Estimate `json:"difference"`
	Error      float64  `json:"error"`    // standard error of the difference
	Adjusted   bool     `json:"adjusted"` // for what people were worth before
	Saved      float64  `json:"saved"`    // the share of the variance that this took away
	Thin       bool     `json:"thin"`     // so few have any value that the interval is not to be trusted
}

// thinPayers is of how many people with a value in the smaller arm the interval of a mean is called thin. Values are skewed:
// the interval of Welch's test is right in the limit, and simulations (mean_test.go) put the limit about here.
const thinPayers = 50

// MeanDifference is by how much the value a head of one arm is above the other's.
//
// It is Welch's interval for unequal variances (B. L. Welch, "The Generalization of Student's Problem when Several Different
// Population Variances are Involved", Biometrika 34, 1947). Where the same quantity was measured before for everybody, it is adjusted
// for that (CUPED: A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the Sensitivity of Online Controlled Experiments by
// Utilizing Pre-Experiment Data", WSDM 2013). What was before the lot cannot come of the treatment, so this moves no
// expectation; it takes variance away.
func MeanDifference(a, b Arm, level float64) Mean {
	m := Mean{Thin: min(a.Converted, b.Converted) < thinPayers}
	x, y := a.Value, b.Value
	d := x.Mean() - y.Mean()
	va, vb := meanVariance(x), meanVariance(y)
	if theta, ok := slope(a, b); ok {
		ra, rb := adjusted(a, theta), adjusted(b, theta)
		if plain := va + vb; plain > 0 && ra+rb < plain {
			m.Adjusted, m.Saved = true, 1-(ra+rb)/plain
			d -= theta * (a.Pre.Mean() - b.Pre.Mean())
			va, vb = ra, rb
		}
	}
	m.Error = math.Sqrt(va + vb)
	reach := math.Inf(1)
	switch freedom := welch(va, vb, x.N, y.N); {
	case x.N < 2 || y.N < 2:
	case m.Error == 0:
		reach = 0
	default:
		reach = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(1-(1-level)/2) * m.Error
	}
	m.Difference = Estimate{Value: d, Low: d - reach, High: d + reach}
	return m
}

// meanVariance is the variance of a mean.
func meanVariance(m Moments) float64 {
	if m.N == 0 {
		return 0
	}
	return m.Variance() / float64(m.N)
}

// slope is how value goes with what was before: the one that leaves the difference of the means the least variance. It wants the
// quantity of everybody: adjusting some only would compare different people.
func slope(a, b Arm) (float64, bool) {
	if a.Pre.N != a.People || b.Pre.N != b.People || a.Pre.N < 2 || b.Pre.N < 2 {
		return 0, false
	}
	up := covariance(a)/float64(a.Pre.N) + covariance(b)/float64(b.Pre.N)
	down := meanVariance(a.Pre) + meanVariance(b.Pre)
	if down <= 0 {
		return 0, false
	}
	return up / down, true
}

// covariance is that of value and what was before.
func covariance(a Arm) float64 {
	n := float64(a.Pre.N)
	return (a.Product - a.PreValue.Sum*a.Pre.Sum/n) / (n - 1)
}

// adjusted is the variance of an arm's mean of value - theta*pre.
func adjusted(a Arm, theta float64) float64 {
	return max(0, a.PreValue.Variance()+theta*theta*a.Pre.Variance()-2*theta*covariance(a)) / float64(a.Pre.N)
}

// welch is the number of degrees of freedom by Welch and Satterthwaite.
func welch(va, vb float64, na, nb int64) float64 {
	if na < 2 || nb < 2 || va+vb == 0 {
		return 1
	}
	return max(1, (va+vb)*(va+vb)/(va*va/float64(na-1)+vb*vb/float64(nb-1)))
}
