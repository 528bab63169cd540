package journey

import (
	"slices"
	"time"
)

// Landing is where runs that stand at a step of one version go on in another.
type Landing struct {
	Step string // empty: nowhere, the run is completed
	// Stays says that the run goes on standing at the step that it stands at; else it comes to Step
	// anew, as the step that it stood at is gone or is another kind of step now.
	Stays bool
}

// Migrated is what the look after a migration has to know. The two are one: it is never stored.
type Migrated struct {
	To          string // the step that the run comes to anew; empty: it stays
	Exits, Wait bool   // whether they are others now, so that all events since the entry count
}

// Landing says where a run that stands at a step of the version old goes on in this one. Steps are
// known by their ids. Behind a step that is gone comes the next one of old that is still there.
func (j *Journey) Landing(old *Journey, id string) Landing {
	if id == "" {
		return Landing{Stays: true} // before the first step
	}
	from := old.byID[id]
	if at := j.byID[id]; at != nil && (from == nil || from.kind == at.kind) {
		return Landing{Step: id, Stays: true}
	}
	for ; from != nil; from = from.next {
		if j.byID[from.id] != nil {
			return Landing{Step: from.id}
		}
	}
	return Landing{}
}

// Migrate puts a run of the version old into this one. The next Next looks at it as it stands then: a
// wait is computed anew from the moment the run arrived there, and what of the exits and of the wait
// has changed counts from the entry on, as if it had always been so. A run that asks something of the
// world finishes that in its old version first.
func (j *Journey) Migrate(old *Journey, s *State) Landing {
	l := j.Landing(old, s.Step)
	s.Migrated = Migrated{Exits: !slices.EqualFunc(old.exits, j.exits, exitWhen.same) || !sameGoalExit(old.goal, j.goal)}
	switch {
	case l.Stays:
		j.stay(old, s)
	case s.Done && j.byID[s.Step] != nil: // another kind of step now, and behind it either way
		l.Stays = true
	case l.Step == "":
		s.Exit = ReasonCompleted
	default:
		s.Migrated.To = l.Step
		s.Led, s.Match, s.Parked, s.Held, s.Done = 0, nil, false, false, false
	}
	j.keepLoops(s, l)
	for id := range s.Taken {
		if at := j.byID[id]; at == nil || at.kind != "collect" {
			delete(s.Taken, id)
		}
	}
	return l
}

// stay lets the run stand where it stands.
func (j *Journey) stay(old *Journey, s *State) {
	now, before := j.byID[s.Step], old.byID[s.Step]
	if now == nil || before == nil {
		return
	}
	s.Chosen, s.ChosenIn = time.Time{}, "" // the step may give it another window
	w, waits := now.body.(*waitFor)
	was, waited := before.body.(*waitFor)
	if !waits || !waited {
		s.Match = nil
		return
	}
	s.Migrated.Wait = w.since != was.since || !slices.EqualFunc(w.arms, was.arms, waitArm.same)
	if s.Match != nil && !slices.ContainsFunc(w.arms, func(a waitArm) bool { return a.name == s.Match.Arm }) {
		s.Match = nil
	}
}

// keepLoops leaves to the run the repeats that it is in, and begins those that it has come into.
func (j *Journey) keepLoops(s *State, l Landing) {
	around := map[string]bool{}
	at := j.byID[l.Step]
	if at != nil {
		around[at.id] = true // a repeat between two rounds
		for loop := at.loop; loop != nil; loop = loop.loop {
			around[loop.id] = true
			if s.Loops[loop.id] == nil {
				if s.Loops == nil {
					s.Loops = map[string]*Loop{}
				}
				s.Loops[loop.id] = &Loop{Arrived: s.Now, First: s.Now, Last: s.Now, Began: s.Now, Rounds: 1}
			}
		}
	}
	for id := range s.Loops {
		if !around[id] {
			delete(s.Loops, id)
		}
	}
}

func (x exitWhen) same(y exitWhen) bool {
	return slices.Equal(x.events, y.events) && x.where.same(y.where) && x.rule.same(y.rule) && x.reason == y.reason
}

func (a waitArm) same(b waitArm) bool {
	return a.name == b.name && slices.Equal(a.events, b.events) && a.where.same(b.where) && a.rule.same(b.rule)
}

func sameGoalExit(a, b *Goal) bool {
	if a == nil || b == nil || !a.Exit || !b.Exit {
		return (a != nil && a.Exit) == (b != nil && b.Exit)
	}
	return slices.Equal(a.Events, b.Events) && a.Within == b.Within && a.where.same(b.where)
}

func (r *rule) same(o *rule) bool {
	if r == nil || o == nil {
		return r == o
	}
	return r.text == o.text
}
