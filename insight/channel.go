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

// channelPrior is of how many messages what the population answers weighs as much.
const channelPrior = 10

// RankChannels orders the channels through which somebody got messages by the answers to be expected of the next one: their own rate, shrunk towards
// everybody's (a beta prior with everybody's rate as its mean). A channel that tells of nobody's answers, as short messages do, is not ranked.
func RankChannels(own, all map[string]Replies) []string {
	expected := map[string]float64{}
	for channel, population := range all {
		if population.Answered == 0 || population.Sent == 0 {
			continue
		}
		mine := own[channel]
		expected[channel] = (mine.Answered + channelPrior*population.Answered/population.Sent) / (mine.Sent + channelPrior)
	}
	return slices.SortedFunc(maps.Keys(expected), func(a, b string) int {
		return cmp.Or(cmp.Compare(expected[b], expected[a]), cmp.Compare(a, b))
	})
}
