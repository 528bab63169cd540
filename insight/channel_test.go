package insight_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mixtapehq/mixtape/insight"
)

// crowd are people whose rates of answering are a beta distribution's, each with so many messages.
func crowd(random *rand.Rand, people int, alpha, beta float64, messages func() int) (c insight.Crowd) {
	rates := distuv.Beta{Alpha: alpha, Beta: beta, Src: random}
	for range people {
		rate, n := rates.Rand(), messages()
		own := insight.Replies{Sent: float64(n)}
		for range n {
			if random.Float64() < rate {
				own.Answered++
			}
		}
		c.Add(own)
	}
	return c
}

func TestChannelsAreRankedByAnswersAMessage(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	ten := func() int { return 10 }
	all := map[string]insight.Crowd{
		"email": crowd(random, 2000, 1, 9, ten), "push": crowd(random, 2000, 2, 8, ten), "sms": {Replies: insight.Replies{Sent: 300}, People: 300, SentTwos: 300},
	}
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

// What the population weighs is how alike its people are.
func TestAPopulationWeighsByHowAlikeItsPeopleAre(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	few := func() int { return 1 + random.IntN(12) }
	for _, c := range []struct{ alpha, beta, low, high float64 }{
		{1, 9, 8, 12.5}, {2, 8, 8, 12.5}, {0.3, 2.7, 2.5, 3.6}, {5, 45, 40, 65},
		{1e6, 9e6, 150, 200}, // all are alike
	} {
		all := crowd(random, 20_000, c.alpha, c.beta, few)
		if got := all.Weighs(); got < c.low || got > c.high {
			t.Errorf("people with rates of beta(%v, %v) weigh %.1f messages, want %v to %v", c.alpha, c.beta, got, c.low, c.high)
		}
	}
	alone := crowd(random, 50, 1, 9, func() int { return 1 })
	if got := alone.Weighs(); got != 200 {
		t.Errorf("of people with one message each it is not known how they differ: %v", got)
	}
}
