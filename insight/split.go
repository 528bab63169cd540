package insight

import "gonum.org/v1/gonum/stat/distuv"

// splitAlarm is how improbable a split must be to be called broken: a false alarm stops people from believing a sound result,
// so it is stricter than an ordinary test (Fabijan and others, "Diagnosing Sample Ratio Mismatch in Online Controlled
// Experiments", KDD 2019, who use 0.0005).
const splitAlarm = 0.0005

// Split says whether people were shared out as was meant. If not, something between the lot and the count loses some of them,
// and whatever the arms then differ in may be that.
type Split struct {
	Known    bool      `json:"known"` // the shares that were meant are known, and there are people
	Broken   bool      `json:"broken"`
	P        float64   `json:"p"`        // how often chance alone shares out as badly, or worse
	Expected []float64 `json:"expected"` // people of each arm
}

// CheckSplit compares the people of arms with the shares that these were meant to get, by Pearson's chi-squared test.
func CheckSplit(arms []Arm) Split {
	var people, shares float64
	for _, a := range arms {
		if a.Share <= 0 && a.People > 0 {
			return Split{P: 1}
		}
		people += float64(a.People)
		shares += a.Share
	}
	if people == 0 || shares <= 0 || len(arms) < 2 {
		return Split{P: 1}
	}
	s := Split{Known: true, Expected: make([]float64, len(arms))}
	var x, freedom float64
	for i, a := range arms {
		if a.Share <= 0 {
			continue
		}
		e := people * a.Share / shares
		s.Expected[i] = e
		x += (float64(a.People) - e) * (float64(a.People) - e) / e
		freedom++
	}
	if freedom < 2 {
		return Split{P: 1}
	}
	s.P = distuv.ChiSquared{K: freedom - 1}.Survival(x)
	s.Broken = s.P < splitAlarm
	return s
}
