package rules

import (
	"iter"
	"time"

	"github.com/google/cel-go/common/ast"

	"github.com/mixtapehq/mixtape/profile"
)

// chain is events("name") with the windows and conditions put on it. All of them hold together, in
// whichever order they are written.
type chain struct {
	name    string
	windows []span
	wheres  []condition
	cost    int64 // of looking at one event
}

type condition struct {
	slot  int
	holds func(*run) bool
	node  node
}

const chainUsage = `events("order_completed").within("30d").where(e, e.total > 50).count()`

// eventFunctions are events() and what stands between it and its aggregate.
func eventFunctions() map[string]function {
	unfinished := func(usage string, global bool, values int) function {
		return function{usage: usage, global: global, member: !global, least: values, most: values, compile: func(c *compiler, cl call) node {
			var read EventRead
			if _, ok := c.chain(cl.expr, &read); ok {
				c.problem(c.start(cl.expr), "events by themselves are not a value; end with .count(), .sum(\"total\"), .avg, .min, .max, .first() or .last(), "+
					"and to ask about each of them write %s", chainUsage)
			}
			return absent()
		}}
	}
	all := map[string]function{
		"events": unfinished(`events("order_completed").count()`, true, 1),
		"within": unfinished(`events("order_completed").within("30d").count()`, false, 2),
		"where":  unfinished(chainUsage, false, 3),
	}
	addAggregates(all)
	return all
}

// chain compiles what an aggregate stands on. read gathers what it needs of the history.
func (c *compiler) chain(e ast.Expr, read *EventRead) (*chain, bool) {
	if e.Kind() != ast.CallKind {
		c.problem(c.start(e), "this is asked of events; write %s", chainUsage)
		return nil, false
	}
	call := e.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); {
	case name == "events" && !call.IsMemberFunction() && len(args) == 1:
		event, ok := c.text(args[0], "the event's name")
		if ok && event == "" {
			c.problem(c.start(args[0]), "the event's name is empty; write %s", chainUsage)
		}
		c.unseenEvent(args[0], event)
		read.Name = event
		return &chain{name: event, cost: 1}, ok
	case name == "within" && call.IsMemberFunction() && len(args) == 1:
		ch, ok := c.chain(call.Target(), read)
		return ch, c.within(ch, args[0], read) && ok
	case name == "where" && call.IsMemberFunction() && len(args) == 2:
		ch, ok := c.chain(call.Target(), read)
		return ch, c.where(ch, args, read) && ok
	}
	c.problem(c.start(e), "this is asked of events; write %s", chainUsage)
	return nil, false
}

func (c *compiler) within(ch *chain, arg ast.Expr, read *EventRead) bool {
	c.reads.Now = true
	s, ok := c.text(arg, "the length of the window")
	if !ok {
		return false
	}
	window, ok := parseSpan(s)
	if !ok || window.total() <= 0 {
		c.problem(c.start(arg), "%q is not a length of time; write a number with s, m, h, d, w or mo, such as within(\"30d\")", s)
		return false
	}
	if back := window.longest(); read.Within == 0 || back < read.Within {
		read.Within = back
	}
	if ch != nil {
		ch.windows = append(ch.windows, window)
		ch.cost++
		if window.months != 0 {
			ch.cost += monthSteps
		}
	}
	return true
}

// longest is the most that the span can be back in time, a month being 31 days and the clocks
// having changed on the way.
func (s span) longest() time.Duration {
	if s.months == 0 {
		return s.duration()
	}
	return span{us: s.us + int64(s.months)*31*day + day}.duration()
}

// shortest is the least that the span can be back in time.
func (s span) shortest() time.Duration {
	if s.months == 0 {
		return s.duration()
	}
	return max(0, span{us: s.us + int64(s.months)*28*day - day}.duration())
}

func (c *compiler) where(ch *chain, args []ast.Expr, read *EventRead) bool {
	name, ok := c.loopVariable(args[0], chainUsage)
	if !ok {
		return false
	}
	slot := len(c.vars)
	c.nest(args[1], variable{name: name, event: true, read: read}, mostEvents, func() {
		n := c.condition(args[1])
		if ch != nil {
			ch.wheres = append(ch.wheres, condition{slot, n.holds, n})
			ch.cost += int64(n.size)
		}
	})
	return true
}

// events yields the chain's events by number, and notes when time alone adds or removes one.
func (ch *chain) events(r *run) iter.Seq[*profile.Event] {
	return func(yield func(*profile.Event) bool) {
		history := r.facts.History[ch.name]
		for i := range history {
			e := &history[i]
			if !r.spend(ch.cost) {
				return
			}
			from, until := ch.span(r, e)
			if until <= r.now || from >= until || !ch.matches(r, e) {
				continue
			}
			if from > r.now {
				r.flipAt(from)
				continue
			}
			r.flipAt(until)
			if !yield(e) {
				return
			}
		}
	}
}

// days yields the days that stand for events of the chain: each is within all windows, or outside of one.
// One that leaves a window is looked at anew once its first event does; of a window of months, once that may.
func (ch *chain) days(r *run) iter.Seq[*profile.Day] {
	return func(yield func(*profile.Day) bool) {
		if len(ch.wheres) > 0 {
			return
		}
		days := r.facts.Days[ch.name]
		for i := range days {
			d := &days[i]
			if !r.spend(ch.cost) {
				return
			}
			until := int64(never)
			for _, w := range ch.windows {
				until = min(until, d.First.UnixMicro()+w.shortest().Microseconds())
			}
			if until <= r.now {
				continue
			}
			r.flipAt(until)
			if !yield(d) {
				return
			}
		}
	}
}

// looks notes what an aggregate over the chain has to know; each: it looks at the events one by one.
func (c *compiler) looks(ch *chain, read EventRead, each bool) {
	if each || len(ch.wheres) > 0 {
		c.reads.addEvent(read.EachOne())
		return
	}
	for _, w := range ch.windows {
		read.Windows = append(read.Windows, Window{Least: w.shortest(), Most: w.longest()})
	}
	c.reads.addEvent(read)
}

// span is when an event is within all windows: from its own time, so long as that is later than
// now minus the window. Without a window it counts whatever its time.
func (ch *chain) span(r *run, e *profile.Event) (from, until int64) {
	from, until = firstInstant, never
	for _, w := range ch.windows {
		from = e.Time.UnixMicro()
		end := from + w.us
		if w.months != 0 {
			end = r.addMonths(from, w.months) + w.us
		}
		until = min(until, end)
	}
	return from, until
}

func (ch *chain) matches(r *run, e *profile.Event) bool {
	for _, w := range ch.wheres {
		r.vars[w.slot] = e
		if !w.holds(r) {
			return false
		}
	}
	return true
}

// plain tells that nothing is asked of the events, so that counting them needs no look.
func (ch *chain) plain() bool { return len(ch.windows) == 0 && len(ch.wheres) == 0 }
