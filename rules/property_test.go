package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/rules"
)

// compileDrawn compiles a drawn rule. What the language refuses on purpose is drawn anew.
func compileDrawn(t *rapid.T, env *rules.Env, src string) *rules.Rule {
	rule, problems := env.Compile(src, rules.Position{File: "drawn", Line: 1, Column: 1}, rules.ScopeStep)
	for _, p := range problems {
		t.Fatalf("%s\n%s", src, p)
	}
	return rule
}

func newEnv(tb testing.TB, opts ...rules.Option) *rules.Env {
	tb.Helper()
	env, err := rules.New(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return env
}

// A rule says what the reference says.
func TestRulesMeanWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		w, x := drawWorld(t), drawBool(t, rapid.IntRange(0, 4).Draw(t, "depth"), scope{})
		got := compileDrawn(t, env, x.src).Holds(w.facts())
		if got.Stopped {
			t.Fatalf("%s was stopped", x.src)
		}
		if want := x.truth(w); got.True != want {
			t.Fatalf("%s\nis %v, want %v\nat %s in %v", x.src, got.True, want, w.now, w)
		}
	})
}

// Until the instant at which it says it may flip, a verdict holds.
func TestAVerdictHoldsUntilItFlips(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		w, x := drawWorld(t), drawBool(t, rapid.IntRange(0, 4).Draw(t, "depth"), scope{})
		rule := compileDrawn(t, env, x.src)
		v := rule.Holds(w.facts())
		end := v.FlipsAt
		if end.IsZero() {
			end = w.now.AddDate(1, 0, 0)
		} else if !end.After(w.now) {
			t.Fatalf("%s flips at %s, which is not after now, %s", x.src, end, w.now)
		}
		for _, at := range instants(t, w, end) {
			if got := x.truth(w.at(at)); got != v.True {
				t.Fatalf("%s\nis %v at %s and said to stay so until %s, but is %v at %s", x.src, v.True, w.now, v.FlipsAt, got, at)
			}
		}
	})
}

// A value is what the reference says, and stays so until it says it may change.
func TestAValueHoldsUntilItChanges(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		w, x := drawWorld(t), drawValue(t, rapid.IntRange(0, 4).Draw(t, "depth"), scope{})
		got, ok, end := compileDrawn(t, env, x.src).Value(w.facts())
		if end.IsZero() {
			end = w.now.AddDate(1, 0, 0)
		}
		for _, at := range instants(t, w, end) {
			if want := x.eval(w.at(at)); !cmp.Equal(want, got) || ok != (want != nil) {
				t.Fatalf("%s\nis %v at %s until %s, but is %v at %s", x.src, got, w.now, end, want, at)
			}
		}
	})
}

// instants are those from now up to, but not including, the end at which something could happen:
// around it, around every event's leaving a window, at full hours, and anywhere.
func instants(t *rapid.T, w world, end time.Time) []time.Time {
	all := []time.Time{w.now, w.now.Add(time.Microsecond), end.Add(-time.Microsecond)}
	for _, h := range w.history {
		for _, e := range h {
			for hours := range 100 {
				at := e.Time.Add(time.Duration(hours) * time.Hour)
				all = append(all, at.Add(-time.Microsecond), at, at.Add(time.Microsecond))
			}
		}
	}
	for _, v := range w.attrs {
		if d, ok := refDate(v, w.zone); ok {
			for hours := range 100 {
				at := d.Add(time.Duration(hours) * time.Hour)
				all = append(all, at, at.Add(time.Microsecond), d.Add(-time.Duration(hours)*time.Hour))
			}
		}
	}
	for i := range 12 {
		midnight := calendar.NextDay(w.now.AddDate(0, 0, i), w.zone)
		all = append(all, midnight.Add(-time.Microsecond), midnight)
	}
	for i := range 24 * 8 {
		full := w.now.Truncate(time.Hour).Add(time.Duration(i) * 15 * time.Minute)
		all = append(all, full.Add(-time.Microsecond), full)
	}
	for range 20 {
		all = append(all, w.now.Add(time.Duration(rapid.Int64Range(0, end.Sub(w.now).Microseconds()).Draw(t, "later"))*time.Microsecond))
	}
	kept := all[:0]
	for _, at := range all {
		if !at.Before(w.now) && at.Before(end) {
			kept = append(kept, at)
		}
	}
	return kept
}

// One comparison of two dates or lengths flips exactly when it says, to the microsecond, or never.
func TestAComparisonFlipsExactly(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		fixed := term{"date(user.a)", func(w world) any { return w.attrs["a"] }}
		w.attrs["a"] = start.Add(micros(t, -5*24*time.Hour, 5*24*time.Hour)).Format(time.RFC3339Nano)
		span := drawSpan(t, 0, scope{})
		op := rapid.SampledFrom(comparisons).Draw(t, "operator")
		sides := rapid.SampledFrom([][2]string{
			{"now", fixed.src}, {"now - " + fixed.src, span.src}, {fixed.src + " - now", span.src},
			{"now - " + span.src, "user.a"}, {"user.a", span.src + " + now"}, {fixed.src + " + " + span.src, "now"},
		}).Draw(t, "sides")
		rule := compileDrawn(t, env, sides[0]+" "+op+" "+sides[1])
		v := rule.Holds(w.facts())
		if v.FlipsAt.IsZero() {
			if far := rule.Holds(w.at(w.now.AddDate(5, 0, 0)).facts()); far.True != v.True && op != "==" && op != "!=" {
				t.Fatalf("%s never flips at %s, but is %v later", rule, w.now, far.True)
			}
			return
		}
		before := rule.Holds(w.at(v.FlipsAt.Add(-time.Microsecond)).facts())
		after := rule.Holds(w.at(v.FlipsAt).facts())
		if before.True != v.True || after.True == v.True {
			t.Fatalf("%s at %s flips at %s: %v just before, %v then", rule, w.now, v.FlipsAt, before.True, after.True)
		}
	})
}
