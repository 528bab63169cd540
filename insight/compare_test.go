package insight_test

import (
	"math"
	"slices"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// P(B > A) of two Beta beliefs has a closed form (E. Miller, "Formulas for Bayesian A/B Testing", 2015).
func TestTheChanceToBeBest(t *testing.T) {
	t.Parallel()
	lbeta := func(a, b float64) float64 {
		x, _ := math.Lgamma(a)
		y, _ := math.Lgamma(b)
		z, _ := math.Lgamma(a + b)
		return x + y - z
	}
	a, b := insight.Arm{People: 120, Converted: 20}, insight.Arm{People: 100, Converted: 22}
	var want float64
	for i := range int(b.Converted) + 1 {
		k := float64(i)
		want += math.Exp(lbeta(21+k, 101+79) - math.Log(79+k) - lbeta(1+k, 79) - lbeta(21, 101))
	}
	got := insight.Best([]insight.Arm{a, b})
	near(t, "the chance of b", got[1], want, 0.001)
	near(t, "both chances", got[0]+got[1], 1, 1e-9)
	same := insight.Best([]insight.Arm{a, a, a})
	for _, p := range same {
		near(t, "one of three alike", p, 1.0/3, 1e-9)
	}
}

func TestAnExperimentSaysWhatItMay(t *testing.T) {
	t.Parallel()
	arm := func(name string, people, converted, unsubscribed int64) insight.Arm {
		a := insight.Arm{Name: name, Share: 1, People: people, Converted: converted, Unsubscribed: unsubscribed}
		a.Value = insight.Moments{N: people, Sum: float64(converted) * 10, Squares: float64(converted) * 100}
		return a
	}
	e := insight.Compare([]insight.Arm{arm("short", 10000, 1400, 30), arm("control", 10050, 1000, 30), arm("loud", 9950, 1010, 160)}, "control", false, 0.95)
	if !e.Claimed || e.Level != 0.975 {
		t.Fatalf("%+v", e)
	}
	short, control, loud := e.Variants[0], e.Variants[1], e.Variants[2]
	if short.Verdict != insight.Better || len(short.Harms) > 0 || !control.Control || control.Verdict != insight.Open || short.Best < 0.999 {
		t.Errorf("short %+v control %+v", short, control)
	}
	if loud.Verdict != insight.Open || !slices.Equal(loud.Harms, []string{insight.GuardUnsubscribed}) {
		t.Errorf("loud %+v", loud)
	}
	one := insight.RateSequence(short.Arm, control.Arm, 0.95)
	if !(short.Difference.Low < one.Low) {
		t.Error("the intervals of several variants are not wider than one's")
	}

	broken := insight.Compare([]insight.Arm{arm("short", 10000, 1400, 0), arm("control", 9000, 1000, 0)}, "control", false, 0.95)
	if broken.Claimed || broken.Why != insight.BrokenSplit || broken.Variants[0].Verdict != insight.Open {
		t.Errorf("a broken split still claims: %+v", broken)
	}
	if moved := insight.Compare(([]insight.Arm{arm("short", 10000, 1400, 0), arm("control", 9000, 1000, 0)}), "control", true, 0.95); !moved.Claimed {
		t.Error("a bandit's shares are taken for a broken lot")
	}
	if nobody := insight.Compare([]insight.Arm{arm("a", 0, 0, 0), arm("b", 0, 0, 0)}, "", false, 0.95); nobody.Claimed {
		t.Error("nobody proves something")
	}
}

func TestALiftIsMoneyAfterCosts(t *testing.T) {
	t.Parallel()
	treated := insight.Arm{Name: "treated", Share: 0.9, People: 90000, Converted: 9000, Value: insight.Moments{N: 90000, Sum: 180000, Squares: 9000 * 400}}
	held := insight.Arm{Name: "held_out", Share: 0.1, People: 10000, Converted: 800, Value: insight.Moments{N: 10000, Sum: 16000, Squares: 800 * 400}}
	l := insight.Measure(treated, held, 9000, 0.95)
	if !l.Claimed || l.Relative == nil || l.ROI == nil {
		t.Fatalf("%+v", l)
	}
	near(t, "the rate", l.Rate.Value, 0.02, 1e-12)
	near(t, "conversions", l.Conversions.Value, 1800, 1e-6)
	near(t, "relative", l.Relative.Value, 0.25, 1e-12)
	near(t, "a head", l.Head.Difference.Value, 0.4, 1e-12)
	near(t, "revenue", l.Revenue.Value, 36000, 1e-6)
	near(t, "profit", l.Profit.Value, 27000, 1e-6)
	near(t, "roi", l.ROI.Value, 3, 1e-9)
	if l.Revenue.Low <= 0 || l.Profit.Low != l.Revenue.Low-9000 || l.ROI.Low >= l.ROI.Value || l.ROI.High <= l.ROI.Value {
		t.Errorf("the intervals are %+v", l)
	}
	if free := insight.Measure(treated, held, 0, 0.95); free.ROI != nil {
		t.Error("what costs nothing has a return on it")
	}
	treated.People -= 4000
	if l := insight.Measure(treated, held, 9000, 0.95); l.Claimed || l.Why != insight.BrokenSplit || l.Conversions != (insight.Estimate{}) {
		t.Errorf("a broken split still claims: %+v", l)
	}
	if l := insight.Measure(treated, insight.Arm{Name: "held_out"}, 9000, 0.95); l.Claimed || l.Why != insight.NoHoldout {
		t.Errorf("without a holdout it claims %+v", l)
	}
}
