package rules_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
)

// drawValue draws something of any kind that does not move with now.
func drawValue(t *rapid.T, depth int, s scope) term {
	if depth <= 0 {
		if rapid.Bool().Draw(t, "literal") {
			return constant(rapid.SampledFrom([]any{0.0, 1.0, 0.5, -1.0, "a", "ab", "B", true, false}).Draw(t, "constant"))
		}
		return drawField(t, s)
	}
	switch rapid.IntRange(0, 8).Draw(t, "value") {
	case 7:
		return drawLookup(t, depth, s)
	case 8:
		return drawComputed(t)
	case 0, 1:
		op := rapid.SampledFrom([]string{"+", "-", "*", "/", "%"}).Draw(t, "arithmetic")
		x, y := drawValue(t, depth-1, s), drawValue(t, depth-1, s)
		return term{"(" + x.src + " " + op + " " + y.src + ")", func(w world) any {
			return refArithmetic(op, x.eval(w), y.eval(w), w.zone)
		}}
	case 2:
		return choice(drawBool(t, depth-1, s), drawValue(t, depth-1, s), drawValue(t, depth-1, s))
	case 3:
		x := drawValue(t, depth-1, s)
		return term{"size(" + x.src + ")", func(w world) any {
			switch v := x.eval(w).(type) {
			case string:
				return float64(utf8.RuneCountInString(v))
			case []any:
				return float64(len(v))
			}
			return nil
		}}
	case 4:
		return drawAggregate(t, depth, s, []string{`count()`, `sum("p")`, `avg("p")`, `min("p")`, `max("p")`, `last("p")`})
	case 5:
		return drawClock(t, depth, s)
	default:
		return drawField(t, s)
	}
}

// drawLookup draws a cell of a catalog.
func drawLookup(t *rapid.T, depth int, s scope) term {
	key := drawValue(t, depth-1, s)
	column := rapid.SampledFrom([]string{"price", "kind", "sold"}).Draw(t, "column")
	return term{`catalog("k", ` + key.src + `).` + column, func(w world) any {
		switch k := key.eval(w).(type) {
		case string:
			return w.catalogs["k"][k][column]
		case float64:
			return w.catalogs["k"][strconv.FormatFloat(k, 'f', -1, 64)][column]
		}
		return nil
	}}
}

// drawComputed draws what was worked out of what people do.
func drawComputed(t *rapid.T) term {
	return rapid.SampledFrom([]term{
		{`score("churn")`, func(w world) any { return w.scores["churn"] }},
		{`affinity("genre")`, func(w world) any { return w.affinities["genre"] }},
		{`score("none")`, func(world) any { return nil }},
		{`affinity("none")`, func(world) any { return nil }},
		{`trending("genre", "7d")`, func(world) any { return nil }},
	}).Draw(t, "computed")
}

func drawAggregate(t *rapid.T, depth int, s scope, how []string) term {
	name := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "event name")
	last := rapid.SampledFrom(how).Draw(t, "aggregate")
	src, window := `events("`+name+`")`, time.Duration(0)
	if rapid.Bool().Draw(t, "windowed") {
		hours := rapid.IntRange(1, 100).Draw(t, "hours")
		window = time.Duration(hours) * time.Hour
		src += fmt.Sprintf(`.within("%dh")`, hours)
	}
	var match term
	if len(s.events) == 0 && len(s.elements) == 0 && depth > 0 && rapid.Bool().Draw(t, "conditional") {
		match = drawBool(t, depth-1, scope{elements: s.elements, events: []string{"e"}})
		src += ".where(e, " + match.src + ")"
	}
	return term{src + "." + last, func(w world) any {
		return refAggregate(last, refEvents(w, name, window, func(e profile.Event) bool {
			return match.eval == nil || match.truth(w.with("e", e))
		}))
	}}
}

// drawDate draws a date, which may move with now.
func drawDate(t *rapid.T, depth int, s scope) term {
	if depth > 0 && rapid.Bool().Draw(t, "moved") {
		op := rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign")
		x, y := drawDate(t, depth-1, s), drawSpan(t, depth-1, s)
		return term{"(" + x.src + " " + op + " " + y.src + ")", func(w world) any {
			return refTimes(op, x.eval(w), y.eval(w), w.zone)
		}}
	}
	switch rapid.IntRange(0, 4).Draw(t, "date") {
	case 0, 1:
		return term{"now", func(w world) any { return w.now }}
	case 2:
		return drawAggregate(t, depth, s, []string{`first()`, `last()`})
	case 3:
		if len(s.events) > 0 {
			return term{"e.time", func(w world) any { return w.it["e"].(profile.Event).Time }}
		}
	}
	x := drawField(t, s)
	return term{"date(" + x.src + ")", func(w world) any {
		if d, ok := refDate(x.eval(w), w.zone); ok {
			return d
		}
		return nil
	}}
}

// drawSpan draws a length of time, which may move with now.
func drawSpan(t *rapid.T, depth int, s scope) term {
	if depth > 0 && rapid.Bool().Draw(t, "difference") {
		x, y := drawDate(t, depth-1, s), drawDate(t, depth-1, s)
		return term{"(" + x.src + " - " + y.src + ")", func(w world) any {
			return refTimes("-", x.eval(w), y.eval(w), w.zone)
		}}
	}
	hours := rapid.IntRange(0, 100).Draw(t, "span")
	return term{fmt.Sprintf(`duration("%dh")`, hours), func(world) any { return time.Duration(hours) * time.Hour }}
}

// drawClock draws what a local clock shows.
func drawClock(t *rapid.T, depth int, s scope) term {
	x := drawDate(t, depth-1, s)
	parts := []struct {
		src string
		of  func(d time.Time, zone *time.Location) any
	}{
		{"local_hour(%s)", func(d time.Time, zone *time.Location) any { return float64(d.In(zone).Hour()) }},
		{"local_day(%s)", func(d time.Time, zone *time.Location) any {
			return strings.ToLower(d.In(zone).Weekday().String()[:3])
		}},
		{`(%s).getMinutes("Asia/Kathmandu")`, func(d time.Time, _ *time.Location) any {
			return float64(d.In(mustZone("Asia/Kathmandu")).Minute())
		}},
		{`(%s).getHours("Australia/Lord_Howe")`, func(d time.Time, _ *time.Location) any {
			return float64(d.In(mustZone("Australia/Lord_Howe")).Hour())
		}},
		{`(%s).getDate("America/New_York")`, func(d time.Time, _ *time.Location) any {
			return float64(d.In(mustZone("America/New_York")).Day())
		}},
	}
	if rapid.Bool().Draw(t, "of a span") {
		y := drawSpan(t, depth-1, s)
		return term{"(" + y.src + " + duration(\"0\")).getHours()", func(w world) any {
			if d, ok := y.eval(w).(time.Duration); ok {
				return math.Trunc(d.Hours())
			}
			return nil
		}}
	}
	p := rapid.SampledFrom(parts).Draw(t, "part")
	return term{fmt.Sprintf(p.src, x.src), func(w world) any {
		if d, ok := x.eval(w).(time.Time); ok {
			return p.of(d, w.zone)
		}
		return nil
	}}
}

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// drawLoop draws a macro over a list.
func drawLoop(t *rapid.T, depth int, s scope) term {
	if len(s.elements) > 0 || len(s.events) > 0 {
		return drawComparison(t, depth-1, s)
	}
	list := drawField(t, s)
	inside := s
	inside.elements = []string{"v"}
	body := drawBool(t, depth-1, inside)
	name := rapid.SampledFrom([]string{"all", "exists", "exists_one", "filter", "map"}).Draw(t, "macro")
	src := list.src + "." + name + "(v, " + body.src + ")"
	switch name {
	case "filter":
		src = "size(" + src + ") == 1"
	case "map":
		src = src + " == [true]"
	}
	return term{"(" + src + ")", func(w world) any {
		elements, ok := list.eval(w).([]any)
		if !ok {
			return nil
		}
		n := 0
		for _, v := range elements {
			if body.truth(w.with("v", v)) {
				n++
			}
		}
		switch name {
		case "all":
			return n == len(elements)
		case "exists":
			return n > 0
		case "map":
			return n == 1 && len(elements) == 1
		}
		return n == 1
	}}
}
