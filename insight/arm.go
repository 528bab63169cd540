package insight

import (
	"maps"
	"slices"
)

// Moments are the sums of a quantity over people.
type Moments struct {
	N       int64   `json:"n"`
	Sum     float64 `json:"sum"`
	Squares float64 `json:"squares"`
}

// Add takes one person's quantity in.
func (m *Moments) Add(x float64) {
	m.N++
	m.Sum += x
	m.Squares += x * x
}

// Plus is both together.
func (m Moments) Plus(o Moments) Moments {
	return Moments{N: m.N + o.N, Sum: m.Sum + o.Sum, Squares: m.Squares + o.Squares}
}

// Mean is the quantity a head; of nobody it is 0.
func (m Moments) Mean() float64 {
	if m.N == 0 {
		return 0
	}
	return m.Sum / float64(m.N)
}

// Variance is the unbiased one; of fewer than two people it is 0.
func (m Moments) Variance() float64 {
	if m.N < 2 {
		return 0
	}
	n := float64(m.N)
	return max(0, (m.Squares-m.Sum*m.Sum/n)/(n-1)) // rounding may leave a little less than nothing
}

// Arm is what is known of the people of one variant, or of those held out. Each person is counted once, in the arm that they
// were put into, whatever they got of it: intention to treat.
type Arm struct {
	Name         string  `json:"name"`
	Share        float64 `json:"share"` // of all people, that it was meant to get, 0 to 1; 0: not known
	People       int64   `json:"people"`
	Converted    int64   `json:"converted"`
	Value        Moments `json:"value"`     // over all people; of those who did not convert it is 0
	Pre          Moments `json:"pre"`       // the same quantity before they were put into the arm, over those in whom it was measured
	PreValue     Moments `json:"pre_value"` // their value
	Product      float64 `json:"product"`   // the sum of their value times their quantity before
	Unsubscribed int64   `json:"unsubscribed"`
	Complained   int64   `json:"complained"`
	// Sent is how many messages the entries that are measured took, by channel, while their goal counted.
	Sent   map[string]int64 `json:"sent,omitempty"`
	Failed float64          `json:"failed"` // people who did not convert and will not: those whose time has passed, the others by the part of it that has
}

// Cost is what the arm's messages cost.
func (a Arm) Cost(costs map[string]float64) (all float64) {
	for _, channel := range slices.Sorted(maps.Keys(a.Sent)) {
		all += float64(a.Sent[channel]) * costs[channel]
	}
	return all
}

// Rate is the share of people who converted; of nobody it is 0.
func (a Arm) Rate() float64 { return share(a.Converted, a.People) }

func share(some, all int64) float64 {
	if all == 0 {
		return 0
	}
	return float64(some) / float64(all)
}
