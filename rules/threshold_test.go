package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/rules"
)

func TestThresholdsOfScores(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		At  map[string][]float64
		Any map[string]bool
	}{
		`score("churn") > 0.7`: {map[string][]float64{"churn": {0.7}}, map[string]bool{}},
		"where: score('churn') >= 0.7 && user.vip\n  - when: !(score(\"churn\")<0.2) || score(\"buyer\") > 0.5": {map[string][]float64{"churn": {0.7, 0.2}, "buyer": {0.5}}, map[string]bool{}},
		`1.0 - score("churn") > 0.7`:                  {map[string][]float64{}, map[string]bool{"churn": true}},
		`score("churn") > 0.7 + user.margin`:          {map[string][]float64{}, map[string]bool{"churn": true}},
		`score("churn") > user.limit`:                 {map[string][]float64{}, map[string]bool{"churn": true}},
		`has(score("churn")) && score("churn") > 0.5`: {map[string][]float64{"churn": {0.5}}, map[string]bool{"churn": true}},
		`events("score").count() > 1`:                 {map[string][]float64{}, map[string]bool{}},
		`when: score("churn") > 0.7 ? 1 : 2`:          {map[string][]float64{"churn": {0.7}}, map[string]bool{}},
	} {
		at, any := rules.Thresholds(text)
		if diff := cmp.Diff(want.At, at); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
		if diff := cmp.Diff(want.Any, any); diff != "" {
			t.Errorf("%s, any:\n%s", text, diff)
		}
	}
}
