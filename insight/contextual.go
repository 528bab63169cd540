package insight

import (
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Context is what a variant may be chosen by, as features with their values: plan=free is 1, a number itself.
type Context map[string]float64

// contextBins is how many weights a belief has: features are hashed into them, so that an attribute with very many values cannot make it grow.
const contextBins = 64

// Belief is what is believed of a variant's logit: each weight normal, by itself. It is the regularised Bayesian logistic regression of O. Chapelle and L. Li,
// "An Empirical Evaluation of Thompson Sampling" (NIPS 2011), algorithm 3.
type Belief struct {
	Mean      []float64 `json:"mean"`
	Precision []float64 `json:"precision"`
}

// bin is where a feature's weight is; 0 is that of everybody's.
func bin(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // it never fails
	return 1 + int(h.Sum32()%(contextBins-1))
}

// row is a context as weights see it, in one order, so that all who fit it come to the same.
func (c Context) row() (bins []int, values []float64) {
	bins, values = []int{0}, []float64{1}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		bins, values = append(bins, bin(name)), append(values, c[name])
	}
	return bins, values
}

// outcome is somebody as a fit sees them.
type outcome struct {
	bins      []int
	x         []float64
	converted bool
}

// believe fits a belief to what came of people: gradient steps on the regularised likelihood, then the curvature there as precision.
func believe(people []Tried) Belief {
	b := Belief{Mean: make([]float64, contextBins), Precision: make([]float64, contextBins)}
	for i := range b.Precision {
		b.Precision[i] = 1
	}
	b.Precision[0] = 0.1 // of how it is for all, little is believed beforehand
	all := make([]outcome, len(people))
	for i, p := range people {
		all[i].bins, all[i].x = p.Context.row()
		all[i].converted = p.Converted
	}
	const steps = 30
	for range steps {
		gradient, curvature := make([]float64, contextBins), make([]float64, contextBins)
		for i := range gradient {
			gradient[i], curvature[i] = -b.Precision[i]*b.Mean[i], b.Precision[i]
		}
		for _, o := range all {
			q := sigmoid(b.logit(o.bins, o.x))
			miss := -q
			if o.converted {
				miss++
			}
			for k, i := range o.bins {
				gradient[i] += miss * o.x[k]
				curvature[i] += q * (1 - q) * o.x[k] * o.x[k] * float64(len(o.bins)) // steps for all weights at once must not overshoot
			}
		}
		for i := range gradient {
			b.Mean[i] += gradient[i] / curvature[i]
		}
	}
	for _, o := range all {
		q := sigmoid(b.logit(o.bins, o.x))
		for k, i := range o.bins {
			b.Precision[i] += o.x[k] * o.x[k] * q * (1 - q)
		}
	}
	return b
}

func (b *Belief) logit(bins []int, x []float64) (z float64) {
	for k, i := range bins {
		z += b.Mean[i] * x[k]
	}
	return z
}

// Tried is somebody who was drawn, and what came of it.
type Tried struct {
	Variant   string
	Chance    float64 // with which they were drawn
	Context   Context
	Converted bool
}

// Personal is what is believed of each variant, by what it may be chosen, and what choosing so promises.
type Personal struct {
	Beliefs map[string]Belief `json:"beliefs"`
	Gain    Estimate          `json:"gain"`   // conversions a head, above the best single variant
	Earned  bool              `json:"earned"` // the gain is sure: variants are chosen for the person
}

// fewestTried is of how many people there has to be an outcome before it is looked whether choosing for the person is better.
const fewestTried = 400

// LearnPersonal fits on every other person and judges on the rest: what choosing for the person would have brought there, by those who happened to be drawn what
// would have been chosen, each weighing as the inverse of their chance (self-normalised inverse propensity: A. Swaminathan, T. Joachims, NIPS 2015). It has earned to be used where the interval of
// its gain over the best single variant is above nought.
func LearnPersonal(variants []string, people []Tried) Personal {
	var half [2][]Tried
	for i, p := range people {
		half[i%2] = append(half[i%2], p)
	}
	fitted := Personal{Beliefs: beliefs(variants, half[0])}
	var chosen, single weighted
	if len(people) >= fewestTried {
		top := bestSingle(variants, half[0])
		for _, p := range half[1] {
			chosen.add(p, p.Variant == fitted.likeliest(variants, p.Context))
			single.add(p, p.Variant == top)
		}
		fitted.Gain = chosen.above(&single)
		fitted.Earned = fitted.Gain.Low > 0
	}
	fitted.Beliefs = beliefs(variants, people)
	return fitted
}

func beliefs(variants []string, people []Tried) map[string]Belief {
	by := map[string][]Tried{}
	for _, p := range people {
		by[p.Variant] = append(by[p.Variant], p)
	}
	all := map[string]Belief{}
	for _, v := range variants {
		all[v] = believe(by[v])
	}
	return all
}

func bestSingle(variants []string, people []Tried) string {
	best, top := variants[0], -1.0
	for _, v := range variants {
		var w weighted
		for _, p := range people {
			w.add(p, p.Variant == v)
		}
		if w.mean() > top {
			best, top = v, w.mean()
		}
	}
	return best
}

func (p *Personal) likeliest(variants []string, c Context) string {
	bins, x := c.row()
	best, top := "", math.Inf(-1)
	for _, v := range variants {
		b := p.Beliefs[v]
		if z := b.logit(bins, x); z > top {
			best, top = v, z
		}
	}
	return best
}

// weighted is a mean by inverse propensity.
type weighted struct{ weights, sum, squares float64 }

func (w *weighted) add(p Tried, counts bool) {
	if !counts || p.Chance <= 0 {
		return
	}
	weight := 1 / p.Chance
	w.weights += weight
	w.squares += weight * weight
	if p.Converted {
		w.sum += weight
	}
}

func (w *weighted) mean() float64 {
	if w.weights == 0 {
		return 0
	}
	return w.sum / w.weights
}

// above is the difference of two means, by how many people each is worth (Kish's effective size). It is looked at every minute, so its interval is one that holds at
// every look; that the two means share people is left out, which makes it wider.
func (w *weighted) above(o *weighted) Estimate {
	variance, people := 0.0, 0.0
	for _, x := range []*weighted{w, o} {
		if x.weights == 0 {
			return Estimate{Low: math.Inf(-1), High: math.Inf(1)}
		}
		size := x.weights * x.weights / x.squares
		variance += x.mean() * (1 - x.mean()) / size
		people += size
	}
	d, reach := w.mean()-o.mean(), sequenceReach(people, math.Sqrt(variance*people), 1-Level)
	return Estimate{Value: d, Low: d - reach, High: d + reach}
}

// personalDraws is by how many draws from the beliefs the chance of a variant is worked out.
const personalDraws = 200

// For are the chances with which variants are drawn for somebody: how often each is best, when weights are drawn from what is believed of them. lot gives numbers from
// 0 to 1 by name, the same for the same person, so that what is asked twice is answered alike.
func (p *Personal) For(variants []string, c Context, floor float64, lot func(name string, draw int) float64) []float64 {
	bins, x := c.row()
	// The sum of independent normals is one: its mean and deviation are all that a draw needs.
	mean, deviation := make([]float64, len(variants)), make([]float64, len(variants))
	for i, v := range variants {
		b, known := p.Beliefs[v]
		if !known {
			deviation[i] = 3 // a variant that is new
			continue
		}
		mean[i] = b.logit(bins, x)
		for k, at := range bins {
			deviation[i] += x[k] * x[k] / b.Precision[at]
		}
		deviation[i] = math.Sqrt(deviation[i])
	}
	wins := make([]float64, len(variants))
	for draw := range personalDraws {
		best, top := 0, math.Inf(-1)
		for i, v := range variants {
			if z := mean[i] + deviation[i]*distuv.UnitNormal.Quantile(clamp(lot(v, draw), 1e-9, 1-1e-9)); z > top {
				best, top = i, z
			}
		}
		wins[best] += 1.0 / personalDraws
	}
	return floored(wins, floor)
}
