package rules

// Every use of a value that moves with now notes when what was made of it can next change; the
// earliest of these notes is when the rule has to be looked at again. Parts that were not
// evaluated need no note: they matter only once one of the evaluated parts has changed.
// Instants are whole microseconds, so "later than t" first holds at t plus one.

// flipAt notes an instant; what is not after now is no news.
func (r *run) flipAt(us int64) {
	if us > r.now && us < r.flips && us <= lastInstant {
		r.flips = us
	}
}

// flipAfter notes a delay from now.
func (r *run) flipAfter(us int64) {
	if us <= longestSpan {
		r.flipAt(r.now + us)
	}
}

// compareMoving compares a distance with zero, and notes when the answer changes. distance grows
// by rate with each microsecond of now.
func (r *run) compareMoving(op comparison, distance, rate int64) bool {
	holds := op.holds(sign(distance))
	if rate == 0 {
		return holds
	}
	// The sign can change when zero is reached and one microsecond on; which of the two matters
	// depends on the operator.
	gap, speed := -distance, rate
	if rate < 0 {
		gap, speed = distance, -rate
	}
	for _, after := range [2]int64{ceilDiv(gap, speed), floorDiv(gap, speed) + 1} {
		if after > 0 && op.holds(sign(distance+rate*after)) != holds {
			r.flipAfter(after)
			break
		}
	}
	return holds
}

// leaves notes when a value that moves by rate leaves the range from low up to, but not including,
// high.
func (r *run) leaves(value, rate, low, high int64) {
	switch {
	case rate > 0:
		r.flipAfter(ceilDiv(high-value, rate))
	case rate < 0:
		r.flipAfter(floorDiv(value-low, -rate) + 1)
	}
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func floorDiv(n, d int64) int64 {
	q := n / d
	if n%d != 0 && n < 0 {
		q--
	}
	return q
}

func ceilDiv(n, d int64) int64 { return -floorDiv(-n, d) }
