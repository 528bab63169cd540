package insight_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// people of whom it happens by the first two of three features.
func people(random *rand.Rand, n int) []insight.Sample {
	all := make([]insight.Sample, n)
	for i := range all {
		x := []float64{random.NormFloat64(), random.NormFloat64() * 3, random.NormFloat64()}
		all[i] = insight.Sample{Row: x, Happened: random.Float64() < 1/(1+math.Exp(-(-1+1.5*x[0]+0.5*x[1])))}
	}
	return all
}

func names() []string { return []string{"first", "second", "third"} }

func TestAModelThatBeatsItsBaselineIsUsed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	got := insight.Train(names(), people(random, 4000), people(random, 4000), 0)
	if !got.Promoted || got.Quality.AUC < 0.85 || got.Baseline.AUC > got.Quality.AUC {
		t.Fatalf("%+v", got)
	}
	// The weights are those of the world, in standard deviations.
	near(t, "the first weight", got.Model.Weights[0], 1.5, 0.2)
	near(t, "the second", got.Model.Weights[1], 1.5, 0.2)
	near(t, "the third", got.Model.Weights[2], 0, 0.15)
	for _, b := range got.Quality.Bins {
		slack := 4*math.Sqrt(0.25/float64(b.People)) + 0.02
		if math.Abs(b.Predicted-b.Happened) > slack {
			t.Errorf("of %d people %.3f were predicted and %.3f came", b.People, b.Predicted, b.Happened)
		}
	}
	reasons := got.Model.Reasons([]float64{2, 0, 5})
	if len(reasons) == 0 || reasons[0].Name != "first" || reasons[0].Adds <= 0 || len(reasons) > 3 {
		t.Errorf("the reasons are %+v", reasons)
	}
}

func TestAModelThatIsNoBetterIsNotUsed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	noise := func(n int) []insight.Sample {
		all := people(random, n)
		for i := range all {
			all[i].Happened = random.Float64() < 1/(1+math.Exp(-2*all[i].Row[0])) // by the baseline alone
		}
		return all
	}
	used := 0
	for range 40 {
		got := insight.Train(names(), noise(300), noise(300), 0)
		if got.Promoted {
			used++
		} else if !strings.Contains(got.Why, "not surely better than first alone") {
			t.Errorf("%s", got.Why)
		}
	}
	if used > 2 {
		t.Errorf("%d of 40 models that know no more than the baseline are used", used)
	}
	if got := insight.Train(names(), people(random, 20), people(random, 20), 0); got.Promoted || !strings.Contains(got.Why, "not enough") {
		t.Errorf("of twenty people: %+v", got)
	}
}

// A feature that was written after the outcome is found, and the model refused.
func TestALeakIsRefused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	planted := people(random, 2000)
	for i := range planted {
		planted[i].Row[2] = random.Float64()
		if planted[i].Happened {
			planted[i].Row[2] += 0.95 // "when they bought again"
		}
	}
	got := insight.Train(names(), planted, people(random, 2000), 0)
	if got.Promoted || !strings.Contains(got.Why, `"third" tells the outcome`) {
		t.Errorf("%+v", got)
	}
}

// By hand: of the four pairs three are in order, and one ties.
func TestAUCByHand(t *testing.T) {
	t.Parallel()
	near(t, "the area", insight.AUC([]insight.Scored{{0.9, true}, {0.5, true}, {0.5, false}, {0.1, false}}), 3.5/4, 1e-12)
	near(t, "of one kind", insight.AUC([]insight.Scored{{0.9, true}}), 0.5, 1e-12)
}

// Everybody came on the same day, within hours of each other, so how long they have been here tells nothing, and moves together: a week later the model has
// to say of the same people what it said.
func TestWhatAllHaveInCommonMovesNoScore(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 9))
	names := []string{"how long they have been here", "how often they were here"}
	rows, happened := make([][]float64, 500), make([]bool, 500)
	for i := range rows {
		often := random.NormFloat64()
		rows[i] = []float64{math.Log1p(100 + random.Float64()), often}
		happened[i] = random.Float64() < 1/(1+math.Exp(2-often))
	}
	model, ok := insight.FitLogistic(names, rows, happened, 10)
	if !ok {
		t.Fatal("no model")
	}
	for _, row := range rows {
		now, then := model.Score([]float64{math.Log1p(107.5), row[1]}), model.Score(row)
		if math.Abs(now-then) > 0.03 {
			t.Fatalf("a week later %.3f is %.3f, by %+v", then, now, model)
		}
	}
}
