package rules_test

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// A sum is that of the numbers as they are written, in whichever order they come.
func TestASumIsThatOfDecimals(t *testing.T) {
	t.Parallel()
	sum := compileOne(t, `events("order").sum("total")`)
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.OneOf(
			rapid.Map(rapid.IntRange(-100_000, 100_000), func(n int) float64 { return float64(n) / 100 }),
			rapid.Float64Range(-1e300, 1e300), rapid.SampledFrom([]float64{0.1, 0.2, 1e15, 999_999_999.999999, 5e-324, 1e-7}),
		)).Draw(t, "numbers")
		total := new(big.Rat)
		for _, n := range numbers {
			r, _ := new(big.Rat).SetString(strconv.FormatFloat(n, 'g', -1, 64))
			total.Add(total, r)
		}
		want, _ := total.Float64()
		for range 2 {
			f := &rules.Facts{History: map[string][]profile.Event{}}
			for _, n := range numbers {
				f.History["order"] = append(f.History["order"], profile.Event{Properties: map[string]any{"total": n}})
			}
			if got, _, _ := sum.Value(f); got != want {
				t.Fatalf("the sum of %v is %v, want %v", numbers, got, want)
			}
			rand.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
		}
	})
}

func compileOne(t *testing.T, source string) *rules.Rule {
	t.Helper()
	rule, problems := newEnv(t).Compile(source, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
	for _, p := range problems {
		t.Fatal(p)
	}
	return rule
}
