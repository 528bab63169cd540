package insight

// Lift is what a journey did that would not have happened without it, measured against the people whom it left alone. A journey
// runs for ever and its lift is no race that ends when it is won, so these intervals are those of one look; those of
// experiments, which are stopped on them, hold at every look.
type Lift struct {
	Split   Split  `json:"split"`
	Claimed bool   `json:"claimed"` // false: Why says why nothing below is to be believed, and it is empty
	Why     string `json:"why,omitempty"`

	Rate        Estimate  `json:"rate"`               // the goal's rate above the held-out's, in points: 0.02 is two more of a hundred
	Relative    *Estimate `json:"relative,omitempty"` // times the held-out's, less one; nil: the held-out's is too near to nought to be a measure
	Conversions Estimate  `json:"conversions"`        // how many of those who were not held out converted on its account
	Head        Mean      `json:"head"`               // value a head above the held-out's
	Revenue     Estimate  `json:"revenue"`            // value on its account
	Cost        float64   `json:"cost"`               // of the messages that the treated got by the entry that is measured
	Profit      Estimate  `json:"profit"`             // revenue less cost
	ROI         *Estimate `json:"roi,omitempty"`      // profit for each unit of cost; nil: it cost nothing

	Unsubscribed Estimate `json:"unsubscribed"` // people who unsubscribed, share above the held-out's
	Complained   Estimate `json:"complained"`
}

// What keeps a lift from being claimed.
const (
	NoHoldout   = "nobody is held out, so there is nothing to measure against"
	NobodyYet   = "nobody has entered yet"
	BrokenSplit = "people were not shared out as the holdout says, so something loses some of them and the two groups cannot be compared"
)

// Measure compares the treated with the held-out. cost is that of all messages to the treated.
func Measure(treated, held Arm, cost float64, level float64) Lift {
	l := Lift{Split: CheckSplit([]Arm{treated, held}), Cost: cost}
	switch {
	case treated.People == 0 && held.People == 0:
		l.Why = NobodyYet
	case held.People == 0:
		l.Why = NoHoldout
	case l.Split.Broken:
		l.Why = BrokenSplit
	default:
		l.Claimed = true
	}
	if !l.Claimed {
		return l
	}
	people := float64(treated.People)
	l.Rate = RateDifference(treated, held, level)
	if ratio, ok := RateRatio(treated, held, level); ok {
		l.Relative = &ratio
	}
	l.Conversions = l.Rate.Times(people)
	l.Head = MeanDifference(treated, held, level)
	l.Revenue = l.Head.Difference.Times(people)
	l.Profit = l.Revenue.Plus(-cost)
	if cost > 0 {
		roi := l.Profit.Times(1 / cost)
		l.ROI = &roi
	}
	l.Unsubscribed = RateDifference(of(treated, treated.Unsubscribed), of(held, held.Unsubscribed), level)
	l.Complained = RateDifference(of(treated, treated.Complained), of(held, held.Complained), level)
	return l
}

// of is the arm with another count of people in place of the converted.
func of(a Arm, count int64) Arm {
	return Arm{Name: a.Name, Share: a.Share, People: a.People, Converted: count}
}
