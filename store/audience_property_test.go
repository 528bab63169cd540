package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/rules"
)

const peopleAsked = 60

// The database says of everybody what evaluation one by one says: more than 20,000 pairs of rule and profile, of
// which every function, operator, kind of value and boundary is a part.
func TestSQLSaysWhatRulesSay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20260328, 4))
	w := populate(t, r, peopleAsked)
	seen := coverage{}
	trues, asked := 0, 0
	for _, source := range corners() {
		if bad := w.corner(t, source).check(t.Context(), w.Pool()); bad != "" {
			t.Errorf("%s\n%s", source, bad)
		}
	}
	err := pgx.BeginFunc(t.Context(), w.Pool(), func(tx pgx.Tx) error {
		for _, want := range w.wanted() {
			a := w.ask(t, r, want)
			if bad := a.check(t.Context(), tx); bad != "" {
				t.Fatalf("%s\n%s\n%s\n%q", a.source, bad, a.condition.Where, a.condition.Args)
			}
			trues, asked = trues+len(a.holds), asked+1
			seen.note(w, a)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pairs := asked * peopleAsked
	if pairs < 20_000 {
		t.Errorf("%d pairs are too few", pairs)
	}
	if share := float64(trues) / float64(pairs); share < 0.2 || share > 0.8 {
		t.Errorf("%.0f %% of the answers are true, which proves little", 100*share)
	}
	t.Logf("%d pairs, %d of them true\n%s", pairs, trues, seen)
	for _, what := range w.mustCover() {
		if seen[what] == 0 {
			t.Errorf("%s: never asked", what)
		}
	}
}

// wanted is what each rule is drawn for, in turn.
func (w *population) wanted() []string {
	d := &drawer{}
	var all []string
	for _, way := range d.ways() {
		all = append(all, way, way, way)
		if d.pinnable(way) {
			for range 8 {
				all = append(all, "pin "+way)
			}
		}
	}
	for range 12 {
		all = append(all, "within", "where", "aggregate and", "date and date", "any and any", "")
	}
	return all
}

// ways are the names of all that a drawer can be told to use.
func (d *drawer) ways() []string {
	all := []string{"&&", "||", "!", "?:", "in", "bare", "user.", "unary -", "%", "/", "*", "text +", "list +", "any +", "written map", "keyed map", "dyn", "split 3", "replace 4",
		"indexOf 3", "last 3", "substring 3", "first", "date +", "date -", "span +", "spans +", "spans -", "span -", "dates -", "any -", "dates any", "last of", "kind"}
	env, err := rules.New()
	if err != nil {
		panic(err)
	}
	for _, f := range env.Functions() {
		if !untranslated(f) {
			all = append(all, f)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pinnable tells whether a way leads to a value, and not only to what is true or false.
func (d *drawer) pinnable(way string) bool {
	switch way {
	case "&&", "||", "!", "?:", "in", "bare", "user.", "has", "contains", "startsWith", "endsWith", "matches", "in_segment", "consented", "on_day", "exists", "all", "exists_one", "bool", "type":
		return false
	}
	return true
}

// untranslated are functions that a segment cannot ask.
func untranslated(f string) bool { return f == "bytes" }

// coverage counts pairs by what they cover.
type coverage map[string]int

func (c coverage) String() string {
	var b strings.Builder
	for _, what := range slices.SortedFunc(maps.Keys(c), func(a, b string) int { return cmp.Or(c[a]-c[b], strings.Compare(a, b)) }) {
		fmt.Fprintf(&b, "%s %d, ", what, c[what])
	}
	return b.String()
}

// note counts what a rule used, and what it met in the population.
func (c coverage) note(w *population, a asked) {
	for what, n := range a.used {
		c[what] += n
	}
	for _, f := range w.env.Functions() {
		if strings.Contains(a.source, f+"(") {
			c["function "+f] += peopleAsked
		}
	}
	if a.condition.Everyone != nil {
		c["everyone at once"] += peopleAsked
	}
	reads := a.rule.Reads()
	for _, id := range w.ids {
		f := w.facts[id]
		for _, name := range reads.Attributes {
			for _, kind := range kindsOf(f.Profile.Attributes[name], f.Profile.Attributes, name) {
				c["attribute: "+kind]++
			}
		}
		for _, e := range reads.Events {
			c.window(f, e)
		}
	}
}

func kindsOf(v any, attributes map[string]any, name string) (kinds []string) {
	switch v := v.(type) {
	case nil:
		if _, there := attributes[name]; there {
			return []string{"null"}
		}
		return []string{"absent"}
	case bool:
		return []string{"bool"}
	case float64:
		kinds = append(kinds, "number")
		if v < 0 {
			kinds = append(kinds, "negative")
		}
		if v > 1<<53 || v < -1<<53 {
			kinds = append(kinds, "big")
		}
	case string:
		kinds = append(kinds, "text")
		if v == "" {
			kinds = append(kinds, "empty text")
		}
		if len(v) > utf8.RuneCountInString(v) {
			kinds = append(kinds, "unicode")
		}
	case []any:
		return []string{"list"}
	case map[string]any:
		return []string{"map"}
	}
	return kinds
}

// window tells at which side of its window's ends an event lies.
func (c coverage) window(f *rules.Facts, e rules.EventRead) {
	history := f.History[e.Name]
	if len(history) == 0 {
		c["history: none"]++
	}
	for _, h := range history {
		if e.Within != 30*24*time.Hour {
			continue
		}
		since := f.Now.Add(-e.Within)
		for end, at := range map[string]time.Time{"start": since, "end": f.Now} {
			for side, by := range map[string]time.Duration{"just before": -time.Microsecond, "at": 0, "just after": time.Microsecond} {
				if h.Time.Equal(at.Add(by)) {
					c["window: "+side+" its "+end]++
				}
			}
		}
	}
}

func (w *population) mustCover() []string {
	d := &drawer{}
	all := append(d.ways(), comparisonSigns...)
	for _, f := range w.env.Functions() {
		if !untranslated(f) {
			all = append(all, "function "+f)
		}
	}
	for _, kind := range []string{"absent", "null", "bool", "number", "negative", "big", "text", "empty text", "unicode", "list", "map"} {
		all = append(all, "attribute: "+kind)
	}
	for _, side := range []string{"just before", "at", "just after"} {
		all = append(all, "window: "+side+" its start", "window: "+side+" its end")
	}
	all = append(all, "history: none", "everyone at once")
	slices.Sort(all)
	return slices.Compact(all)
}
