package journey

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// exitWhen is one entry of exit: an event, or a rule, that ends every run at once.
type exitWhen struct {
	events []string
	where  *rule
	rule   *rule
	reason string // empty: the event's name, or "rule"
}

// Goal is what a journey is for.
type Goal struct {
	Events []string
	Within calendar.Duration // after the entry; zero: no limit
	Exit   bool              // reaching it ends the run, too
	// Property is the event's property that the goal is worth, where value is that alone; else empty.
	Property string

	where *rule
	value *rule
}

var propertyAlone = regexp.MustCompile(`^\s*event\.(?:properties\.)?([A-Za-z_][A-Za-z0-9_]*)\s*$`)

func (c *compiler) exits(n *document.Node) {
	for _, item := range n.OneOrMore() {
		f, ok := c.Mapping(item, "an exit", "event: and the name of an event, or rule:")
		if !ok {
			continue
		}
		var x exitWhen
		event, rule := f.Get("event"), f.Get("rule")
		switch {
		case event != nil && rule != nil:
			c.Fail(rule, "an exit has an event or a rule, not both; write two exits, or the condition as where:")
		case !f.Has("event") && !f.Has("rule"):
			c.Fail(item, "an exit says not when; write event: (with where:) or rule:")
		}
		x.events = c.Names(event, "event", "the name of an event")
		if v := f.Get("where"); v != nil {
			if event == nil {
				c.Fail(v, "where belongs to event; write event:, or put all of it into rule:")
			}
			x.where = c.boolRule(v, rules.ScopeExit)
			c.otherwhile(x.where)
		}
		if rule != nil {
			x.rule = c.exitRule(rule)
			c.watch(x.rule)
		}
		if v := f.Get("reason"); v != nil {
			x.reason, _ = c.reason(v)
		}
		f.Done()
		c.watchEvents(x.events)
		c.j.exits = append(c.j.exits, x)
	}
}

// exitRule reads a rule that no event is in hand for: it holds or not whenever it is looked at.
func (c *compiler) exitRule(n *document.Node) *rule {
	r := c.boolRule(n, rules.ScopeExit)
	if r != nil && r.reads.Event {
		c.advise(n, "an exit rule has no event in hand; write event: with where:, or entry for what the run began with")
	}
	return r
}

func (c *compiler) goal(n *document.Node) {
	f, ok := c.Mapping(n, "a goal", "event: and the name of an event")
	if !ok {
		return
	}
	g := &Goal{Events: c.Names(f.Want("event", "event: and the name of an event"), "event", "the name of an event")}
	if v := f.Get("where"); v != nil {
		g.where = c.boolRule(v, rules.ScopeGoal)
		c.otherwhile(g.where)
	}
	if v := f.Get("within"); v != nil {
		g.Within, _ = c.duration(v, "within")
	}
	if v := f.Get("value"); v != nil {
		g.value = c.valueRuleIn(v, "value", rules.ScopeGoal)
		if m := propertyAlone.FindStringSubmatch(v.Text); m != nil {
			g.Property = m[1]
		}
		c.otherwhile(g.value)
	}
	g.Exit = c.Yes(f.Get("exit"), "exit")
	f.Done()
	c.watchEvents(g.Events)
	c.j.goal = g
}

// GoalOf tells whether e reaches the goal of the run that s is the state of, ended or not, and what
// it is worth. That it counts once is for the caller to keep.
func (j *Journey) GoalOf(s *State, e profile.Event, f Facts) (reached bool, value *float64) {
	g := j.goal
	if g == nil || !slices.Contains(g.Events, e.Name) || e.Number <= s.Entry.Number {
		return false, nil
	}
	// How long it took is a matter of when it happened, not of when we heard of it.
	if g.Within != (calendar.Duration{}) && e.Time.After(g.Within.AddTo(s.Entered, f.Home())) {
		return false, nil
	}
	w := look(j, s, f)
	if g.where != nil && !w.holdsOf(g.where, e) {
		return false, nil
	}
	if g.value != nil {
		if v, ok := w.valueOf(g.value, e); ok {
			value = number(v)
		}
	}
	return true, value
}

// exitByEvent looks at the events that were not judged yet, in order, and tells for which reason the
// run is over.
func (w *walk) exitByEvent() string {
	after := w.seen
	if w.s.Migrated.Exits {
		after = w.s.Entry.Number
	}
	for _, e := range w.eventsAfter(after, w.j.leaving) {
		if reason := w.exitOn(e); reason != "" {
			return reason
		}
	}
	return ""
}

// exitOn is the reason for which one event ends the run: exits as listed, the goal's own last.
func (w *walk) exitOn(e profile.Event) string {
	for _, x := range w.j.exits {
		if x.on(w, e) {
			return cmp.Or(x.reason, e.Name)
		}
	}
	return w.exitByGoal(e)
}

func (x exitWhen) on(w *walk, e profile.Event) bool {
	return slices.Contains(x.events, e.Name) && (x.where == nil || w.holdsOf(x.where, e))
}

func (w *walk) exitByGoal(e profile.Event) string {
	if w.j.goal != nil && w.j.goal.Exit {
		if reached, _ := w.j.GoalOf(w.s, e, w.f); reached {
			return "goal"
		}
	}
	return ""
}

// exitByRule looks at the exit rules as things are now, and notes when the next may come to hold.
func (w *walk) exitByRule() string {
	w.flips = time.Time{}
	for _, x := range w.j.exits {
		if x.rule == nil {
			continue
		}
		holds, flips := w.holdsAlone(x.rule)
		if holds {
			return cmp.Or(x.reason, "rule")
		}
		w.flips = earliest(w.flips, flips)
	}
	return ""
}

// eventsAfter returns the events of these names with a number above after, by number. What a merge
// brought has numbers above the entry's, though it may have come before: that is not after it. What was
// imported is the past: it is only part of all that ever was.
func (w *walk) eventsAfter(after int64, names []string) []profile.Event {
	var all []profile.Event
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		for _, e := range w.f.History[name] {
			before := after > 0 && (e.Imported || e.Arrival.Before(w.s.Entry.Arrival))
			if e.Number > after && e.Number <= w.f.Latest && !before {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b profile.Event) int { return cmp.Compare(a.Number, b.Number) })
	return all
}
