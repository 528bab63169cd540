package insight

import "slices"

// Comparison is one variant beside the control.
type Comparison struct {
	Arm        Arm         `json:"arm"`
	Rate       Estimate    `json:"rate"` // its own, by the score method
	Difference Estimate    `json:"difference"`
	Relative   float64     `json:"relative"` // difference as a share of the control's rate; 0 where that is 0
	Value      Mean        `json:"value"`    // value a head above the control's
	Best       float64     `json:"best"`     // the chance that it has the highest rate of all
	BestValue  float64     `json:"best_value"`
	Harms      []string    `json:"harms,omitempty"` // guardrails that it is surely worse in
	Control    bool        `json:"control"`
	Verdict    Verdict     `json:"verdict"`
	Guards     [2]Estimate `json:"guards"` // unsubscribed and complained, shares above the control's
}

// Verdict is what may be said of a variant.
type Verdict string

// The verdicts.
const (
	Better Verdict = "better"
	Worse  Verdict = "worse"
	Open   Verdict = "undecided" // the interval holds nought
)

// Experiment is what may be said of an experiment at a look, however often one looks.
type Experiment struct {
	Split    Split        `json:"split"`
	Claimed  bool         `json:"claimed"`
	Why      string       `json:"why,omitempty"`
	Variants []Comparison `json:"variants"`
	Level    float64      `json:"level"` // of each interval, so that all together hold with the one that was asked for
}

// Guardrails, by the place of their estimate.
const (
	GuardUnsubscribed = "unsubscribed"
	GuardComplained   = "complained"
)

// Compare holds the variants against the control: the one of that name, else the first. All intervals hold at every look and
// together: with k comparisons each has k times less room for error (Bonferroni), which for confidence sequences
// costs little. adaptive says that the shares were moved by a bandit: then they prove nothing about the lot.
func Compare(arms []Arm, control string, adaptive bool, level float64) Experiment {
	e := Experiment{Claimed: true}
	if !adaptive {
		e.Split = CheckSplit(arms)
	}
	others := max(1, len(arms)-1)
	e.Level = 1 - (1-level)/float64(others)
	base := max(0, slices.IndexFunc(arms, func(a Arm) bool { return a.Name == control }))
	switch {
	case len(arms) < 2 || allEmpty(arms):
		e.Claimed, e.Why = false, NobodyYet
	case e.Split.Broken:
		e.Claimed, e.Why = false, BrokenSplit
	}
	var chances, values []float64
	if e.Claimed {
		chances, values = Best(arms), BestValue(arms)
	}
	for i, a := range arms {
		c := Comparison{Arm: a, Rate: Rate(a.Converted, a.People, level), Control: i == base, Verdict: Open}
		if e.Claimed {
			c.Best, c.BestValue = chances[i], values[i]
			if !c.Control {
				c.against(arms[base], e.Level)
			}
		}
		e.Variants = append(e.Variants, c)
	}
	return e
}

func (c *Comparison) against(control Arm, level float64) {
	c.Difference = RateSequence(c.Arm, control, level)
	if rate := control.Rate(); rate > 0 {
		c.Relative = c.Difference.Value / rate
	}
	c.Value = MeanSequence(c.Arm, control, level)
	switch {
	case c.Difference.Low > 0:
		c.Verdict = Better
	case c.Difference.High < 0:
		c.Verdict = Worse
	}
	c.Guards[0] = RateSequence(of(c.Arm, c.Arm.Unsubscribed), of(control, control.Unsubscribed), level)
	c.Guards[1] = RateSequence(of(c.Arm, c.Arm.Complained), of(control, control.Complained), level)
	for i, name := range []string{GuardUnsubscribed, GuardComplained} {
		if c.Guards[i].Low > 0 {
			c.Harms = append(c.Harms, name)
		}
	}
}

func allEmpty(arms []Arm) bool {
	return !slices.ContainsFunc(arms, func(a Arm) bool { return a.People > 0 })
}
