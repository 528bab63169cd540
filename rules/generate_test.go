package rules_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

var start = time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)

var zones = []string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}

func drawWorld(t *rapid.T) world {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	w := world{
		now: start.Add(micros(t, -4*24*time.Hour, 9*24*time.Hour)), zone: zone,
		attrs: map[string]any{}, entry: map[string]any{}, history: map[string][]profile.Event{},
	}
	w.segments = map[string]bool{"s": rapid.Bool().Draw(t, "in segment")}
	w.scores = map[string]float64{"churn": float64(rapid.IntRange(0, 4).Draw(t, "score")) / 2}
	w.affinities = map[string]string{"genre": rapid.SampledFrom([]string{"a", "b", "jazz"}).Draw(t, "affinity")}
	w.catalogs = map[string]rules.Catalog{"k": {
		"a": {"price": 1.0, "kind": "b"}, "b": {"price": 0.5}, "1": {"price": 1.5, "kind": "a", "sold": true}, "": {"kind": "ab"},
	}}
	w.days = map[string]bool{}
	for range rapid.IntRange(0, 6).Draw(t, "days") {
		w.days[start.AddDate(0, 0, rapid.IntRange(-5, 10).Draw(t, "day")).Format(time.DateOnly)] = true
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		w.attrs[name] = drawJSON(t)
		w.entry[name] = drawJSON(t)
	}
	for _, name := range []string{"x", "y"} {
		for range rapid.IntRange(0, 4).Draw(t, "events") {
			w.history[name] = append(w.history[name], drawEvent(t, name, int64(len(w.history[name])+1)))
		}
	}
	if h := w.history["x"]; len(h) > 0 {
		w.event = &h[len(h)-1]
	}
	return w
}

func drawEvent(t *rapid.T, name string, number int64) profile.Event {
	return profile.Event{
		Number: number, Name: name, Time: start.Add(micros(t, -6*24*time.Hour, 2*24*time.Hour)),
		Properties: map[string]any{"p": drawJSON(t), "q": drawJSON(t)},
	}
}

// micros is a length of whole microseconds; round ones are likelier, so that instants meet.
func micros(t *rapid.T, from, to time.Duration) time.Duration {
	unit := rapid.SampledFrom([]time.Duration{time.Microsecond, time.Hour, 24 * time.Hour}).Draw(t, "unit")
	return time.Duration(rapid.Int64Range(int64(from/unit), int64(to/unit)).Draw(t, "length")) * unit
}

func drawJSON(t *rapid.T) any {
	switch rapid.IntRange(0, 7).Draw(t, "json") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2, 3:
		return float64(rapid.IntRange(-2, 4).Draw(t, "number")) / 2
	case 4:
		return rapid.SampledFrom([]string{"", "a", "b", "B", "ab", "é", "mon"}).Draw(t, "text")
	case 5:
		return start.Add(micros(t, -5*24*time.Hour, 5*24*time.Hour)).Format(time.RFC3339Nano)
	case 6:
		return rapid.SampledFrom([]string{"2026-03-28", "2026-03-29 02:30", "2026-03-32"}).Draw(t, "local date")
	default:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			list = append(list, rapid.SampledFrom([]any{nil, 1.0, 0.5, "a", "b", true}).Draw(t, "element"))
		}
		return list
	}
}

// scope is the loop variables that stand around a term: of elements, and of events.
type scope struct{ elements, events []string }

// drawBool draws a condition.
func drawBool(t *rapid.T, depth int, s scope) term {
	if depth <= 0 {
		return drawComparison(t, 0, s)
	}
	switch rapid.IntRange(0, 11).Draw(t, "condition") {
	case 10:
		return term{`on_day("c")`, func(w world) any { return w.days[w.now.In(w.zone).Format(time.DateOnly)] }}
	case 11:
		name := rapid.SampledFrom([]string{"s", "nobody"}).Draw(t, "segment")
		return term{`in_segment("` + name + `")`, func(w world) any { return w.segments[name] }}
	case 0, 1:
		x, y := drawBool(t, depth-1, s), drawBool(t, depth-1, s)
		return term{"(" + x.src + " && " + y.src + ")", func(w world) any { return x.truth(w) && y.truth(w) }}
	case 2, 3:
		x, y := drawBool(t, depth-1, s), drawBool(t, depth-1, s)
		return term{"(" + x.src + " || " + y.src + ")", func(w world) any { return x.truth(w) || y.truth(w) }}
	case 4:
		x := drawBool(t, depth-1, s)
		return term{"!(" + x.src + ")", func(w world) any { return !x.truth(w) }}
	case 5:
		x, y, z := drawBool(t, depth-1, s), drawBool(t, depth-1, s), drawBool(t, depth-1, s)
		return choice(x, y, z)
	case 6:
		return drawLoop(t, depth, s)
	case 7:
		x := drawField(t, s)
		return term{"(" + x.src + " == true || !" + x.src + " || has(" + x.src + "))", func(w world) any {
			return x.truth(w) || !x.truth(w) || x.eval(w) != nil
		}}
	default:
		return drawComparison(t, depth, s)
	}
}

func choice(x, y, z term) term {
	return term{"(" + x.src + " ? " + y.src + " : " + z.src + ")", func(w world) any {
		if x.truth(w) {
			return y.eval(w)
		}
		return z.eval(w)
	}}
}

var comparisons = []string{"==", "!=", "<", "<=", ">", ">="}

func drawComparison(t *rapid.T, depth int, s scope) term {
	op := rapid.SampledFrom(comparisons).Draw(t, "operator")
	var x, y term
	switch rapid.IntRange(0, 11).Draw(t, "compared") {
	case 8, 9:
		x = drawAggregate(t, depth, s, []string{`count()`, `sum("p")`, `avg("p")`, `min("p")`, `max("p")`, `last("p")`})
		y = constant(float64(rapid.IntRange(-1, 3).Draw(t, "figure")))
	case 10, 11:
		x, y = drawClock(t, min(depth, 1), s), constant(float64(rapid.IntRange(-3, 23).Draw(t, "hour")))
	case 0, 1, 2:
		x, y = drawDate(t, depth, s), drawDate(t, depth, s)
	case 3:
		x, y = drawDate(t, depth, s), drawField(t, s)
	case 4:
		x, y = drawSpan(t, depth, s), drawSpan(t, depth, s)
	case 5:
		return drawTextTest(t, depth, s)
	default:
		x, y = drawValue(t, depth, s), drawValue(t, depth, s)
	}
	return term{"(" + x.src + " " + op + " " + y.src + ")", func(w world) any {
		return refCompare(op, x.eval(w), y.eval(w), w.zone)
	}}
}

func drawTextTest(t *rapid.T, depth int, s scope) term {
	x, y := drawValue(t, depth-1, s), drawValue(t, depth-1, s)
	f := rapid.SampledFrom([]string{"contains", "startsWith", "endsWith", "in"}).Draw(t, "test")
	if f == "in" {
		return term{"(" + x.src + " in [" + y.src + ", 1, \"a\"])", func(w world) any {
			for _, v := range []any{y.eval(w), 1.0, "a"} {
				if refCompare("==", x.eval(w), v, w.zone) {
					return true
				}
			}
			return false
		}}
	}
	holds := map[string]func(string, string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[f]
	return term{"(" + x.src + ")." + f + "(" + y.src + ")", func(w world) any {
		a, ok1 := x.eval(w).(string)
		b, ok2 := y.eval(w).(string)
		return ok1 && ok2 && holds(a, b)
	}}
}

// drawField draws what the facts give: an attribute, a property, a loop's element.
func drawField(t *rapid.T, s scope) term {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d", "none"}).Draw(t, "name")
	var all []term
	for _, v := range s.elements {
		all = append(all, term{"dyn(" + v + ")", func(w world) any { return w.it[v] }})
	}
	for _, v := range s.events {
		all = append(all, term{v + ".q", func(w world) any { return w.it[v].(profile.Event).Properties["q"] }})
	}
	all = append(all,
		term{"user." + name, func(w world) any { return w.attrs[name] }},
		term{"entry[\"" + name + "\"]", func(w world) any { return w.entry[name] }},
		term{"event.p", func(w world) any {
			if w.event == nil {
				return nil
			}
			return w.event.Properties["p"]
		}})
	x := rapid.SampledFrom(all).Draw(t, "field")
	if strings.HasPrefix(x.src, "dyn(") { // has() wants a field
		x.src = "{\"k\": " + x.src + "}.k"
	}
	return x
}

func constant(v any) term {
	src := fmt.Sprintf("%v", v)
	if s, ok := v.(string); ok {
		src = strconv.Quote(s)
	}
	return term{src, func(world) any { return v }}
}
