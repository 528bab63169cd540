package insight_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixtapehq/mixtape/insight"
)

func TestChannelsAreRankedByAnswersAMessage(t *testing.T) {
	t.Parallel()
	all := map[string]insight.Replies{"email": {Sent: 1000, Answered: 100}, "push": {Sent: 500, Answered: 100}, "sms": {Sent: 300}}
	for name, c := range map[string]struct {
		own  map[string]insight.Replies
		want []string
	}{
		"a newcomer":                        {nil, []string{"push", "email"}},
		"who reads mail":                    {map[string]insight.Replies{"email": {Sent: 20, Answered: 12}, "push": {Sent: 20, Answered: 1}}, []string{"email", "push"}},
		"who opened the one mail there was": {map[string]insight.Replies{"email": {Sent: 1, Answered: 1}, "push": {Sent: 40, Answered: 16}}, []string{"push", "email"}},
	} {
		if got := insight.RankChannels(c.own, all); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// weeksOf are those of people who object by how many messages came.
func weeksOf(random *rand.Rand, n int, objects func(messages int) float64) (w insight.Weeks) {
	for range n {
		messages := random.IntN(8)
		w.Add(messages, random.Float64() < objects(messages))
	}
	return w
}

func TestFatigueIsOfferedWhereItIsSure(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	tired := weeksOf(random, 40_000, func(messages int) float64 {
		if messages > 3 {
			return 0.02
		}
		return 0.004
	})
	f, ok := tired.Tire()
	if !ok || f.Cap != 3 || f.Beyond.Value < 0.015 || f.Within.Value > 0.006 {
		t.Errorf("%+v, %v", f, ok)
	}
	offered := 0
	for range 100 {
		even := weeksOf(random, 3000, func(int) float64 { return 0.01 })
		if _, ok := even.Tire(); ok {
			offered++
		}
	}
	if offered > 10 { // five are allowed for; more than ten come by chance in one of a hundred runs
		t.Errorf("in %d of 100 worlds where nobody tires a cap is offered", offered)
	}
}
