package journey

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// rule is a compiled rule of a journey.
type rule struct {
	text     string
	compiled *rules.Rule
	reads    rules.Reads
}

// rule reads what stands at n as CEL; nil, and reported, when it is none.
func (c *compiler) rule(n *document.Node, what string, scope rules.Scope) *rule {
	if n == nil {
		return nil
	}
	if n.Kind != document.Scalar {
		c.Fail(n, "%s is %s; write a rule", what, n.Shape())
		return nil
	}
	if strings.TrimSpace(n.Text) == "" {
		c.Fail(n, "%s is empty; write a rule", what)
		return nil
	}
	var results []string
	if scope != rules.ScopeEntry && scope != rules.ScopeGoal {
		results = c.all
	}
	compiled, problems := c.env.Compile(n.Text, rules.Position{File: c.file, Line: 1, Column: 1}, scope, rules.Results(results...))
	for _, p := range problems {
		line, col := n.Place(c.lines, p.Position.Line, p.Position.Column)
		c.hopeless = true
		c.problemAt(c.at, line, col, p.Message)
	}
	if compiled == nil {
		return nil
	}
	r := &rule{text: n.Text, compiled: compiled, reads: compiled.Reads()}
	c.notYet(n, r)
	c.mentionRule(n, r)
	return r
}

// notYet reports results of steps that cannot have run where the rule stands.
func (c *compiler) notYet(n *document.Node, r *rule) {
	for _, name := range r.reads.Results {
		if slices.Contains(c.ran, name) {
			continue
		}
		line, col := n.Line, n.Column
		if i := strings.Index(n.Text, "results."+name); i >= 0 {
			before := n.Text[:i]
			line, col = n.Place(c.lines, 1+strings.Count(before, "\n"), 1+len([]rune(before[strings.LastIndexByte(before, '\n')+1:])))
		}
		c.problemAt(c.at, line, col, "results."+name+" is not there yet, as no run comes by that step before; write the rule behind it")
	}
}

// askable reports what of a rule cannot be asked of everybody at once, as a schedule has to. A rule that
// asks for the event in hand is asked one by one: for those whom an event lets in.
func (c *compiler) askable(n *document.Node, r *rule) {
	if r.reads.Event {
		return
	}
	_, problems := r.compiled.SQL(rules.SQLOptions{Now: time.Unix(0, 0), Catalogs: c.o.Catalogs, Calendars: c.o.Calendars})
	for _, p := range problems {
		line, col := n.Place(c.lines, p.Position.Line, p.Position.Column)
		c.problemAt(c.at, line, col, p.Message)
	}
}

// boolRule reads a condition.
func (c *compiler) boolRule(n *document.Node, scope rules.Scope) *rule {
	r := c.rule(n, "the rule", scope)
	if r == nil {
		return nil
	}
	if k := r.compiled.Kind(); k != rules.Bool && k != rules.Unknown {
		c.Fail(n, "the rule is a %s and never true or false; write a comparison", k)
	}
	c.need(r, scope)
	return r
}

// valueRule reads an expression whose value counts, in a step.
func (c *compiler) valueRule(n *document.Node, what string) *rule {
	return c.valueRuleIn(n, what, rules.ScopeStep)
}

func (c *compiler) valueRuleIn(n *document.Node, what string, scope rules.Scope) *rule {
	r := c.rule(n, what, scope)
	if r != nil {
		c.need(r, scope)
	}
	return r
}

// dateRule reads an expression whose value is a date.
func (c *compiler) dateRule(n *document.Node, what string) *rule {
	r := c.valueRule(n, what)
	if r == nil {
		return nil
	}
	c.otherwhile(r)
	switch k := r.compiled.Kind(); k {
	case rules.Bool, rules.List, rules.Map, rules.Duration, rules.Bytes, rules.Type:
		c.Fail(n, "%s is a date and this is a %s; write one, such as user.renews_at", what, k)
	case rules.String, rules.Number:
		if value, ok := r.fixed(); ok {
			if _, ok := calendar.ReadDate(value, time.UTC); !ok {
				c.Fail(n, "%s is a date and this is none; write one, such as user.renews_at or \"'2026-12-24'\"", what)
			}
		}
	}
	return r
}

// zoneRule reads an expression whose value is the name of a time zone.
func (c *compiler) zoneRule(n *document.Node) *rule {
	if n.Kind == document.Scalar {
		if _, ok := calendar.LoadZone(n.Text); ok {
			c.Fail(n, "zone is a rule, and text in it is quoted; write \"'%s'\"", n.Text)
			return nil
		}
	}
	r := c.valueRule(n, "zone")
	c.otherwhile(r)
	if value, ok := r.fixed(); ok {
		name, _ := value.(string)
		if _, known := calendar.LoadZone(name); !known {
			c.Fail(n, "there is no time zone %q; write an IANA name, such as \"'Europe/Paris'\"", name)
		}
	}
	return r
}

// fixed is the value of a rule that depends on nothing.
func (r *rule) fixed() (any, bool) {
	if r == nil || !r.reads.Nothing() {
		return nil, false
	}
	value, ok, _ := r.compiled.Value(&rules.Facts{})
	return value, ok
}

// constant tells whether a condition always holds, or never.
func (r *rule) constant() (holds, constant bool) {
	value, ok := r.fixed()
	holds, isBool := value.(bool)
	return holds, ok && isBool
}

// facts are what a rule is evaluated on.
func (w *walk) facts(now time.Time, event *profile.Event) *rules.Facts {
	return &rules.Facts{
		Now: now, Zone: w.f.Home(), Profile: w.f.Profile, Event: event,
		Entry: w.s.Entry.Properties, Results: w.s.Results, History: w.f.History, Days: w.f.Days,
		Segments: w.f.Segments, Catalogs: w.f.Catalogs, Calendars: w.f.Calendars, Trends: w.f.Trends,
	}
}

// holds evaluates a condition of a step; while it does not hold, it may from flips on.
func (w *walk) holds(r *rule, at *step, now time.Time) (holds bool, flips time.Time) {
	event := w.eventAt(at)
	return w.verdict(r, w.facts(now, &event))
}

// holdsAlone evaluates a condition that no event is in hand for.
func (w *walk) holdsAlone(r *rule) (holds bool, flips time.Time) {
	return w.verdict(r, w.facts(w.s.Now, nil))
}

// holdsOf evaluates a condition of the event in hand, as of when it arrived: however late it is
// looked at, the answer is the same.
func (w *walk) holdsOf(r *rule, e profile.Event) bool {
	f := w.facts(e.Arrival, &e)
	if len(r.reads.Events) > 0 {
		f.History = upTo(f.History, r.reads.Events, e.Number)
	}
	holds, _ := w.verdict(r, f)
	return holds
}

func (w *walk) verdict(r *rule, f *rules.Facts) (bool, time.Time) {
	v := r.compiled.Holds(f)
	if v.Stopped {
		w.note(w.s.Step, "rule", "stopped", "a rule took too long and counts as false", map[string]any{"rule": r.text})
	}
	return v.True, v.FlipsAt
}

// value evaluates an expression of a step.
func (w *walk) value(r *rule, at *step, now time.Time) (any, bool) {
	event := w.eventAt(at)
	value, ok, _ := r.compiled.Value(w.facts(now, &event))
	return value, ok
}

// valueOf evaluates an expression of the event in hand.
func (w *walk) valueOf(r *rule, e profile.Event) (any, bool) {
	value, ok, _ := r.compiled.Value(w.facts(e.Arrival, &e))
	return value, ok
}

// upTo leaves out what came after the event in hand.
func upTo(history map[string][]profile.Event, reads []rules.EventRead, number int64) map[string][]profile.Event {
	if number == 0 {
		return history
	}
	short := make(map[string][]profile.Event, len(reads))
	for _, read := range reads {
		all := history[read.Name]
		n := len(all)
		for n > 0 && all[n-1].Number > number {
			n--
		}
		short[read.Name] = all[:n]
	}
	return short
}

// eventAt is what rules at a step call `event`: the match of the wait_for around it, else the entry.
func (w *walk) eventAt(at *step) profile.Event { return eventAt(w.s, at) }

func eventAt(s *State, at *step) profile.Event {
	for ; at != nil && at.in != nil; at = at.in {
		if e, ok := fromResult(s.Results[resultName(at.in.id)]); ok {
			return e
		}
	}
	return s.Entry
}

// asResult is how the event that a wait_for waited for stands in results: its properties, and name,
// time and properties of the event itself.
func asResult(e profile.Event) map[string]any {
	r := map[string]any{}
	for name, value := range e.Properties {
		r[name] = value
	}
	r["name"], r["time"], r["properties"] = e.Name, e.Time.Format(time.RFC3339Nano), e.Properties
	return r
}

func fromResult(result any) (profile.Event, bool) {
	r, _ := result.(map[string]any)
	e, ok := r["event"].(map[string]any)
	if !ok {
		return profile.Event{}, false
	}
	var event profile.Event
	event.Name, _ = e["name"].(string)
	event.Properties, _ = e["properties"].(map[string]any)
	if text, ok := e["time"].(string); ok {
		event.Time, _ = time.Parse(time.RFC3339Nano, text)
	}
	event.Arrival = event.Time
	return event, true
}

// asJSON makes the value of a rule one that an attribute can have.
func asJSON(value any) any {
	switch v := value.(type) {
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return v.String()
	}
	return value
}

// number reads what a goal is worth.
func number(value any) *float64 {
	switch v := value.(type) {
	case float64:
		return &v
	case json.Number:
		if x, err := v.Float64(); err == nil {
			return &x
		}
	}
	return nil
}
