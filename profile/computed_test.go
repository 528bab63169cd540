package profile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
)

func findings(t *rapid.T) profile.Findings {
	names := rapid.SampledFrom([]string{"churn", "genre", "x"})
	return profile.Findings{
		Scores:     rapid.MapOf(names, rapid.Ptr(rapid.SampledFrom([]float64{0, 0.5, 1}), true)).Draw(t, "scores"),
		Affinities: rapid.MapOf(names, rapid.Ptr(rapid.SampledFrom([]string{"jazz", "folk"}), true)).Draw(t, "affinities"),
	}
}

// Afterwards is known what was found, and what was not looked for as before; just what changed is
// named; the same findings again change nothing.
func TestSetComputed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &profile.Profile{}
		profile.SetComputed(p, findings(t))
		scores, affinities := map[string]float64{}, map[string]string{}
		for k, v := range p.Computed.Scores {
			scores[k] = v
		}
		for k, v := range p.Computed.Affinities {
			affinities[k] = v
		}
		found := findings(t)
		var want []string
		for name, v := range found.Scores {
			old, had := scores[name]
			if v == nil && had || v != nil && (!had || old != *v) {
				want = append(want, profile.ScoreChange(name))
			}
			delete(scores, name)
			if v != nil {
				scores[name] = *v
			}
		}
		for name, v := range found.Affinities {
			old, had := affinities[name]
			if v == nil && had || v != nil && (!had || old != *v) {
				want = append(want, profile.AffinityChange(name))
			}
			delete(affinities, name)
			if v != nil {
				affinities[name] = *v
			}
		}
		slices.Sort(want)
		if got := profile.SetComputed(p, found); !slices.Equal(got, want) {
			t.Errorf("changed %q, want %q", got, want)
		}
		if len(p.Computed.Scores)+len(scores) > 0 && !cmp.Equal(p.Computed.Scores, scores) ||
			len(p.Computed.Affinities)+len(affinities) > 0 && !cmp.Equal(p.Computed.Affinities, affinities) {
			t.Errorf("%+v, want %v and %v", p.Computed, scores, affinities)
		}
		if again := profile.SetComputed(p, found); len(again) > 0 {
			t.Errorf("found again %q change", again)
		}
	})
}

func TestCheckFindings(t *testing.T) {
	t.Parallel()
	half, more, less, nothing, jazz, long := 0.5, 1.01, -0.01, "", "jazz", strings.Repeat("é", 201)
	for _, good := range []profile.Findings{
		{}, {Scores: map[string]*float64{"churn": &half, "x": nil}, Affinities: map[string]*string{"genre": &jazz, "x": nil}},
	} {
		if bad := profile.CheckFindings(good); bad != nil {
			t.Error(bad)
		}
	}
	for words, f := range map[string]profile.Findings{
		"scores.churn is 1.01; write a number from 0 to 1": {Scores: map[string]*float64{"churn": &more}},
		"scores.churn is -0.01;":                           {Scores: map[string]*float64{"churn": &less}},
		"scores has an empty name":                         {Scores: map[string]*float64{" ": &half}},
		"affinities has a name of 201 characters":          {Affinities: map[string]*string{long: &jazz}},
		"affinities.genre is empty":                        {Affinities: map[string]*string{"genre": &nothing}},
		"affinities.genre is 201 characters long":          {Affinities: map[string]*string{"genre": &long}},
	} {
		if bad := profile.CheckFindings(f); bad == nil || !strings.HasPrefix(bad.Error(), words) {
			t.Errorf("%v, want %s", bad, words)
		}
	}
}

// What was worked out of both is known of the one they turn out to be, within the limit.
func TestMergeKeepsWhatWasWorkedOut(t *testing.T) {
	t.Parallel()
	a, b := &profile.Profile{ID: "a"}, &profile.Profile{ID: "b"}
	a.Computed = profile.Computed{Scores: map[string]float64{"churn": 0.1, "buys": 0.2}, Affinities: map[string]string{"genre": "folk"}, Receptive: []float64{1}}
	b.Computed = profile.Computed{Scores: map[string]float64{"churn": 0.9}}
	want := profile.Computed{Scores: map[string]float64{"churn": 0.9, "buys": 0.2}, Affinities: map[string]string{"genre": "folk"}, Receptive: []float64{1}}
	if diff := cmp.Diff(want, profile.Merge(a, b).Computed); diff != "" {
		t.Error(diff)
	}
	for i := range profile.MaxComputed {
		a.Computed.Scores[fmt.Sprint("a", i)] = 0.5
		b.Computed.Scores[fmt.Sprint("b", i)] = 0.5
	}
	delete(b.Computed.Scores, "churn")
	merged := profile.Merge(a, b).Computed
	if bad := profile.CheckComputed(merged); bad != nil || len(merged.Scores) != profile.MaxComputed || merged.Scores["b7"] != 0.5 {
		t.Errorf("%v: %d", bad, len(merged.Scores))
	}
	if bad := profile.CheckComputed(b.Computed); bad != nil {
		t.Error(bad)
	}
	b.Computed.Scores["churn"] = 1
	if bad := profile.CheckComputed(b.Computed); bad == nil {
		t.Error("there may be any number of scores")
	}
}
