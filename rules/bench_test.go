package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

func person() *profile.Profile {
	return &profile.Profile{ID: "p1", UserID: "ada", Attributes: map[string]any{
		"plan": "free", "age": 36.0, "country": "FR", "vip": false, "email": "ada@example.com",
	}}
}

const fiveClauses = `user.plan == "free" && user.age >= 18 && user.country in ["FR", "DE", "AT"] && user.vip != true && user.email.endsWith("@example.com")`

// BenchmarkFiveClauses compares a rule over attributes with the same written in Go.
func BenchmarkFiveClauses(b *testing.B) {
	p := person()
	b.Run("rule", func(b *testing.B) {
		rule := compile(b, fiveClauses)
		f := &rules.Facts{Now: time.Unix(1_800_000_000, 0), Profile: p}
		b.ReportAllocs()
		for b.Loop() {
			if !rule.Holds(f).True {
				b.Fatal("the rule does not hold")
			}
		}
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !fiveClausesInGo(p) {
				b.Fatal("the rule does not hold")
			}
		}
	})
}

func fiveClausesInGo(p *profile.Profile) bool {
	plan, _ := p.Attributes["plan"].(string)
	age, _ := p.Attributes["age"].(float64)
	country, _ := p.Attributes["country"].(string)
	vip, isBool := p.Attributes["vip"].(bool)
	email, _ := p.Attributes["email"].(string)
	return plan == "free" && age >= 18 && (country == "FR" || country == "DE" || country == "AT") &&
		isBool && !vip && strings.HasSuffix(email, "@example.com")
}

// BenchmarkHistory counts a thousand events in a window with a condition on each.
func BenchmarkHistory(b *testing.B) {
	now := time.Unix(1_800_000_000, 0)
	var history []profile.Event
	for i := range 1000 {
		history = append(history, profile.Event{
			Number: int64(i + 1), Name: "order", Time: now.Add(time.Duration(i-1000) * time.Hour),
			Properties: map[string]any{"total": float64(i % 100)},
		})
	}
	rule := compile(b, `events("order").within("30d").where(e, e.total > 50).count() >= 2`)
	f := &rules.Facts{Now: now, Profile: person(), History: map[string][]profile.Event{"order": history}}
	b.ReportAllocs()
	for b.Loop() {
		if !rule.Holds(f).True {
			b.Fatal("the rule does not hold")
		}
	}
}

// compile compiles a rule of a step, in which any of a few results may be read.
func compile(tb testing.TB, src string, opts ...rules.Option) *rules.Rule {
	tb.Helper()
	return compileWith(tb, newEnv(tb, opts...), src)
}

func compileWith(tb testing.TB, env *rules.Env, src string) *rules.Rule {
	tb.Helper()
	rule, problems := env.Compile(src, rules.Position{File: "journeys/onboarding.yaml", Line: 12, Column: 15},
		rules.ScopeStep, rules.Results("first-share", "quote"))
	if len(problems) > 0 {
		tb.Fatalf("%s\n%v", src, problems)
	}
	return rule
}
