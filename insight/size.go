package insight

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Size is how many people an experiment needs.
type Size struct {
	Fixed      int64 `json:"fixed"`      // in each variant, if one looks once, at the end
	Sequential int64 `json:"sequential"` // in each variant, if one may look every day and stop when it is clear
}

// Plan says what an experiment is to find.
type Plan struct {
	Rate     float64 // of the control, 0 to 1
	Lift     float64 // the least that is worth finding, as a share of Rate: 0.1 is a tenth more
	Variants int     // with the control
	Power    float64 // how surely such a lift is to be found: 0.8
	Level    float64 // how sure a finding is to be: 0.95
}

// mostPeople is where the search for a number ends: more are not on earth.
const mostPeople = 10_000_000_000

// Needs is how many people the plan takes. Fixed is the two-sample formula with unpooled variances (J. L. Fleiss, B. Levin,
// M. C. Paik, "Statistical Methods for Rates and Proportions", 2003, chapter 4) without its continuity correction; Sequential is where the confidence
// sequence has become so narrow that a lift of this size lies outside of it with the power that is wanted. ok is false of
// what cannot be: a rate of 0 or 1, no lift, or one to above 1.
func (p Plan) Needs() (s Size, ok bool) {
	other := p.Rate * (1 + p.Lift)
	if !(p.Rate > 0 && p.Rate < 1) || p.Lift == 0 || !(other > 0 && other < 1) || p.Variants < 2 || !(p.Power > 0 && p.Power < 1) || !(p.Level > 0 && p.Level < 1) {
		return Size{}, false
	}
	alpha := (1 - p.Level) / float64(p.Variants-1)
	power := distuv.UnitNormal.Quantile(p.Power)
	variance := p.Rate*(1-p.Rate) + other*(1-other)
	effect := math.Abs(other - p.Rate)
	z := distuv.UnitNormal.Quantile(1-alpha/2) + power
	s.Fixed = int64(math.Ceil(variance * z * z / (effect * effect)))

	found := func(n float64) bool {
		se := math.Sqrt(variance / n)
		return sequenceReach(2*n, se*math.Sqrt(2*n), alpha)+power*se <= effect
	}
	low, high := 1.0, 2.0
	for !found(high) {
		if low, high = high, high*2; high > mostPeople {
			return Size{}, false
		}
	}
	for high-low > 1 {
		if middle := math.Floor((low + high) / 2); found(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	s.Sequential = int64(high)
	return s, true
}
