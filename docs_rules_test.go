package main_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// section is one ### of docs/rules.md: what it is about, and its examples with their outcome.
type section struct {
	names    []string
	chapter  string
	examples [][2]string
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

func ruleSections(t *testing.T) (text string, all []section) {
	t.Helper()
	text = read(t, "docs/rules.md")
	chapter, inside := "", false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			chapter = strings.TrimPrefix(line, "## ")
		case strings.HasPrefix(line, "### "):
			s := section{chapter: chapter}
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				s.names = append(s.names, m[1])
			}
			all = append(all, s)
		case strings.HasPrefix(line, "```"):
			inside = line == "```cel"
		case inside:
			rule, outcome, ok := strings.Cut(line, "  //")
			if !ok || len(all) == 0 {
				t.Fatalf("an example without an outcome: %s", line)
			}
			last := &all[len(all)-1]
			last.examples = append(last.examples, [2]string{strings.TrimSpace(rule), strings.TrimSpace(outcome)})
		}
	}
	return text, all
}

func ruleEnv(t *testing.T) *rules.Env {
	t.Helper()
	env, err := rules.New()
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// docs/rules.md tells of every function, and of no other, with at least two lines of example each.
func TestEveryFunctionOfRulesIsDocumented(t *testing.T) {
	t.Parallel()
	_, sections := ruleSections(t)
	written := map[string]bool{}
	for _, s := range sections {
		examples := ""
		for _, e := range s.examples {
			examples += e[0] + "\n"
		}
		if len(s.examples) < 2 {
			t.Errorf("%v has fewer than two examples", s.names)
		}
		for _, name := range s.names {
			if s.chapter != "Names" && s.chapter != "Operators" {
				written[name] = true
			}
			if !strings.Contains(examples, strings.TrimRight(name, "]:")) {
				t.Errorf("no example of %s uses it", name)
			}
		}
	}
	functions := ruleEnv(t).Functions()
	for _, name := range functions {
		if !written[name] {
			t.Errorf("docs/rules.md does not tell of %s", name)
		}
	}
	for name := range written {
		if !slices.Contains(functions, name) {
			t.Errorf("docs/rules.md tells of %s, which there is not", name)
		}
	}
}

// Each operator of CEL has a section; what looks like one and is none is refused.
func TestEveryOperatorOfRulesIsDocumented(t *testing.T) {
	t.Parallel()
	_, sections := ruleSections(t)
	var written []string
	for _, s := range sections {
		if s.chapter == "Operators" {
			written = append(written, s.names...)
		}
	}
	slices.Sort(written)
	want := []string{"!", "!=", "%", "&&", "*", "+", "-", ".", "/", "<", "<=", "==", ">", ">=", "?:", "[]", "in", "||"}
	if !slices.Equal(written, want) {
		t.Errorf("operators: %v, want %v", written, want)
	}
	for _, none := range []string{"=", "&", "|", "^", "<>", "**", "and", "or", "=~"} {
		if rule, _ := ruleEnv(t).Compile("user.a "+none+" user.b", rules.Position{}, rules.ScopeStep); rule != nil {
			t.Errorf("%s is an operator, and docs/rules.md does not tell of it", none)
		}
	}
}

// The table of names says what can be read where.
func TestNamesOfRulesAreDocumented(t *testing.T) {
	t.Parallel()
	text, sections := ruleSections(t)
	var names []string
	for _, s := range sections {
		if s.chapter == "Names" {
			names = append(names, s.names...)
		}
	}
	rows := map[string][]rules.Scope{
		"| a segment |": {rules.ScopeSegment}, "| `entry`: `where`, `key` |": {rules.ScopeEntry}, "| `goal`: `where`, `value` |": {rules.ScopeGoal},
		"| `exit`, `wait_for`, and everything else in steps |": {rules.ScopeExit, rules.ScopeWait, rules.ScopeStep},
	}
	for row, scopes := range rows {
		_, rest, ok := strings.Cut(text, row)
		if !ok {
			t.Fatalf("there is no row %s", row)
		}
		line, _, _ := strings.Cut(rest, "\n")
		for _, scope := range scopes {
			for _, name := range names {
				rule, _ := ruleEnv(t).Compile(name+" == "+name, rules.Position{}, scope, rules.Results("x"))
				if says := strings.Contains(line, "`"+name+"`"); says != (rule != nil) {
					t.Errorf("%s %s: the table says %v", row, name, says)
				}
			}
		}
	}
}

// Every example comes to what stands behind it.
func TestExamplesOfRules(t *testing.T) {
	t.Parallel()
	text, sections := ruleSections(t)
	facts := documentedFacts(t, text)
	for _, s := range sections {
		for _, e := range s.examples {
			rule, problems := ruleEnv(t).Compile(e[0], rules.Position{File: "docs/rules.md", Line: 1, Column: 1}, rules.ScopeStep, rules.Results("first_share", "variant"))
			if len(problems) > 0 {
				t.Errorf("%s: %v", e[0], problems)
				continue
			}
			value, ok, _ := rule.Value(facts)
			if e[1] == "absent" {
				if ok {
					t.Errorf("%s is %v, and docs/rules.md says absent", e[0], value)
				}
				continue
			}
			var want any
			if err := json.Unmarshal([]byte(e[1]), &want); err != nil {
				t.Fatalf("%s: %s is no JSON", e[0], e[1])
			}
			if diff := cmp.Diff(want, value); diff != "" {
				t.Errorf("%s (-docs/rules.md +is):\n%s", e[0], diff)
			}
		}
	}
}

// documentedFacts are the person and moment that the page describes.
func documentedFacts(t *testing.T, text string) *rules.Facts {
	t.Helper()
	_, rest, _ := strings.Cut(text, "```yaml\n")
	block, _, _ := strings.Cut(rest, "```")
	root, err := document.Read([]byte(block))
	if err != nil {
		t.Fatal(err)
	}
	all, _ := root.Value().(map[string]any)
	object := func(v any) map[string]any { m, _ := v.(map[string]any); return m }
	list := func(v any) []any { l, _ := v.([]any); return l }
	moment := func(v any) time.Time {
		at, ok := calendar.ReadDate(v, time.UTC)
		if !ok {
			t.Fatalf("%v is no date", v)
		}
		return at
	}
	zone, ok := calendar.LoadZone(fmt.Sprint(all["zone"]))
	if !ok {
		t.Fatal(all["zone"])
	}
	event := func(number int, v any) profile.Event {
		e := object(v)
		return profile.Event{Number: int64(number), Name: fmt.Sprint(e["name"]), Time: moment(e["time"]), Properties: object(e["properties"])}
	}
	f := &rules.Facts{
		Now: moment(all["now"]), Zone: zone, Entry: object(all["entry"]), Results: object(all["results"]),
		Profile:   &profile.Profile{UserID: fmt.Sprint(object(all["user"])["id"]), Attributes: object(all["user"]), Consents: map[string]bool{}},
		History:   map[string][]profile.Event{},
		Segments:  map[string]bool{},
		Catalogs:  map[string]rules.Catalog{},
		Calendars: map[string]rules.Calendar{},
		Trends:    map[rules.Trend]string{},
	}
	f.Profile.Computed = profile.Computed{Scores: map[string]float64{}, Affinities: map[string]string{}}
	for i, v := range list(all["history"]) {
		e := event(i+1, v)
		f.History[e.Name] = append(f.History[e.Name], e)
	}
	inHand := event(len(list(all["history"])), all["event"])
	f.Event = &inHand
	for topic, yes := range object(all["consents"]) {
		f.Profile.Consents[topic] = yes == true
	}
	for _, name := range list(all["segments"]) {
		f.Segments[fmt.Sprint(name)] = true
	}
	for name, v := range object(all["scores"]) {
		f.Profile.Computed.Scores[name], _ = v.(float64)
	}
	for name, v := range object(all["affinities"]) {
		f.Profile.Computed.Affinities[name] = fmt.Sprint(v)
	}
	for name, rows := range object(all["catalogs"]) {
		f.Catalogs[name] = rules.Catalog{}
		for key, row := range object(rows) {
			f.Catalogs[name][key] = object(row)
		}
	}
	for name, days := range object(all["calendars"]) {
		for _, day := range list(days) {
			f.Calendars[name] = append(f.Calendars[name], rules.Days{From: fmt.Sprint(day), To: fmt.Sprint(day)})
		}
	}
	for name, v := range object(all["trends"]) {
		f.Trends[rules.Trend{Of: name, Within: 7 * 24 * time.Hour}] = fmt.Sprint(v)
	}
	return f
}
