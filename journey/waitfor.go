package journey

import (
	"slices"
	"strconv"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// waitFor is the step that waits for something to happen, up to a timeout.
type waitFor struct {
	arms      []waitArm
	since     string // entry, now, ever
	timeout   *timeout
	then      []*step
	otherwise []*step
}

// waitArm is one of the things that a wait_for waits for: either of events, with where, or a rule.
type waitArm struct {
	name   string
	events []string
	where  *rule
	rule   *rule
}

// timeout is a length from the moment of arrival, or a date.
type timeout struct {
	after  calendar.Duration
	date   *rule
	offset calendar.Duration
}

func readWaitFor(c *compiler, s *step, n *document.Node) body {
	b := &waitFor{}
	f, ok := c.Mapping(n, "a wait_for", "{event: ..., timeout: 3d}")
	if !ok {
		return b
	}
	b.readArms(c, n, f)
	since := f.Get("since")
	if since != nil && len(b.events()) == 0 && !f.Has("event") {
		c.Fail(since, "since belongs to event; a rule says with within() how far it looks back; write the wait_for without it")
	}
	b.since = c.OneOf(since, "since", "entry", "now", "ever")
	if v := f.Get("timeout"); v != nil {
		b.timeout = readTimeout(c, v)
		b.overdue(c)
	}
	c.awaits(b.events(), b.since)
	before := c.ran
	c.ran = append(before[:len(before):len(before)], resultName(s.id))
	behind := b.readLists(c, s, f)
	c.ran = append(before[:len(before):len(before)], append(behind, resultName(s.id))...)
	f.Done()
	return b
}

// readArms reads event with where, or rule, or any of several.
func (b *waitFor) readArms(c *compiler, n *document.Node, f *document.Mapping) {
	several := f.Get("any")
	if !f.Has("any") {
		b.arms = []waitArm{readArm(c, n, f, "a wait_for", "1")}
		return
	}
	for _, name := range []string{"event", "rule", "where"} {
		if f.Has(name) {
			c.Fail(f.Get(name), "a wait_for has any, or %s of its own; write it as an arm of any", name)
		}
	}
	if several == nil {
		return
	}
	if several.Kind != document.List || len(several.Items) == 0 {
		c.Fail(several, "any is a list of arms; write [{arm: paid, event: order_paid}, {arm: vip, rule: user.vip}]")
		return
	}
	for i, item := range several.Items {
		m, ok := c.Mapping(item, "an arm", "{arm: paid, event: order_paid}")
		if !ok {
			continue
		}
		name := strconv.Itoa(i + 1)
		if v := m.Get("arm"); v != nil {
			if text, ok := c.Text(v, "arm", "a name such as paid"); ok {
				name = text
			}
			if !keyPattern.MatchString(name) || name == "timeout" {
				c.Fail(v, "the arm %q is not a plain name; write small letters, digits, - and _, and not timeout", name)
			}
			if slices.ContainsFunc(b.arms, func(a waitArm) bool { return a.name == name }) {
				c.Fail(v, "two arms are called %s; write another name", name)
			}
		}
		b.arms = append(b.arms, readArm(c, item, m, "an arm", name))
		m.Done()
	}
}

func readArm(c *compiler, n *document.Node, f *document.Mapping, what, name string) waitArm {
	a := waitArm{name: name}
	event, rule := f.Get("event"), f.Get("rule")
	switch {
	case event != nil && rule != nil:
		c.Fail(rule, "%s has an event or a rule, not both; write the condition as where:", what)
	case !f.Has("event") && !f.Has("rule"):
		c.Fail(n, "%s says not for what; write event: (with where:) or rule:", what)
	}
	a.events = c.Names(event, "event", "the name of an event")
	if v := f.Get("where"); v != nil {
		if event == nil {
			c.Fail(v, "where belongs to event; write event:, or put all of it into rule:")
		}
		a.where = c.boolRule(v, rules.ScopeWait)
		c.otherwhile(a.where)
	}
	if rule != nil {
		a.rule = c.boolRule(rule, rules.ScopeStep)
		c.watch(a.rule)
	}
	return a
}

// overdue notes that at its timeout a rule is asked of that very moment, though it may be over.
func (b *waitFor) overdue(c *compiler) {
	for _, a := range b.arms {
		switch {
		case a.rule == nil || len(a.rule.reads.Events) == 0:
		case b.timeout.date != nil: // it may be any moment
			c.otherwhile(a.rule)
		default:
			c.j.overdue = true
		}
	}
}

// events are the names that any arm waits for.
func (b *waitFor) events() []string {
	var all []string
	for _, a := range b.arms {
		all = append(all, a.events...)
	}
	return all
}

// readLists reads then and otherwise and returns the results that they may leave.
func (b *waitFor) readLists(c *compiler, s *step, f *document.Mapping) []string {
	in, base := c.in, c.ran
	var left []string
	if v := f.Get("then"); v != nil {
		if len(b.events()) > 0 {
			c.in = s
		}
		b.then = c.steps(v, "then")
		left = append(left, c.ran[len(base):]...)
		c.in, c.ran = in, base
	}
	if v := f.Get("otherwise"); v != nil {
		if b.timeout == nil && !f.Has("timeout") {
			c.advise(v, "no run gets to otherwise, as the wait has no timeout; write timeout: 3d, or leave otherwise out")
		}
		b.otherwise = c.steps(v, "otherwise")
		left = append(left, c.ran[len(base):]...)
		c.ran = base
	}
	return left
}

func readTimeout(c *compiler, n *document.Node) *timeout {
	t := &timeout{}
	if n.Kind == document.Scalar {
		t.after, _ = c.duration(n, "timeout")
		return t
	}
	f, ok := c.Mapping(n, "a timeout", "3d, or {until: and a date}")
	if !ok {
		return t
	}
	if v := f.Want("until", "timeout: 3d, or until: and a date"); v != nil {
		t.date = c.dateRule(v, "until")
		c.watch(t.date)
	}
	if v := f.Get("offset"); v != nil {
		t.offset = c.offset(v)
	}
	f.Done()
	return t
}

func (b *waitFor) lists() [][]*step { return [][]*step{b.then, b.otherwise} }

func (b *waitFor) ends() bool {
	return ended(b.then) && (b.timeout == nil || ended(b.otherwise))
}

func (b *waitFor) look(w *walk, at *step, first bool) turn {
	if m := w.s.Match; m != nil && !first {
		return b.met(w, at, m)
	}
	deadline, ok := b.deadline(w, at)
	if !ok {
		w.note(at.id, "wait_for", "missing_date", "no date to wait until", nil)
		return leaveFor("missing_date")
	}
	for _, e := range b.candidates(w, at, first) {
		if arm, ok := b.matches(w, e, deadline); ok {
			return b.met(w, at, &Match{Arm: arm, Event: &e})
		}
	}
	arm, flips := b.holds(w, at, notAfter(w.s.Now, deadline))
	if arm != "" {
		return b.met(w, at, &Match{Arm: arm})
	}
	if !deadline.IsZero() && !w.s.Now.Before(deadline) {
		w.s.leave(at, map[string]any{"arm": "timeout"})
		to := firstOf(b.otherwise, at.next)
		w.note(at.id, "wait_for", "timeout", at.id+": timeout"+toward(to), map[string]any{"until": deadline})
		return goOn(to)
	}
	if first || !deadline.Equal(w.s.Until) {
		text, inputs := "waits", map[string]any(nil)
		if !deadline.IsZero() {
			text, inputs = text+" until "+spoken(deadline)+" at most", map[string]any{"until": deadline}
		}
		w.note(at.id, "wait_for", "waiting", text, inputs)
	}
	return turn{until: deadline, flips: flips}
}

// candidates are the events that may satisfy the wait and were not put before it yet, in order.
func (b *waitFor) candidates(w *walk, at *step, first bool) []profile.Event {
	after := w.seen
	if first || w.s.Migrated.Wait {
		after = w.s.Entry.Number
		if b.since == "ever" {
			after = 0
		}
	}
	var all []profile.Event
	began := w.begins(at)
	for _, e := range w.eventsAfter(after, b.events()) {
		if b.since == "entry" && !began.IsZero() && !e.Arrival.After(began) {
			continue // of an earlier round
		}
		// Of a chain of timers the logical present may lie a little before the newest events.
		if b.since != "now" || e.Arrival.After(w.s.Arrived) {
			all = append(all, e)
		}
	}
	return all
}

// matches names the first arm that the event satisfies.
func (b *waitFor) matches(w *walk, e profile.Event, deadline time.Time) (arm string, ok bool) {
	if !deadline.IsZero() && e.Arrival.After(deadline) {
		return "", false
	}
	for _, a := range b.arms {
		if slices.Contains(a.events, e.Name) && (a.where == nil || w.holdsOf(a.where, e)) {
			return a.name, true
		}
	}
	return "", false
}

// holds names the first arm whose rule holds; while none does, one may from flips on.
func (b *waitFor) holds(w *walk, at *step, now time.Time) (arm string, flips time.Time) {
	for _, a := range b.arms {
		if a.rule == nil {
			continue
		}
		holds, later := w.holds(a.rule, at, now)
		if holds {
			return a.name, time.Time{}
		}
		flips = earliest(flips, later)
	}
	return "", flips
}

func (b *waitFor) met(w *walk, at *step, m *Match) turn {
	result := map[string]any{"arm": m.Arm}
	var inputs map[string]any
	if m.Event != nil {
		result["event"] = asResult(*m.Event)
		inputs = map[string]any{"event": m.Event.Name, "number": m.Event.Number}
	}
	w.s.leave(at, result)
	to := firstOf(b.then, at.next)
	w.note(at.id, "wait_for", m.Arm, at.id+": happened"+toward(to), inputs)
	t := goOn(to)
	if m.Event != nil {
		t.led = m.Event.Number
	}
	return t
}

// deadline is when the wait is over; zero is never. It is false when it depends on a date that is
// missing or unreadable.
func (b *waitFor) deadline(w *walk, at *step) (time.Time, bool) {
	if b.timeout == nil {
		return time.Time{}, true
	}
	loc := w.zone(nil, at).loc
	if b.timeout.date == nil {
		return writable(b.timeout.after.AddTo(w.s.Counted(), loc)), true
	}
	value, _ := w.value(b.timeout.date, at, w.s.Counted())
	date, ok := calendar.ReadDate(value, loc)
	return writable(b.timeout.offset.AddTo(date, loc)), ok
}

func firstOf(all []*step, otherwise *step) *step {
	if len(all) > 0 {
		return all[0]
	}
	return otherwise
}

func notAfter(t, limit time.Time) time.Time {
	if !limit.IsZero() && limit.Before(t) {
		return limit
	}
	return t
}
