package rules_test

import (
	"slices"
	"testing"

	"github.com/mixtapehq/mixtape/profile"
)

// A change concerns the rules that read what changed, by its name among the changed ones.
func TestChanges(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string][]string{
		`user.plan == "free" && user.age > 3`: {"age", "plan"},
		`in_segment("vip")`:                   {profile.SegmentChange("vip")},
		`score("churn") > 0.7`:                {profile.ScoreChange("churn")},
		`affinity("genre") == user.genre`:     {profile.AffinityChange("genre"), "genre"},
		`events("order").count() > 1`:         nil,
	} {
		reads := compile(t, rule).Reads()
		if got := reads.Changes(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}
