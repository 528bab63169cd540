package rules

// A rule must never hold up a walk. Without loops its cost is bounded by its length, and nothing
// is metered. With loops, a rule that could need absurdly many rounds is refused when it is
// compiled; all others pay for each round, and one that runs out is stopped and counts as false.
// The meter counts steps and reads no clock, so that the same facts always give the same verdict.
const (
	maxLoops = 6 // within each other
	// What a list and a history are taken to hold at most, when a rule's cost is bounded beforehand.
	mostElements  = float64(1_000)
	mostEvents    = float64(10_000)
	maxIterations = 1e8
	// budget is spent in steps of about ten nanoseconds: some tens of milliseconds in all.
	budget       = 3_000_000
	monthSteps   = 60 // of moving a date by months
	readSteps    = 60 // of reading a date or a length of time
	elementSteps = 10 // of making an element of a new list
)

// spend pays for some steps; false once the budget is gone.
func (r *run) spend(steps int64) bool {
	r.fuel -= steps
	if r.fuel < 0 {
		r.stopped = true
	}
	return !r.stopped
}

// spendText pays for putting together a text of so many bytes.
func (r *run) spendText(length int) bool {
	if length > maxText {
		r.stopped = true
	}
	return r.spend(int64(length / 16))
}
