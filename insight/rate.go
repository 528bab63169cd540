package insight

import "math"

// Rate is a share and its interval by the score method: E. B. Wilson, "Probable Inference, the Law of Succession, and
// Statistical Inference", JASA 22 (1927). It holds for small counts and for shares near 0 and 1, where the textbook's
// does not.
func Rate(some, all int64, level float64) Estimate {
	if all == 0 {
		return Estimate{Low: 0, High: 1}
	}
	n, p, z := float64(all), share(some, all), quantile(level)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	reach := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Estimate{Value: p, Low: clamp(middle-reach, 0, p), High: clamp(middle+reach, p, 1)}
}

// RateDifference is by how much one share is above another, by Newcombe's hybrid of the two score intervals: R. G. Newcombe,
// "Interval Estimation for the Difference Between Independent Proportions", Statistics in Medicine 17 (1998), method 10.
func RateDifference(a, b Arm, level float64) Estimate {
	p, q := Rate(a.Converted, a.People, level), Rate(b.Converted, b.People, level)
	d := p.Value - q.Value
	return Estimate{
		Value: d,
		Low:   d - math.Hypot(p.Value-p.Low, q.High-q.Value),
		High:  d + math.Hypot(p.High-p.Value, q.Value-q.Low),
	}
}

// RateRatio is how many times one share is the other, less one: 0.2 is a fifth more. Its interval is recovered from those of
// the two shares (MOVER): A. Donner and G. Y. Zou, "Closed-form Confidence Intervals for Functions of the Normal Mean and
// Standard Deviation", Statistical Methods in Medical Research 21 (2012). ok is false where the other's interval, or the
// other share, reaches nought: of nothing there is no multiple.
func RateRatio(a, b Arm, level float64) (_ Estimate, ok bool) {
	p, q := Rate(a.Converted, a.People, level), Rate(b.Converted, b.People, level)
	if a.People == 0 || q.Value <= 0 || q.Low <= 0 {
		return Estimate{}, false
	}
	both := p.Value * q.Value
	low := both - math.Sqrt(max(0, both*both-p.Low*q.High*(2*p.Value-p.Low)*(2*q.Value-q.High)))
	high := both + math.Sqrt(max(0, both*both-p.High*q.Low*(2*p.Value-p.High)*(2*q.Value-q.Low)))
	low, high = low/(q.High*(2*q.Value-q.High)), high/(q.Low*(2*q.Value-q.Low))
	if q.High >= 2*q.Value { // too little is known of the other share to bound the ratio from below so
		low = p.Low / q.High
	}
	e := Estimate{Value: p.Value/q.Value - 1, Low: max(0, low) - 1, High: high - 1}
	return e, e.finite()
}

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }
