package insight_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/insight"
)

func days(all ...float64) (sent []time.Time) {
	for _, d := range all {
		sent = append(sent, monday().Add(time.Duration(d*24)*time.Hour))
	}
	return sent
}

// Each message counts by how many came in the seven days before it, until somebody has had enough.
func TestMessagesAreCountedByWhatCameBefore(t *testing.T) {
	t.Parallel()
	ends := monday().AddDate(0, 0, 60)
	for name, c := range map[string]struct {
		sent         []time.Time
		objected     float64 // days; 0: never
		from         float64
		all, objects map[int]int64
	}{
		"nobody objects":                 {sent: days(0, 1, 2, 9, 20), all: map[int]int64{1: 3, 2: 1, 3: 1}},
		"seven days ago is another week": {sent: days(0, 7), all: map[int]int64{1: 2}},
		"after the third":                {sent: days(0, 1, 2, 3), objected: 2.5, all: map[int]int64{1: 1, 2: 1, 3: 1}, objects: map[int]int64{3: 1}},
		"long after any":                 {sent: days(0, 1, 30), objected: 12, all: map[int]int64{1: 1, 2: 1}},
		"what was before is known":       {sent: days(0, 1, 2), from: 1.5, all: map[int]int64{3: 1}},
		"what came too late is not told": {sent: days(0, 59, 61), all: map[int]int64{1: 2}},
	} {
		var d, want insight.Doses
		objected := time.Time{}
		if c.objected > 0 {
			objected = days(c.objected)[0]
		}
		d.Follow(c.sent, objected, days(c.from)[0], ends)
		for dose, n := range c.all {
			want.All[dose] = n
		}
		for dose, n := range c.objects {
			want.Objected[dose] = n
		}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// listeners get one to eight messages a week for half a year, and object to each with a chance by its dose.
func listeners(random *rand.Rand, n int, objects func(dose int) float64) (d insight.Doses) {
	for range n {
		gap := 7 / float64(1+random.IntN(8))
		var sent []time.Time
		var objected time.Time
		for day := random.Float64(); day < 180 && objected.IsZero(); day += gap * (0.5 + random.Float64()) {
			sent = append(sent, days(day)[0])
			dose := 0
			for _, at := range sent {
				if at.After(sent[len(sent)-1].AddDate(0, 0, -7)) {
					dose++
				}
			}
			if random.Float64() < objects(dose) {
				objected = sent[len(sent)-1].Add(time.Minute)
			}
		}
		d.Follow(sent, objected, monday(), monday().AddDate(1, 0, 0))
	}
	return d
}

func TestFatigueIsOfferedWhereItIsSure(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	tired := listeners(random, 1500, func(dose int) float64 {
		if dose > 3 {
			return 0.01
		}
		return 0.002
	})
	f, ok := tired.Tire()
	if !ok || f.Cap != 3 || f.Beyond.Value < 0.007 || f.Within.Value > 0.003 || f.More.Low <= 0 {
		t.Errorf("%+v, %v", f, ok)
	}
	// Whoever gets more messages has more occasions to object, and that is no fatigue.
	offered := 0
	for range 100 {
		even := listeners(random, 150, func(int) float64 { return 0.005 })
		if _, ok := even.Tire(); ok {
			offered++
		}
	}
	if offered > 10 { // five are allowed for; more than ten come by chance in one of a hundred runs
		t.Errorf("in %d of 100 worlds where nobody tires a cap is offered", offered)
	}
}
