// Package rules_test measures one rule on one profile in memory, against the same predicate written in
// Go, in expr-lang/expr and in cel-go, in one run.
package rules_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/size"
)

const (
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	jsonVariable   = "MIXTAPE_BENCH_JSON" // a folder for the figures; empty: none are written
)

// turn is how long one side is measured in one round, about.
const turn = 20 * time.Millisecond

// BenchmarkRules is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkRules(b *testing.B) {
	for range b.N {
		report := measure(b, size.Of(b, roundsVariable, 15), turn)
		report.print(os.Stdout)
		report.save(b, os.Getenv(jsonVariable))
		for _, p := range report.Predicates {
			b.ReportMetric(p.OverExpr, "x_expr_"+p.metric())
		}
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestRules keeps the measurement in working order, and holds all sides to the same answers of everybody,
// the untidy ones included. It says nothing of speed.
func TestRules(t *testing.T) {
	t.Parallel()
	everybody := population(t)
	for _, q := range predicates() {
		sides, yes := q.sides(t), 0
		for _, p := range everybody {
			want := q.hand(p)
			for name, holds := range sides {
				if got := holds(p); got != want {
					t.Fatalf("%s: %s says %v of %v, by hand it is %v", q.name, name, got, p.facts.Profile.Attributes, want)
				}
			}
			if want {
				yes++
			}
		}
		if yes < people/10 || yes > people*9/10 {
			t.Errorf("%s is true of %d of %d: that asks little", q.name, yes, people)
		}
	}
	for _, p := range measure(t, 1, time.Millisecond).Predicates {
		for _, s := range p.Sides {
			if s.Median <= 0 {
				t.Errorf("%s, %s: nothing was measured", p.Name, s.Name)
			}
		}
	}
}

// measure lets the sides take turns, forwards and backwards. Asked about are those of whom everything is
// known: for expr and cel-go what is missing is an error, which is dear.
func measure(tb testing.TB, rounds int, turn time.Duration) *report {
	r := &report{Rounds: rounds}
	asked := slices.DeleteFunc(population(tb), func(p *someone) bool { return p.untidy })
	for _, q := range predicates() {
		all := q.sides(tb)
		f := figures{Name: q.name, Goal: q.goal}
		for _, name := range []string{ours, byHand, theirs, bare, metered} {
			f.Sides = append(f.Sides, side{Name: name, holds: all[name]})
		}
		for i := range f.Sides { // not counted: it warms up, and tells how much fits into a turn
			s := &f.Sides[i]
			s.passes = 1 + int(turn/max(time.Microsecond, s.pass(asked, 1)*time.Duration(len(asked))))
		}
		for round := range rounds {
			for i := range f.Sides {
				if round%2 == 1 {
					i = len(f.Sides) - 1 - i
				}
				s := &f.Sides[i]
				s.Nanoseconds = append(s.Nanoseconds, float64(s.pass(asked, s.passes*len(asked)))/float64(s.passes*len(asked)))
			}
		}
		r.Predicates = append(r.Predicates, f)
	}
	r.conclude()
	return r
}

// pass asks so many times and returns how long that took.
func (s *side) pass(asked []*someone, times int) time.Duration {
	yes := 0
	began := time.Now()
	for i := range times {
		if s.holds(asked[i%len(asked)]) {
			yes++
		}
	}
	took := time.Since(began)
	s.yes += yes // so that nobody can leave the asking out
	return took
}
