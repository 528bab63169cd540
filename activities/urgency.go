package activities

import "github.com/mixtapehq/mixtape/journey"

// urgency is a send's priority as Temporal has it: 1 before 2 before 3, which is the usual, before 4. It
// tells which of the deliveries that wait for one provider goes first.
func urgency(p journey.Priority) int {
	switch p {
	case journey.Transactional:
		return 1
	case journey.High:
		return 2
	case journey.Low:
		return 4
	}
	return 0
}
