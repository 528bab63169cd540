package rules_test

import (
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"

	"github.com/mixtapehq/mixtape/rules"
)

// The sides, in the order in which they take turns.
const (
	ours    = "mixtape"
	byHand  = "go"
	theirs  = "expr"
	bare    = "cel-go"
	metered = "cel-go, metered"
)

// predicate is one question, as each side asks it.
type predicate struct {
	name string
	rule string
	hand func(*someone) bool
	expr string
	cel  string
	goal float64 // our time over expr's; 0: none was set
}

// predicates: a side other than ours asks about the window by an instant that is worked out beforehand, and
// nothing tells it when the answer changes.
func predicates() []predicate {
	return []predicate{
		{
			name: "five attributes", goal: 1.5,
			rule: `user.plan == "free" && user.age >= 18 && user.country in ["FR", "DE", "AT"] && user.vip == false && user.email.endsWith("@example.com")`,
			expr: `user.plan == "free" && user.age >= 18 && user.country in ["FR", "DE", "AT"] && user.vip == false && user.email endsWith "@example.com"`,
			cel:  `user.plan == "free" && user.age >= 18.0 && user.country in ["FR", "DE", "AT"] && user.vip == false && user.email.endsWith("@example.com")`,
			hand: fiveByHand,
		},
		{
			name: "count of 100 events",
			rule: `events("order").within("30d").count() >= 25`,
			expr: `count(orders, #.Time > since && #.Time <= now) >= 25`,
			cel:  `orders.filter(o, o.time > since && o.time <= now).size() >= 25`,
			hand: func(p *someone) bool {
				n := 0
				for i := range p.typed.Orders {
					if e := &p.typed.Orders[i]; e.Time.After(p.typed.Since) && !e.Time.After(p.typed.Now) {
						n++
					}
				}
				return n >= 25
			},
		},
		{
			name: "where over 100 events",
			rule: `events("order").within("30d").where(e, e.total > 50 && e.sku == "s1").count() >= 3`,
			expr: `count(orders, #.Time > since && #.Time <= now && #.Properties.total > 50 && #.Properties.sku == "s1") >= 3`,
			cel:  `orders.filter(o, o.time > since && o.time <= now && o.total > 50.0 && o.sku == "s1").size() >= 3`,
			hand: func(p *someone) bool {
				n := 0
				for i := range p.typed.Orders {
					e := &p.typed.Orders[i]
					if !e.Time.After(p.typed.Since) || e.Time.After(p.typed.Now) {
						continue
					}
					total, _ := e.Properties["total"].(float64)
					sku, _ := e.Properties["sku"].(string)
					if total > 50 && sku == "s1" {
						n++
					}
				}
				return n >= 3
			},
		},
	}
}

func fiveByHand(p *someone) bool {
	a := p.typed.User
	plan, _ := a["plan"].(string)
	age, _ := a["age"].(float64)
	country, _ := a["country"].(string)
	vip, known := a["vip"].(bool)
	email, _ := a["email"].(string)
	return plan == "free" && age >= 18 && (country == "FR" || country == "DE" || country == "AT") &&
		known && !vip && strings.HasSuffix(email, "@example.com")
}

// sides compiles a predicate for everybody. What is an error for the others is false, as it is for us.
func (q predicate) sides(tb testing.TB) map[string]func(*someone) bool {
	tb.Helper()
	env, err := rules.New()
	if err != nil {
		tb.Fatal(err)
	}
	rule, problems := env.Compile(q.rule, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	program, err := expr.Compile(q.expr, expr.Env(typedEnv{}), expr.AsBool())
	if err != nil {
		tb.Fatal(err)
	}
	var machine vm.VM // kept, as expr's documentation has it for speed
	fast, slow := q.celPrograms(tb)
	return map[string]func(*someone) bool{
		ours:   func(p *someone) bool { return rule.Holds(&p.facts).True },
		byHand: q.hand,
		theirs: func(p *someone) bool {
			v, err := machine.Run(program, p.boxed)
			return err == nil && v == true
		},
		bare:    celSide(fast),
		metered: celSide(slow),
	}
}

func (q predicate) celPrograms(tb testing.TB) (fast, slow cel.Program) {
	tb.Helper()
	env, err := cel.NewEnv(
		cel.Variable("user", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("orders", cel.ListType(cel.MapType(cel.StringType, cel.DynType))),
		cel.Variable("now", cel.TimestampType), cel.Variable("since", cel.TimestampType))
	if err != nil {
		tb.Fatal(err)
	}
	tree, issues := env.Compile(q.cel)
	if issues.Err() != nil {
		tb.Fatal(issues.Err())
	}
	if fast, err = env.Program(tree, cel.EvalOptions(cel.OptOptimize)); err != nil {
		tb.Fatal(err)
	}
	if slow, err = env.Program(tree, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CostLimit(1_000_000)); err != nil {
		tb.Fatal(err)
	}
	return fast, slow
}

func celSide(program cel.Program) func(*someone) bool {
	return func(p *someone) bool {
		v, _, err := program.Eval(p.plain)
		return err == nil && v.Value() == true
	}
}
