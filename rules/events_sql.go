package rules

import (
	"fmt"
	"strings"
	"time"
)

// chainSQL is a chain of events as a part of a statement.
type chainSQL struct {
	event      string   // what the statement calls each of them
	conditions []string // beyond whose they are
}

func (t *translation) chain(ch *chain) *chainSQL {
	t.history = true
	out := &chainSQL{event: t.name("e")}
	say := func(format string, args ...any) {
		out.conditions = append(out.conditions, fmt.Sprintf(format, args...))
	}
	say("%s.name = %s", out.event, t.arg("text", ch.name))
	for _, w := range ch.windows {
		now := t.arg("timestamptz", t.moment())
		say("%s.time <= %s", out.event, now)
		if w.months == 0 {
			say("%s.time > %s", out.event, t.arg("timestamptz", before(t.Now, span{us: w.us})))
			continue
		}
		// A calendar month is not always as long: the bound that the index can use is a wide one.
		say("%s.time > %s", out.event, t.arg("timestamptz", before(t.Now, span{us: w.longest().Microseconds()})))
		say("%s > %s", sqlCall("after", out.event+".time", t.span(w), t.zone()), now)
	}
	for _, w := range ch.wheres {
		t.vars[w.slot] = out.event
		say("%s", t.inner(w.node))
	}
	return out
}

// moment is now, in the form of arguments.
func (t *translation) moment() string { return before(t.Now, span{}) }

// before is the instant a length of time before another; as far back as there is history at most.
func before(at time.Time, s span) string {
	us := max(firstInstant, at.UnixMicro()-s.us)
	return instant{us: us}.time().Format(time.RFC3339Nano)
}

// ofProfile are the events of the profile at hand, as FROM and WHERE.
func (ch *chainSQL) ofProfile() string {
	return " from events " + ch.event + " where " + ch.event + ".profile_id = p.id and " + strings.Join(ch.conditions, " and ")
}

// ofAll are the events of everybody.
func (ch *chainSQL) ofAll() string {
	return " from events " + ch.event + " where " + strings.Join(ch.conditions, " and ")
}

// aboutProfile tells whether which events these are depends on what the profile's row says.
func (ch *chainSQL) aboutProfile() bool {
	for _, c := range ch.conditions {
		if strings.Contains(c, "(p.") || strings.Contains(c, " p.") {
			return true
		}
	}
	return false
}

// aggregate makes an aggregate a value: that of the profile at hand. What compares it first may do
// better with the aggregate itself.
func (t *translation) aggregate(x term) term {
	raw := x
	x.text = "(select " + x.text + x.of.ofProfile() + ")"
	x.of = nil
	x.raw = &raw
	return x
}

// compareAggregate writes a comparison of an aggregate with something that is the same for everybody;
// false where there is nothing better than to compare the value.
func (t *translation) compareAggregate(op comparison, x, y term) (string, bool) {
	if x.raw == nil || !y.constant {
		return "", false
	}
	ch := x.raw.of
	if x.raw.counts {
		if exists, ok := asExists(op, y.value); ok {
			return exists + "exists (select" + ch.ofProfile() + ")", true
		}
	}
	if t.form != formEveryone || !t.sole || ch.aboutProfile() {
		return "", false
	}
	t.gathered = true
	value := *x.raw
	value.of = nil
	condition := t.compare(op, value, y)
	if r := (&run{zone: time.UTC, fuel: budget}); x.none == nil || !r.compare(op, x.none, y.value) {
		return "(p.id in (select " + ch.event + ".profile_id" + ch.ofAll() + " group by " + ch.event + ".profile_id having " + condition + "))", true
	}
	group := t.name("g")
	return "(not exists (select from (select " + ch.event + ".profile_id" + ch.ofAll() + " group by " + ch.event + ".profile_id having " +
		condition + " is not true) " + group + " where " + group + ".profile_id = p.id))", true
}

// asExists tells whether a comparison of a count only asks if there is any: "" for yes, "not " for no.
func asExists(op comparison, with any) (string, bool) {
	n, ok := with.(float64)
	switch {
	case !ok:
	case op == greaterOrEqual && n > 0 && n <= 1, op == greater && n >= 0 && n < 1, op == unequal && n == 0:
		return "", true
	case op == less && n > 0 && n <= 1, op == lessOrEqual && n >= 0 && n < 1, op == equal && n == 0:
		return "not ", true
	}
	return "", false
}
