package insight

import (
	"cmp"
	"math"
	"slices"
)

// Scored is a prediction and what came of it.
type Scored struct {
	Score    float64
	Happened bool
}

// Quality is how good predictions were.
type Quality struct {
	People   int     `json:"people"`
	Happened int     `json:"happened"`
	AUC      float64 `json:"auc"`      // the chance that of two people the one to whom it happened has the higher score
	Brier    float64 `json:"brier"`    // mean squared error
	LogLoss  float64 `json:"log_loss"` // in nats
	Bins     []Bin   `json:"bins"`     // calibration
	// Better is the log loss that it saves a person beside its baseline, on the same people.
	Better *Estimate `json:"better,omitempty"`
}

// Bin is what was predicted of people with like scores, and what came.
type Bin struct {
	People    int     `json:"people"`
	Predicted float64 `json:"predicted"` // mean score
	Happened  float64 `json:"happened"`  // share
}

// AUC is the area under the receiver operating characteristic, by ranks; those who tie count half (J. A. Hanley, B. J. McNeil,
// "The Meaning and Use of the Area under a ROC Curve", Radiology 143, 1982).
func AUC(all []Scored) float64 {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Scored) int { return cmp.Compare(a.Score, b.Score) })
	var ranks, yes float64
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j].Score == sorted[i].Score {
			j++
		}
		rank := float64(i+j+1) / 2
		for ; i < j; i++ {
			if sorted[i].Happened {
				ranks += rank
				yes++
			}
		}
	}
	no := float64(len(sorted)) - yes
	if yes == 0 || no == 0 {
		return 0.5
	}
	return (ranks - yes*(yes+1)/2) / (yes * no)
}

// Judge is the quality of predictions.
func Judge(all []Scored) Quality {
	q := Quality{People: len(all), AUC: AUC(all)}
	const bins = 10
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Scored) int { return cmp.Compare(a.Score, b.Score) })
	for b := range bins {
		part := sorted[b*len(sorted)/bins : (b+1)*len(sorted)/bins]
		if len(part) == 0 {
			continue
		}
		bin := Bin{People: len(part)}
		for _, s := range part {
			bin.Predicted += s.Score / float64(len(part))
			q.LogLoss += s.logLoss()
			if s.Happened {
				bin.Happened += 1 / float64(len(part))
				q.Happened++
				q.Brier += (1 - s.Score) * (1 - s.Score)
			} else {
				q.Brier += s.Score * s.Score
			}
		}
		q.Bins = append(q.Bins, bin)
	}
	if n := float64(len(all)); n > 0 {
		q.Brier, q.LogLoss = q.Brier/n, q.LogLoss/n
	}
	return q
}

func (s Scored) logLoss() float64 {
	p := clamp(s.Score, 1e-9, 1-1e-9)
	if !s.Happened {
		p = 1 - p
	}
	return -math.Log(p)
}

// saved is how much log loss one prediction saves beside another of the same people, in the same order: paired, so that what makes all
// people hard to predict does not hide which prediction is better.
func saved(model, baseline []Scored) Estimate {
	var m Moments
	for i := range model {
		m.Add(baseline[i].logLoss() - model[i].logLoss())
	}
	if m.N < 2 {
		return Estimate{Low: math.Inf(-1), High: math.Inf(1)}
	}
	reach := quantile(Level) * math.Sqrt(m.Variance()/float64(m.N))
	return Estimate{Value: m.Mean(), Low: m.Mean() - reach, High: m.Mean() + reach}
}

// Leaks are the features that by themselves tell the outcome better than anything honest does: they were written after it, or by it.
func Leaks(names []string, rows [][]float64, happened []bool) []string {
	const tooGood = 0.985
	var all []string
	for j, name := range names {
		scored := make([]Scored, len(rows))
		for i, row := range rows {
			scored[i] = Scored{row[j], happened[i]}
		}
		if auc := AUC(scored); max(auc, 1-auc) > tooGood {
			all = append(all, name)
		}
	}
	return all
}
