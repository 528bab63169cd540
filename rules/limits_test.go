package rules_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

const day = 24 * time.Hour

// What could never be affordable is refused when it is compiled.
func TestAbsurdRulesAreRefused(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	for name, rule := range map[string]string{
		"too long":            `user.a == "` + strings.Repeat("x", 10_000) + `"`,
		"too deep":            strings.Repeat("(", 400) + "true" + strings.Repeat(")", 400),
		"too many negations":  strings.Repeat("!(", 400) + "true" + strings.Repeat(")", 400),
		"history of history":  `events("a").where(e, events("b").where(f, f.x == e.x).count() > 0).count() > 0`,
		"three lists":         `user.a.all(x, user.a.all(y, user.a.all(z, x + y > z)))`,
		"seven loops":         strings.Repeat(`[1].all(x, `, 7) + "true" + strings.Repeat(")", 7),
		"long pattern":        `user.a.matches("` + strings.Repeat("a", 600) + `")`,
		"pattern that grows":  `user.a.matches("(a{50}){50}")`,
		"pattern of profiles": `user.a.matches(user.b)`,
		"endless digits":      `"%.99999999f".format([1.0]) == ""`,
	} {
		start := time.Now()
		if rule, problems := env.Compile(rule, rules.Position{File: "j.yaml", Line: 1, Column: 1}, rules.ScopeStep); len(problems) == 0 || rule != nil {
			t.Errorf("%s is not refused", name)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: refused only after %s", name, took)
		}
	}
}

// What is only too costly for these facts is stopped, soon, and counts as false.
func TestCostlyRulesAreStopped(t *testing.T) {
	t.Parallel()
	long := make([]any, 20_000)
	for i := range long {
		long[i] = float64(i)
	}
	var history []profile.Event
	for i := range 20_000 {
		history = append(history, profile.Event{Number: int64(i + 1), Name: "a", Time: time.Unix(int64(i), 0), Properties: map[string]any{"x": float64(i)}})
	}
	f := &rules.Facts{
		Now: time.Unix(30_000, 0), History: map[string][]profile.Event{"a": history},
		Profile: &profile.Profile{Attributes: map[string]any{"list": long, "text": strings.Repeat("a", 30_000)}},
	}
	costly := []string{
		`user.list.all(x, !user.list.exists(y, x + y < 0))`,
		`events("a").where(e, e.x in user.list.map(y, y + 1)).count() >= 0`,
		`user.list.map(x, user.text + user.text).size() >= 0`,
		`user.text.replace("", user.text).replace("", user.text) != ""`,
		`user.list.all(x, user.text.matches("(a|aa)*b") || true)`,
		`!user.list.exists(x, user.text.indexOf("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab") == 1)`,
		`user.list.all(x, user.list == user.list)`,
		`!user.list.exists(x, (user.list + user.list).size() < 0)`,
		strings.Repeat(`(`, 20) + `user.text` + strings.Repeat(` + user.text)`, 20) + ` != ""`,
		`user.list.all(x, user.text.split("").size() > 0)`,
		`user.list.all(x, events("a").within("1mo").count() >= 0)`,
	}
	if raced {
		costly = costly[:3]
	}
	for _, rule := range costly {
		r := compile(t, rule)
		runtime.LockOSThread()
		start := spent(t)
		v := r.Holds(f)
		took := spent(t) - start // of the processor: others may be busy
		runtime.UnlockOSThread()
		if !v.Stopped || v.True {
			t.Errorf("%s: %+v", rule, v)
		}
		// A hundred milliseconds is the promise; a slow machine gets leave.
		if took > time.Second && !raced {
			t.Errorf("%s stopped only after %s", rule, took)
		}
	}
	if value, ok, _ := compile(t, costly[0]).Value(f); ok {
		t.Errorf("%s has the value %v", costly[0], value)
	}
}

// A rule may be long, so long as it does not nest.
func TestLongRules(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		"true" + strings.Repeat(" && user.a == 1", 200),
		"1" + strings.Repeat(" + 1", 200) + " == 201 && user.a == 1",
		strings.Repeat("(", 12) + "user.a == 1" + strings.Repeat(")", 12),
		`user.a in [0` + strings.Repeat(", 1", 500) + `]`,
	} {
		f := &rules.Facts{Profile: &profile.Profile{Attributes: map[string]any{"a": 1.0}}}
		if !compile(t, rule).Holds(f).True {
			t.Errorf("%.40s... does not hold", rule)
		}
	}
}

// Ordinary sizes stay far from the limits.
func TestOrdinaryRulesAreNot(t *testing.T) {
	t.Parallel()
	var history []profile.Event
	skus := []any{}
	for i := range 2_000 {
		history = append(history, profile.Event{Number: int64(i + 1), Name: "a", Time: time.Unix(int64(i), 0), Properties: map[string]any{"sku": fmt.Sprint("s", i)}})
	}
	for i := range 50 {
		skus = append(skus, fmt.Sprint("s", i))
	}
	f := &rules.Facts{
		Now: time.Unix(30_000, 0), History: map[string][]profile.Event{"a": history},
		Profile: &profile.Profile{Attributes: map[string]any{"skus": skus}},
	}
	if v := compile(t, `events("a").where(e, user.skus.exists(s, s == e.sku)).count() == 50`).Holds(f); !v.True {
		t.Errorf("%+v", v)
	}
}
