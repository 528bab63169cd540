package rules_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/rules"
)

// Whatever is written as a rule, compiling and evaluating it neither panics nor hangs, problems
// stand in the file, and a flip lies ahead.
func FuzzRule(f *testing.F) {
	for _, src := range []string{
		fiveClauses, `events("order").within("30d").where(e, e.total > 50.0).count() >= 2`, `now - user.day > duration("1mo")`,
		`[1, 2].map(x, x * 2)[0] == {"a": 1}["a"]`, `results.first-share == b"\x00"`, "user.`a b`", `"%s".format([1])`, `type(1) == int ? -1 : !2`,
		`(now - date(user.day)).getHours() < 3`, `user.tags.exists(x, x in ["a"])`, "x{", "'''",
		`in_segment("vip") && score("churn") > affinity("genre")`, `catalog("products", event.sku)["price"] in [on_day("holidays-fr")]`, `trending("genre", "7d") + strings.quote(user.plan)`, `"\ud800"`, "a.b.c(d)[e]",
	} {
		f.Add(src, int64(1_773_057_600_000_000))
	}
	env, err := rules.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src string, now int64) {
		facts := known(t)
		facts.Now = time.UnixMicro(now)
		for _, s := range []rules.Scope{rules.ScopeSegment, rules.ScopeStep} {
			rule, problems := env.Compile(src, rules.Position{File: "f", Line: 3, Column: 5}, s, rules.Results("quote"))
			if (rule == nil) != (len(problems) > 0) {
				t.Fatalf("rule %v with problems %v", rule, problems)
			}
			for _, p := range problems {
				if p.Position.Line < 3 || p.Position.Column < 5 || p.Message == "" {
					t.Fatalf("odd problem %+v", p)
				}
			}
			if rule == nil {
				continue
			}
			if v := rule.Holds(facts); !v.FlipsAt.IsZero() && !v.FlipsAt.After(facts.Now) {
				t.Fatalf("at %s flips at %s", facts.Now, v.FlipsAt)
			}
			rule.Value(facts)
		}
	})
}
