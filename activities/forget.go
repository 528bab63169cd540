package activities

import (
	"strings"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// forget takes away what a model came to: nobody is to be judged by what is no longer asked for, or no longer true.
func forget(name string) finding {
	return func(c *profile.Computed, t teller) (changed, told bool) {
		affinity, isAffinity := strings.CutPrefix(name, store.AffinityModel)
		switch {
		case name == ReceptiveHours:
			changed, c.Receptive = len(c.Receptive) > 0, nil
		case name == BestChannel:
			changed, c.Channels = len(c.Channels) > 0, nil
		case isAffinity:
			if _, changed = c.Affinities[affinity]; changed {
				delete(c.Affinities, affinity)
				told = t.affinity(affinity)
			}
		default:
			if _, changed = c.Scores[name]; changed {
				delete(c.Scores, name)
				delete(c.Reasons, name)
				told = t.reads(name)
			}
		}
		return changed, told
	}
}

// forgetAll is the findings of people of whom nothing is to be known any more.
func forgetAll(name string, ids []string) map[string]finding {
	all := make(map[string]finding, len(ids))
	for _, id := range ids {
		all[id] = forget(name)
	}
	return all
}
