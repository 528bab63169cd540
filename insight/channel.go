package insight

import (
	"cmp"
	"maps"
	"slices"
)

// Replies are messages through a channel, and how many of these a reader answered.
type Replies struct {
	Sent     float64 `json:"sent"`
	Answered float64 `json:"answered"`
}

// Crowd is how a population answers through a channel, as sums over its people.
type Crowd struct {
	Replies
	People   float64 `json:"people"`
	Squares  float64 `json:"squares"`   // of each the squared answers by the messages
	SentTwos float64 `json:"sent_twos"` // the squared messages
}

// Add takes somebody in who got messages.
func (c *Crowd) Add(r Replies) {
	if r.Sent <= 0 {
		return
	}
	c.Sent, c.Answered, c.People = c.Sent+r.Sent, c.Answered+r.Answered, c.People+1
	c.Squares += r.Answered * r.Answered / r.Sent
	c.SentTwos += r.Sent * r.Sent
}

// The bounds of how much a population weighs: with few people its moments may come out at anything.
const (
	weighsLeast = 1.0
	weighsMost  = 200.0
)

// Weighs is of how many own messages the population's rate weighs as much, by how much people differ: the precision of a beta distribution of their rates,
// by moments (J. C. Kleinman, "Proportions with Extraneous Variance: Single and Independent Samples", JASA 68, 1973, with each person weighted by
// their messages). Where all are alike it is much, where each is another little.
func (c *Crowd) Weighs() float64 {
	p := c.Answered / c.Sent
	even := p * (1 - p)
	room := even * (c.Sent - c.SentTwos/c.Sent - (c.People - 1))
	if room <= 0 {
		return weighsMost // nobody got a second message: nobody is known to differ
	}
	differ := (c.Squares - c.Sent*p*p - even*(c.People-1)) / room
	if differ <= 0 {
		return weighsMost
	}
	return clamp(1/differ-1, weighsLeast, weighsMost)
}

// RankChannels orders the channels through which somebody got messages by the answers to be expected of the next one: their own rate, shrunk towards
// everybody's (the posterior mean under that beta distribution). A channel that tells of nobody's answers, as short messages do, is not ranked.
func RankChannels(own map[string]Replies, all map[string]Crowd) []string {
	expected := map[string]float64{}
	for channel, population := range all {
		if population.Answered == 0 || population.Sent == 0 {
			continue
		}
		mine, weighs := own[channel], population.Weighs()
		expected[channel] = (mine.Answered + weighs*population.Answered/population.Sent) / (mine.Sent + weighs)
	}
	return slices.SortedFunc(maps.Keys(expected), func(a, b string) int {
		return cmp.Or(cmp.Compare(expected[b], expected[a]), cmp.Compare(a, b))
	})
}
