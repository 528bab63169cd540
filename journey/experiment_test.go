package journey_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

func experiment(t *testing.T, name, id string, weights ...float64) *journey.Journey {
	t.Helper()
	variants := ""
	for i, w := range weights {
		variants += fmt.Sprintf("{name: v%d, weight: %g, steps: [{id: s%d, exit: x}]}, ", i, w, i)
	}
	return compiled(t, fmt.Sprintf(`{journey: %s, entry: {event: go}, steps: [{id: %s, experiment: {variants: [%s]}}]}`, name, id, variants))
}

// drawn is the variant of a profile.
func drawn(j *journey.Journey, id, person string) string {
	s := j.Begin(happened(1, "go", at(0), nil), at(0))
	j.Next(s, journey.Facts{Now: at(0), Profile: &profile.Profile{ID: person}})
	name, _ := s.Results[id].(string)
	return name
}

const drawers = 100_000

func TestVariantsComeByTheirWeights(t *testing.T) {
	t.Parallel()
	weights := []float64{50, 30, 15, 5}
	j := experiment(t, "a", "offer", weights...)
	counts := map[string]int{}
	for i := range drawers {
		counts[drawn(j, "offer", fmt.Sprint("p", i))]++
	}
	for i, w := range weights {
		got, want := float64(counts[fmt.Sprint("v", i)])/drawers, w/100
		if math.Abs(got-want) > 0.005 {
			t.Errorf("v%d came %.4f of the time, want %.4f", i, got, want)
		}
	}
}

func TestExperimentsAreIndependent(t *testing.T) {
	t.Parallel()
	first, second, other := experiment(t, "a", "offer", 1, 1), experiment(t, "a", "hour", 1, 1), experiment(t, "b", "offer", 1, 1)
	var both, elsewhere int
	for i := range drawers {
		person := fmt.Sprint("p", i)
		v := drawn(first, "offer", person)
		if drawn(second, "hour", person) == v {
			both++
		}
		if drawn(other, "offer", person) == v {
			elsewhere++
		}
	}
	for what, n := range map[string]int{"another step": both, "another journey": elsewhere} {
		if share := float64(n) / drawers; math.Abs(share-0.5) > 0.005 {
			t.Errorf("%s draws the same for %.4f of the profiles, want half", what, share)
		}
	}
}

// Growing one variant takes from all others alike and moves nobody between them; the order in the
// file does not count.
func TestGrowingAVariantMovesNobodyBetweenTheOthers(t *testing.T) {
	t.Parallel()
	before, after := experiment(t, "a", "offer", 1, 1, 1), experiment(t, "a", "offer", 1, 1, 4)
	left := map[string]int{}
	for i := range drawers {
		person := fmt.Sprint("p", i)
		was, is := drawn(before, "offer", person), drawn(after, "offer", person)
		switch {
		case was == is:
		case is != "v2":
			t.Fatalf("%s moved from %s to %s, and v2 grew", person, was, is)
		default:
			left[was]++
		}
	}
	if d := math.Abs(float64(left["v0"]-left["v1"])) / drawers; d > 0.005 {
		t.Errorf("they left unevenly: %v", left)
	}
}

// A bandit draws by what it has learned, keeps whom it has drawn, and says with which chance.
func TestABanditDrawsByWhatItHasLearned(t *testing.T) {
	t.Parallel()
	source := `{journey: a, entry: {event: go}, steps: [{id: offer, experiment: {assign: %s, metric: bought, variants: [{name: v0, steps: [{id: s0, exit: x}]}, {name: v1, weight: 3, steps: [{id: s1, exit: x}]}]}}]}`
	bandit, fixed := compiled(t, fmt.Sprintf(source, "bandit")), compiled(t, fmt.Sprintf(source, "fixed"))
	draw := func(j *journey.Journey, person string, weights map[string]float64, before string) journey.Draw {
		s := j.Begin(happened(1, "go", at(0), nil), at(0))
		f := journey.Facts{Now: at(0), Profile: &profile.Profile{ID: person}, Weights: map[string]map[string]float64{"offer": weights}}
		if before != "" {
			f.Assigned = map[string]string{"offer": before}
		}
		a := j.Next(s, f)
		if len(a.Drawn) != 1 || a.Drawn[0].Metric != "bought" || s.Results["offer"] != a.Drawn[0].Variant {
			t.Fatalf("%+v", a)
		}
		return a.Drawn[0]
	}
	learned := map[string]float64{"v0": 0.9, "v1": 0.1}
	counts := map[string]int{}
	for i := range 20_000 {
		d := draw(bandit, fmt.Sprint("p", i), learned, "")
		counts[d.Variant]++
		if d.Chance != learned[d.Variant] {
			t.Fatalf("%+v was drawn with another chance", d)
		}
	}
	if share := float64(counts["v0"]) / 20_000; math.Abs(share-0.9) > 0.01 {
		t.Errorf("v0 came %.3f of the time, want 0.9", share)
	}
	for i := range 100 {
		person := fmt.Sprint("p", i)
		if d := draw(bandit, person, learned, "v1"); d.Variant != "v1" {
			t.Fatalf("whoever had v1 got %+v", d)
		}
		if d := draw(bandit, person, nil, "gone"); d.Chance != map[string]float64{"v0": 0.25, "v1": 0.75}[d.Variant] {
			t.Fatalf("a variant that is no more, and nothing learned: %+v", d)
		}
		if a, b := draw(fixed, person, learned, ""), draw(fixed, person, nil, ""); a.Variant != b.Variant || a.Chance != b.Chance {
			t.Fatalf("fixed shares follow what was learned: %+v, %+v", a, b)
		}
	}
}
