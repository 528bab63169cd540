package journey

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// repeat is the step that goes through its steps again and again.
type repeat struct {
	series calendar.Repeat
	times  int // rounds at most; 0: no end by number
	until  *rule
	spread time.Duration
	steps  []*step
}

// Loop is where a run stands in a repeat. It has one size, however many rounds there are.
type Loop struct {
	Arrived time.Time `json:"arrived"`          // at the repeat, by the clock that the first round went by
	First   time.Time `json:"first,omitzero"`   // the first round's time, by the same
	Last    time.Time `json:"last,omitzero"`    // the last round's time
	Began   time.Time `json:"began,omitzero"`   // when the last round really began
	Rounds  int       `json:"rounds,omitempty"` // begun
}

func readRepeat(c *compiler, s *step, n *document.Node) body {
	b := &repeat{}
	f, ok := c.Mapping(n, "a repeat", "{every: 7d, at: \"09:00\", steps: ...}")
	if !ok {
		return b
	}
	b.series = c.series(n, f, "a repeat")
	if v := f.Get("spread"); v != nil {
		b.spread = c.spreadOf(v)
	}
	if f.Has("at") || f.Has("on") || f.Has("rrule") {
		c.localClock(n, nil)
	}
	if v := f.Get("times"); v != nil {
		b.times = c.count(v, "times", 1, 10_000)
	}
	inner := f.Get("steps")
	if inner == nil && !f.Has("steps") {
		c.Fail(n, "a repeat has no steps; write steps: and a list")
	}
	outer := c.loop
	c.loop = s
	if inner != nil {
		b.steps = c.steps(inner, "a repeat")
	}
	c.loop = outer
	// What the rounds leave may be there when the rule is looked at.
	if rule := f.Get("until"); rule != nil {
		b.until = c.boolRule(rule, rules.ScopeStep)
		c.watch(b.until)
	}
	f.Done()
	return b
}

func (b *repeat) lists() [][]*step { return [][]*step{b.steps} }

// ends tells whether no run comes out: when each round ends the run, or when there is no last one.
func (b *repeat) ends() bool {
	endless := b.times == 0 && b.until == nil && (b.series.Rule == nil || !b.series.Rule.Ends())
	return endless || ended(b.steps)
}

func (b *repeat) look(w *walk, at *step, first bool) turn {
	l := w.s.Loops[at.id]
	if l == nil {
		l = &Loop{Arrived: w.s.Arrived.In(w.zone(nil, at).loc)}
		if w.s.Loops == nil {
			w.s.Loops = map[string]*Loop{}
		}
		w.s.Loops[at.id] = l
	}
	reason, flips := b.over(w, at, l)
	if reason != "" {
		return b.leave(w, at, l, reason)
	}
	next := b.next(w, at, l)
	if next.IsZero() {
		return b.leave(w, at, l, "no_more")
	}
	if due := next.Add(b.apart(w, at, l)); w.s.Now.Before(due) {
		if first || !due.Equal(w.s.Until) {
			w.note(at.id, "repeat", "waiting", "round "+strconv.Itoa(l.Rounds+1)+" on "+spoken(due), map[string]any{"until": due, "round": l.Rounds + 1})
		}
		return turn{until: due, flips: flips}
	}
	l.Rounds++
	l.Last, l.Began = next, w.s.Now
	if l.First.IsZero() {
		l.First, l.Arrived = next, l.Arrived.In(next.Location())
	}
	w.note(at.id, "repeat", "round", fmt.Sprintf("round %d", l.Rounds), map[string]any{"round": l.Rounds})
	return goOn(b.steps[0])
}

// over says why there is no other round, and when that may change by itself.
func (b *repeat) over(w *walk, at *step, l *Loop) (reason string, flips time.Time) {
	if b.until != nil {
		holds, flips := w.holds(b.until, at, w.s.Now)
		if holds {
			return "until", flips
		}
		if b.times == 0 || l.Rounds < b.times {
			return "", flips
		}
	}
	if b.times > 0 && l.Rounds >= b.times {
		return "times", time.Time{}
	}
	return "", time.Time{}
}

// next is the time of the next round; zero: there is none.
func (b *repeat) next(w *walk, at *step, l *Loop) time.Time {
	loc := w.zone(nil, at).loc
	var t time.Time
	if l.Rounds == 0 {
		t = b.series.First(l.Arrived, loc)
	} else {
		t = b.series.Next(l.Arrived, l.First, l.Last, w.s.Counted(), loc)
	}
	if t.IsZero() {
		return t
	}
	return writable(t)
}

// apart spreads each round by an amount of its own.
func (b *repeat) apart(w *walk, at *step, l *Loop) time.Duration {
	if b.spread <= 0 {
		return 0
	}
	return calendar.Spread(b.spread, w.j.key, w.f.Profile.ID, w.s.Key, at.id, strconv.Itoa(l.Rounds+1))
}

func (b *repeat) leave(w *walk, at *step, l *Loop, reason string) turn {
	delete(w.s.Loops, at.id)
	w.note(at.id, "repeat", reason, fmt.Sprintf("%s: over after %d rounds%s", at.id, l.Rounds, toward(at.next)), map[string]any{"rounds": l.Rounds})
	return goOn(at.next)
}

// hear tells whether the round's time must be computed anew.
func (b *repeat) hear(w *walk, at *step, _ profile.Event) (*Match, bool) {
	l := w.s.Loops[at.id]
	if l == nil {
		return nil, true
	}
	reason, flips := b.over(w, at, l)
	if reason != "" || sooner(flips, w.s.Wake) {
		return nil, true
	}
	next := b.next(w, at, l)
	return nil, next.IsZero() || !next.Add(b.apart(w, at, l)).Equal(w.s.Until)
}

// brokenOff is the repeat around a step, the outermost one, whose until holds: it is over at once,
// wherever its round stands.
func (w *walk) brokenOff(at *step) *step {
	var out *step
	for s := at.loop; s != nil; s = s.loop {
		b, _ := s.body.(*repeat)
		if b == nil || b.until == nil || w.s.Loops[s.id] == nil {
			continue
		}
		holds, flips := w.holds(b.until, s, w.s.Now)
		if holds {
			out = s
		}
		w.flips = earliest(w.flips, flips)
	}
	return out
}

// breakOff leaves a repeat and those inside it, and returns what comes behind.
func (w *walk) breakOff(out *step) *step {
	for id := range w.s.Loops {
		for s := w.j.byID[id]; s != nil; s = s.loop {
			if s == out {
				delete(w.s.Loops, id)
				break
			}
		}
	}
	w.note(out.id, "repeat", "until", out.id+": over"+toward(out.next), nil)
	return out.next
}

// round tells in which rounds a step is passed, for what must differ between them.
func (w *walk) round(at *step) string {
	text := ""
	for s := at.loop; s != nil; s = s.loop {
		if l := w.s.Loops[s.id]; l != nil {
			text += "/" + strconv.Itoa(l.Rounds)
		}
	}
	return text
}

// begins is when the run's entry counts from at a step: inside a repeat, when the round began.
func (w *walk) begins(at *step) time.Time {
	if at.loop != nil {
		if l := w.s.Loops[at.loop.id]; l != nil {
			return l.Began
		}
	}
	return time.Time{}
}
