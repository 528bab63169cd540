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
