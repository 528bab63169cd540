package rules_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// This is what rules mean, said a second time and as simply as possible: values are what Go has for
// them, nil is absent, and everything is computed anew for one instant. Rules are tested against it.

// world is what the reference looks at.
type world struct {
	now     time.Time
	zone    *time.Location
	attrs   map[string]any
	event   *profile.Event
	entry   map[string]any
	history map[string][]profile.Event
	it      map[string]any // loop variables

	segments   map[string]bool
	scores     map[string]float64
	affinities map[string]string
	catalogs   map[string]rules.Catalog
	days       map[string]bool // of the calendar "c", each as 2006-01-02
}

func (w world) facts() *rules.Facts {
	return &rules.Facts{
		Now: w.now, Zone: w.zone, Event: w.event, Entry: w.entry, History: w.history,
		Profile:  &profile.Profile{ID: "p1", Attributes: w.attrs, Computed: profile.Computed{Scores: w.scores, Affinities: w.affinities}},
		Segments: w.segments, Catalogs: w.catalogs, Calendars: map[string]rules.Calendar{"c": calendarOf(w.days)},
	}
}

// calendarOf is the calendar of some days, those in a row together.
func calendarOf(days map[string]bool) rules.Calendar {
	var all rules.Calendar
	for _, day := range slices.Sorted(maps.Keys(days)) {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		if n := len(all); n > 0 && all[n-1].To == d.AddDate(0, 0, -1).Format(time.DateOnly) {
			all[n-1].To = day
			continue
		}
		all = append(all, rules.Days{From: day, To: day})
	}
	return all
}

func (w world) at(now time.Time) world { w.now = now; return w }

func (w world) with(name string, v any) world {
	w.it = maps.Clone(w.it)
	if w.it == nil {
		w.it = map[string]any{}
	}
	w.it[name] = v
	return w
}

// term is an expression as rules write it, and what it means.
type term struct {
	src  string
	eval func(w world) any
}

func (t term) truth(w world) bool { b, _ := t.eval(w).(bool); return b }

func refKind(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "bool"
	case time.Time:
		return "date"
	case time.Duration:
		return "span"
	case []any:
		return "list"
	case map[string]any:
		return "map"
	}
	return ""
}

func refDate(v any, zone *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string, float64:
		t, ok := calendar.ReadDate(v, zone)
		return t.Truncate(time.Microsecond), ok
	}
	return time.Time{}, false
}

func refCompare(op string, x, y any, zone *time.Location) bool {
	if x == nil || y == nil {
		return false
	}
	kx, ky := refKind(x), refKind(y)
	if (kx == "date") != (ky == "date") {
		a, ok1 := refDate(x, zone)
		b, ok2 := refDate(y, zone)
		if ok1 && ok2 {
			return refCompare(op, a, b, zone)
		}
		other := kx + ky
		return op == "!=" && !strings.Contains(other, "text") && !strings.Contains(other, "number")
	}
	if kx != ky {
		return op == "!="
	}
	order := 0
	switch a := x.(type) {
	case string:
		order = strings.Compare(a, y.(string))
	case float64:
		order = int(math.Copysign(1, a-y.(float64)))
		if a == y.(float64) {
			order = 0
		}
	case bool:
		if a != y.(bool) {
			order = map[bool]int{true: 1, false: -1}[a]
		}
	case time.Time:
		order = a.Compare(y.(time.Time))
	case time.Duration:
		order = int(max(-1, min(1, a-y.(time.Duration))))
	case []any:
		same := slices.EqualFunc(a, y.([]any), func(p, q any) bool {
			return p == nil && q == nil || refCompare("==", p, q, zone)
		})
		return op == "==" && same || op == "!=" && !same
	default:
		panic("the reference knows no such value")
	}
	return map[string]bool{
		"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
	}[op]
}

func refArithmetic(op string, x, y any, zone *time.Location) any {
	if a, ok := x.(float64); ok {
		if b, ok := y.(float64); ok {
			f := map[string]float64{"+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": math.Mod(a, b)}[op]
			if math.IsInf(f, 0) || math.IsNaN(f) {
				return nil
			}
			return f
		}
	}
	if a, ok := x.(string); ok && op == "+" {
		if b, ok := y.(string); ok {
			return a + b
		}
	}
	if a, ok := x.([]any); ok && op == "+" {
		if b, ok := y.([]any); ok {
			return append(append([]any{}, a...), b...)
		}
	}
	return refTimes(op, x, y, zone)
}

func refTimes(op string, x, y any, zone *time.Location) any {
	a, spanLeft := x.(time.Duration)
	b, spanRight := y.(time.Duration)
	_, dateLeft := x.(time.Time)
	_, dateRight := y.(time.Time)
	switch {
	case x == nil || y == nil || op != "+" && op != "-":
		return nil
	case spanLeft && spanRight && op == "+":
		return a + b
	case spanLeft && spanRight:
		return a - b
	case spanRight:
		if t, ok := refDate(x, zone); ok {
			return t.Add(map[string]time.Duration{"+": b, "-": -b}[op])
		}
	case spanLeft && op == "+":
		if t, ok := refDate(y, zone); ok {
			return t.Add(a)
		}
	case op == "-" && (dateLeft || dateRight):
		t, ok1 := refDate(x, zone)
		u, ok2 := refDate(y, zone)
		if ok1 && ok2 {
			return t.Sub(u)
		}
	}
	return nil
}

// refEvents are the events later than now - window and up to now that match.
func refEvents(w world, name string, window time.Duration, match func(e profile.Event) bool) []profile.Event {
	var out []profile.Event
	for _, e := range w.history[name] {
		if window > 0 && (!e.Time.After(w.now.Add(-window)) || e.Time.After(w.now)) {
			continue
		}
		if match(e) {
			out = append(out, e)
		}
	}
	return out
}

func refAggregate(how string, events []profile.Event) any {
	var numbers []float64
	latest := -1
	for i, e := range events {
		if n, ok := e.Properties["p"].(float64); ok {
			numbers = append(numbers, n)
		}
		if latest < 0 || !e.Time.Before(events[latest].Time) {
			latest = i
		}
	}
	sum := 0.0
	for _, n := range numbers {
		sum += n
	}
	switch {
	case how == `count()`:
		return float64(len(events))
	case how == `sum("p")`:
		return sum
	case how == `avg("p")` && len(numbers) > 0:
		return sum / float64(len(numbers))
	case how == `min("p")` && len(numbers) > 0:
		return slices.Min(numbers)
	case how == `max("p")` && len(numbers) > 0:
		return slices.Max(numbers)
	case how == `last("p")` && latest >= 0:
		return events[latest].Properties["p"]
	case how == `last()` && latest >= 0:
		return events[latest].Time
	case how == `first()` && latest >= 0:
		return slices.MinFunc(events, func(a, b profile.Event) int { return a.Time.Compare(b.Time) }).Time
	}
	return nil
}
