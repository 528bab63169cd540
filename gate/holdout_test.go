package gate_test

import (
	"strconv"
	"testing"

	"github.com/mixtapehq/mixtape/gate"
)

func TestAHoldoutIsForEverAndAsLargeAsItSays(t *testing.T) {
	t.Parallel()
	const people = 100_000
	var small, large, both int
	for i := range people {
		id := "p" + strconv.Itoa(i)
		in, also, other := gate.HeldOut(0.1, "onboarding", id), gate.HeldOut(0.2, "onboarding", id), gate.HeldOut(0.1, "winback", id)
		if in && !also {
			t.Fatalf("%s left a holdout that grew", id)
		}
		small, large, both = small+one(in), large+one(also), both+one(in && other)
	}
	for _, share := range [][2]float64{{float64(small) / people, 0.1}, {float64(large) / people, 0.2}, {float64(both) / people, 0.01}} {
		if diff := share[0] - share[1]; diff > 0.005 || diff < -0.005 {
			t.Errorf("%.4f are held out, want %.2f", share[0], share[1])
		}
	}
	if gate.HeldOut(0, "a") || !gate.HeldOut(1, "a") {
		t.Error("none and all are not what they say")
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
