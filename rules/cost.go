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
	monthSteps   = 60  // of moving a date by months
	readSteps    = 60  // of reading a date or a length of time
	elementSteps = 10  // of making an element of a new list
	clockSteps   = 20  // of reading a clock
	lookupSteps  = 3   // of finding a field by its name
	callSteps    = 5   // of calling a function beyond its arguments
	entrySteps   = 10  // of going over a map, or filling one, for each of its entries
	decimalSteps = 300 // of reckoning with a number as it is written
	mapSteps     = 80  // of making a map
	longText     = 256 // bytes; to go over a shorter text is in the price of whatever does it
)

// spend pays for some steps; false once the budget is gone.
func (r *run) spend(steps int64) bool {
	r.fuel -= steps
	if r.fuel < 0 {
		r.stopped = true
	}
	return !r.stopped
}

// scan pays for comparing or hashing a text of so many bytes.
func (r *run) scan(length int) bool { return length < longText || r.spend(int64(length/64)) }

// read pays for going over a text character by character.
func (r *run) read(length int) bool { return r.spend(int64(length) + callSteps) }

// spendText pays for putting together a text of so many bytes.
func (r *run) spendText(length int) bool {
	if length > maxText {
		r.stopped = true
	}
	return r.spend(int64(length / 16))
}
