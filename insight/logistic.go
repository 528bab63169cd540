package insight

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Logistic is a logistic regression: the chance that something happens, of standardised features. It is what is stored of a model.
type Logistic struct {
	Names   []string  `json:"names"`
	Mean    []float64 `json:"mean"`
	SD      []float64 `json:"sd"`
	Weights []float64 `json:"weights"`
	Bias    float64   `json:"bias"`
}

// Reason is what a feature adds to a score, in log-odds, against somebody of whom it is as usual.
type Reason struct {
	Name string
	Adds float64
}

const (
	newtonSteps = 50
	newtonEnd   = 1e-8
)

// FitLogistic fits by Newton's method with a ridge on the weights (J. S. Cox's likelihood; the ridge of S. le Cessie and J. C. van
// Houwelingen, "Ridge Estimators in Logistic Regression", Applied Statistics 41, 1992). The same rows give the same model. ok is
// false where there are too few rows, or only one of the two outcomes.
func FitLogistic(names []string, rows [][]float64, happened []bool, ridge float64) (m Logistic, ok bool) {
	n, k := len(rows), len(names)
	yes := 0
	for _, h := range happened {
		if h {
			yes++
		}
	}
	if n < 10*(k+1) || yes == 0 || yes == n {
		return Logistic{}, false
	}
	m = Logistic{Names: slices.Clone(names), Mean: make([]float64, k), SD: make([]float64, k), Weights: make([]float64, k)}
	m.standardise(rows)
	x := mat.NewDense(n, k+1, nil)
	for i, row := range rows {
		x.Set(i, 0, 1)
		for j := range k {
			x.Set(i, j+1, m.scaled(row, j))
		}
	}
	w := mat.NewVecDense(k+1, nil)
	w.SetVec(0, math.Log(float64(yes)/float64(n-yes)))
	gradient, hessian, step := mat.NewVecDense(k+1, nil), mat.NewSymDense(k+1, nil), mat.NewVecDense(k+1, nil)
	for range newtonSteps {
		gradient.Zero()
		hessian.Zero()
		for i := range n {
			row := x.RowView(i).(*mat.VecDense)
			p := sigmoid(mat.Dot(row, w))
			y := 0.0
			if happened[i] {
				y = 1
			}
			gradient.AddScaledVec(gradient, y-p, row)
			hessian.SymRankOne(hessian, p*(1-p), row)
		}
		for j := 1; j <= k; j++ { // the bias is left free
			gradient.SetVec(j, gradient.AtVec(j)-ridge*w.AtVec(j))
			hessian.SetSym(j, j, hessian.At(j, j)+ridge)
		}
		var chol mat.Cholesky
		if !chol.Factorize(hessian) || chol.SolveVecTo(step, gradient) != nil {
			return Logistic{}, false
		}
		w.AddVec(w, step)
		if mat.Norm(step, math.Inf(1)) < newtonEnd {
			break
		}
	}
	m.Bias = w.AtVec(0)
	for j := range k {
		m.Weights[j] = w.AtVec(j + 1)
	}
	return m, true
}

// leastSD keeps a feature small that hardly differs from one to the other, so that the ridge holds its weight down: where all came on the day of one
// import all have been here as long, and a week later, when the model is used, all are far from whatever it was fitted on. Features are logarithms and shares.
const leastSD = 0.1

func (m *Logistic) standardise(rows [][]float64) {
	n := float64(len(rows))
	for j := range m.Names {
		var sum, squares float64
		for _, row := range rows {
			sum += row[j]
		}
		m.Mean[j] = sum / n
		for _, row := range rows {
			squares += (row[j] - m.Mean[j]) * (row[j] - m.Mean[j])
		}
		m.SD[j] = max(leastSD, math.Sqrt(squares/n))
	}
}

func (m *Logistic) scaled(row []float64, j int) float64 { return (row[j] - m.Mean[j]) / m.SD[j] }

// Score is the chance by the model, 0 to 1.
func (m *Logistic) Score(row []float64) float64 {
	z := m.Bias
	for j := range m.Names {
		z += m.Weights[j] * m.scaled(row, j)
	}
	return sigmoid(z)
}

// Reasons are the features that move a score most, the strongest first, at most three.
func (m *Logistic) Reasons(row []float64) []Reason {
	var all []Reason
	for j, name := range m.Names {
		if adds := m.Weights[j] * m.scaled(row, j); math.Abs(adds) > 0.05 {
			all = append(all, Reason{name, adds})
		}
	}
	slices.SortFunc(all, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Adds), math.Abs(a.Adds)), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(3, len(all))]
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
