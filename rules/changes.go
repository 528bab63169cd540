package rules

import (
	"slices"

	"github.com/mixtapehq/mixtape/profile"
)

// Changes are the names which, among those that changed with an event, concern a rule: attributes, and
// what the profile is in, scores and likes as package profile names their changes. Sorted. Where All is
// set every name concerns it.
func (r Reads) Changes() []string {
	all := slices.Clone(r.Attributes)
	for _, segment := range r.Segments {
		all = append(all, profile.SegmentChange(segment))
	}
	for _, score := range r.Scores {
		all = append(all, profile.ScoreChange(score))
	}
	for _, affinity := range r.Affinities {
		all = append(all, profile.AffinityChange(affinity))
	}
	return set(all)
}
