package insight

import "math"

// planned is for how many people a confidence sequence is narrowest. It holds at any number; far from this one it is wider.
const planned = 10_000

// sequenceReach is how far an always-valid interval reaches to either side of a mean of n people whose standard deviation is
// sigma: with probability 1-alpha the truth is within it at EVERY n at once, so that looking each day costs nothing. It is the
// asymptotic confidence sequence of I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, "Time-uniform
// Central Limit Theory and Asymptotic Confidence Sequences", Annals of Statistics 52 (2024), with its rho
// chosen for `planned`. The idea is Robbins's (1970): mix over all alternatives, and use Ville's inequality.
func sequenceReach(n, sigma, alpha float64) float64 {
	if n <= 0 {
		return math.Inf(1)
	}
	rho2 := (-2*math.Log(alpha) + math.Log(-2*math.Log(alpha)+1)) / planned
	t := n*rho2 + 1
	return sigma * math.Sqrt(2*t/(n*n*rho2)*math.Log(math.Sqrt(t)/alpha))
}

// early is with how few who did, or did not, in an arm a confidence sequence of rates says nothing yet: it is right in the
// limit, and this is where simulations (sequence_test.go) find it begin.
const early = 20

// always is a difference with an interval that holds whenever one looks; anything is possible while there is too little.
func always(difference, standardError float64, people int64, enough bool, level float64) Estimate {
	n := float64(people)
	reach := math.Inf(1)
	if enough {
		reach = sequenceReach(n, standardError*math.Sqrt(n), 1-level)
	}
	return Estimate{Value: difference, Low: difference - reach, High: difference + reach}
}

// RateSequence is by how much one share is above another, at any number of looks. What a share differs in is at most 1.
func RateSequence(a, b Arm, level float64) Estimate {
	p, q := a.Rate(), b.Rate()
	var variance float64
	enough := true
	for _, arm := range []Arm{a, b} {
		enough = enough && min(arm.Converted, arm.People-arm.Converted) >= early
		if n := float64(arm.People); n > 0 {
			variance += arm.Rate() * (1 - arm.Rate()) / n
		}
	}
	e := always(p-q, math.Sqrt(variance), a.People+b.People, enough, level)
	return Estimate{Value: e.Value, Low: max(-1, e.Low), High: min(1, e.High)}
}

// MeanSequence is by how much the value a head of one arm is above the other's, at any number of looks.
func MeanSequence(a, b Arm, level float64) Mean {
	m := MeanDifference(a, b, level)
	enough := min(a.Converted, b.Converted) >= early
	m.Difference = always(m.Difference.Value, m.Error, a.People+b.People, enough, level)
	return m
}
