package insight_test

import (
	"math/rand/v2"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

// tastesDiffer is a world in which people of one plan like one variant, and those of the other the other; alike, where they do not.
func tried(random *rand.Rand, n int, alike bool) []insight.Tried {
	all := make([]insight.Tried, n)
	for i := range all {
		plan := []string{"free", "paid"}[random.IntN(2)]
		v := []string{"a", "b"}[random.IntN(2)]
		rate := 0.1
		if !alike && (plan == "free") == (v == "a") {
			rate = 0.3
		}
		if alike && v == "a" {
			rate = 0.2
		}
		all[i] = insight.Tried{Variant: v, Chance: 0.5, Converted: random.Float64() < rate, Context: insight.Context{"plan=" + plan: 1, "noise": random.Float64()}}
	}
	return all
}

func TestChoosingForThePersonHasToEarnIt(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	variants := []string{"a", "b"}
	lot := func(string, int) float64 { return random.Float64() }
	differ := insight.LearnPersonal(variants, tried(random, 4000, false))
	if !differ.Earned || differ.Gain.Value < 0.05 || differ.Gain.Value > 0.15 { // the truth is 0.1
		t.Errorf("where tastes differ it gains %+v", differ.Gain)
	}
	for plan, best := range map[string]int{"free": 0, "paid": 1} {
		w := differ.For(variants, insight.Context{"plan=" + plan: 1, "noise": 0.5}, 0.05, lot)
		if w[best] < 0.9 || w[1-best] < 0.05-1e-9 {
			t.Errorf("for %s it draws by %v", plan, w)
		}
	}
	earned := 0
	for range 40 {
		if insight.LearnPersonal(variants, tried(random, 1000, true)).Earned {
			earned++
		}
	}
	if earned > 4 {
		t.Errorf("in %d of 40 worlds where all are alike it has earned to be used", earned)
	}
	if few := insight.LearnPersonal(variants, tried(random, 100, false)); few.Earned {
		t.Errorf("by a hundred people it gains %+v", few.Gain)
	}
	// Of a variant that is new nothing is believed, and it gets its chance.
	if w := differ.For([]string{"a", "b", "new"}, insight.Context{"plan=free": 1}, 0.05, lot); w[2] < 0.05 {
		t.Errorf("%v", w)
	}
}
