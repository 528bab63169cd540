package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/rules"
)

// endless puts an operation into a loop that is never through.
func endless(operation string) string {
	return "user.list.all(x, (" + operation + ") == 7 || true)"
}

// sideways are rules that grow without a loop around what is dear.
func sideways() map[string]string {
	repeated := func(n int, part string) string { return strings.Repeat(part+" || ", n) + "true" }
	grown := `(user.text)`
	for range 60 {
		grown = `(` + grown + ` + user.text)`
	}
	return map[string]string{
		"loops beside each other":       repeated(100, `user.list.exists(x, false)`),
		"loops beside each other twice": repeated(100, `user.list.exists_one(x, false)`),
		"lists made beside each other":  repeated(100, `user.list.filter(x, true)==[]`),
		"lists of lists":                repeated(100, `user.list.map(x, user.list) == [7]`),
		"a text that grows":             grown + ` == ""`,
		"a list that grows":             `(user.list + user.list + user.list + user.list) == []`,
		"history in a list":             `user.list.all(x, events("a").within("1mo").count() >= 0)`,
		"a list in history":             `events("a").where(e, e.x in user.list.map(y, y + 1)).count() >= 0`,
		"wheres in a row":               `events("a")` + strings.Repeat(`.where(e, e.x >= 0)`, 200) + `.count() >= 0`,
		"windows in a row":              `events("a")` + strings.Repeat(`.within("90mo")`, 200) + `.count() >= 0`,
		"patterns":                      repeated(100, `user.text.matches("(a|aa)*b")`),
		"replacements in a row":         `user.text` + strings.Repeat(`.replace("a", "aa")`, 100) + ` == ""`,
		"joins of splits":               `user.text` + strings.Repeat(`.split("").join("aa")`, 100) + ` == ""`,
		"formats of formats":            strings.Repeat(`"%s%s".format([user.text, `, 100) + `""` + strings.Repeat(`])`, 100) + ` == ""`,
	}
}

// Whatever a rule can do, doing it over and over is stopped, by counting steps; the rule then is false.
func TestWhateverRulesDoOverAndOverIsStopped(t *testing.T) {
	t.Parallel()
	f, env := burdened(t), newEnv(t)
	for _, name := range env.Functions() {
		if !strings.Contains(strings.Join(operations, " "), name+"(") {
			t.Errorf("nobody has tried what %s costs in a loop", name)
		}
	}
	for i, operation := range operations {
		if raced && i%10 != 0 { // the race detector slows everything ten times, and counts prove the same
			continue
		}
		if v := compileWith(t, env, endless(operation)).Holds(f); !v.Stopped || v.True {
			t.Errorf("%.100s: %+v", operation, v)
		}
	}
	for name, rule := range sideways() {
		if v := compileWith(t, env, rule).Holds(f); !v.Stopped || v.True {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// A value that holds the same text or list many times over is small for the rule and large for whoever
// keeps it: it is stopped when it is handed out.
func TestValuesThatAreTooLargeAreStopped(t *testing.T) {
	t.Parallel()
	f, env := burdened(t), newEnv(t)
	for name, rule := range map[string]string{
		"lists in a list":  `user.words.map(x, user.words)`,
		"texts in a list":  `user.words.map(x, user.text)`,
		"twice, and again": `[1, 1]` + strings.Repeat(`.map(x, [x, x])`, 1) + strings.Repeat(`.map(x, [user.words, x, x])`, 200),
		"maps in a list":   `user.words.map(x, user.map)`,
		"bytes in a list":  `user.words.map(x, bytes(user.text))`,
		"everything":       `[user, user, user, user, user, user]`,
	} {
		if value, ok, _ := compileWith(t, env, rule).Value(f); ok || value != nil {
			t.Errorf("%s: a value is handed out", name)
		}
	}
	if value, ok, _ := compileWith(t, env, `["a", [user.just], {"n": [user.b]}]`).Value(f); !ok || fmt.Sprint(value) != "[a ["+strings.Repeat("a", 5_000)+"] map[n:[2]]]" {
		t.Errorf("an ordinary value is %.60v", value)
	}
}

// absurd are sources that take long to read, by what is wrong with them; "" where nothing is.
func absurd() map[string]string {
	fill := func(part, end string) string { return strings.Repeat(part, (9_990-len(end))/len(part)) + end }
	return map[string]string{
		fill("(", ""): "deeply", fill("[", ""): "", fill("{", ""): "", fill("!", "a"): "", fill("- ", "1"): "", fill("a?b:", "c"): "deeply", fill("!(", "a"): "deeply",
		fill(`"`, ""): "", fill("`", ""): "", fill("#", ""): "", fill("+", ""): "", fill(".", ""): "", fill("é", ""): "", fill("\n", ""): "empty", fill("//x\n", ""): "",
		fill("1 < ", "1"): "", fill("1 in ", "[1]"): "", fill("a[0]", ""): "", fill("9", ""): "", "user" + fill(".a", ""): "", "user" + fill("[0]", ""): "",
		fill("usr.a && ", "true"): `no "usr"`, fill("f(1) || ", "true"): `no function "f"`, fill("user.ab || ", "true"): "no attribute",
		fill("user.attribute_nmuber_5xx_of_a_tohusand && ", "true"): "no attribute", fill("has(user.a) && ", "true"): "no attribute",
		fill(`"".matches("[\\pL\\pN\\pP\\pS]") || `, "true"): "too many classes", `"".matches("[` + strings.Repeat(`\\pL`, 120) + `]")`: "",
		fill(`"".matches("[`+strings.Repeat(`\\pL`, 120)+`]") || `, "true"):            "too many classes",
		fill(`"".matches("(?i)[B-\\x{1e943}]") || `, "true"):                           "too many classes",
		fill(`"".matches("(?i)[`+strings.Repeat(`B-\\x{1e943}`, 40)+`]") || `, "true"): "too many classes",
		fill(`"".matches("(`+strings.Repeat("a?", 100)+`){9}") || `, "true"):           "", fill(`"".matches("(a{30}){30}") || `, "true"): "",
		`1 in [` + fill("1, ", "1]"): "", fill(`[1].all(x, true) && `, "true"): "", fill(`events("a").count() > 1 && `, "true"): "",
		fill(`"%.20f%s%d%b".format([1, 2, 3, 4]) == "" || `, "true"): "", "results.a" + fill("-a", ""): "deeply", fill(`now.getHours("Mars/X") > 1 || `, "true"): "no time zone",
	}
}

// reading is the environment of a workspace with as many attributes as anybody declares.
func reading(tb testing.TB) *rules.Env {
	tb.Helper()
	declared := map[string]rules.Kind{}
	for i := range 1_000 {
		declared[fmt.Sprintf("attribute_number_%03d_of_a_thousand", i)] = rules.String
	}
	return newEnv(tb, rules.Attributes(declared))
}

// What is absurd is refused with few words, and what is merely long is not.
func TestAbsurdSourcesAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	env := reading(t)
	for source, want := range absurd() {
		rule, problems := env.Compile(source, rules.Position{File: "f", Line: 1, Column: 1}, rules.ScopeStep, rules.Results("a_a"))
		if rule == nil == (len(problems) == 0) || len(problems) > 40 || want != "" && !strings.Contains(fmt.Sprint(problems), want) {
			t.Errorf("%.40s... has %d problems, want %q: %.200v", source, len(problems), want, problems)
		}
	}
}

// BenchmarkHostileRules measures how long a rule can hold up a worker at worst: on the largest facts until it
// is stopped, and while it is read. The promise is a hundred milliseconds.
func BenchmarkHostileRules(b *testing.B) {
	f, env, full := burdened(b), newEnv(b), reading(b)
	var worst, slowest longest
	for range b.N {
		for _, operation := range operations {
			worst.take(operation, compileWith(b, env, endless(operation)), f)
		}
		for name, rule := range sideways() {
			worst.take(name, compileWith(b, env, rule), f)
		}
		for source := range absurd() {
			slowest.note(fmt.Sprintf("%.40s", source), func() { full.Compile(source, rules.Position{File: "f", Line: 1, Column: 1}, rules.ScopeStep) })
		}
	}
	b.Logf("stopped last: %s", worst.what)
	b.Logf("read longest: %s", slowest.what)
	b.ReportMetric(worst.took.Seconds()*1000, "ms_until_stopped")
	b.ReportMetric(slowest.took.Seconds()*1000, "ms_to_read")
	b.ReportMetric(0, "ns/op") // means nothing here
}

type longest struct {
	what string
	took time.Duration
}

func (l *longest) take(what string, rule *rules.Rule, f *rules.Facts) {
	l.note(what, func() { rule.Holds(f) })
}

func (l *longest) note(what string, does func()) {
	least := time.Hour
	for range 3 {
		began := time.Now()
		does()
		least = min(least, time.Since(began))
	}
	if least > l.took {
		l.what, l.took = what, least
	}
}
