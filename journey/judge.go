package journey

import (
	"cmp"
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// Judgement is what one event or change means for one run.
type Judgement struct {
	Goal  bool     // it reached the goal
	Value *float64 // what that is worth, where the goal says so
	Exit  string   // the reason for which the run is to end; empty: it goes on
	Match *Match   // it satisfies the wait that the run is parked in

	// Look says that nothing of this happened, but that the run has to look at its wait anew: its
	// zone or date has moved, or a rule may now change before the run wakes by itself.
	Look bool
}

// Judge says what an event, or a change of attributes (an event without a name), means for the run
// that s is the state of: the goal first, then exits as listed, then the wait it is parked in. It
// changes nothing. f.Profile is as it is after the change, f.History includes the event.
func (j *Journey) Judge(s *State, e profile.Event, changed []string, f Facts) Judgement {
	var v Judgement
	if !j.Cares(e.Name, changed) {
		return v
	}
	if e.Name != "" {
		v.Goal, v.Value = j.GoalOf(s, e, f)
	}
	if s.Exit != "" || e.Number != 0 && (e.Number <= s.Judged || e.Number <= s.Entry.Number) {
		return v
	}
	w := look(j, s, f)
	if v.Exit = w.exitNow(e); v.Exit != "" {
		return v
	}
	at := j.byID[s.Step]
	if s.Parked && s.Match == nil && at != nil {
		v.Match, v.Look = at.body.hear(w, at, e)
	}
	v.Look = v.Match == nil && (v.Look || at != nil && w.brokenOff(at) != nil || sooner(w.flips, s.Wake))
	return v
}

// exitNow looks at all exits in order, those by event and those by rule.
func (w *walk) exitNow(e profile.Event) string {
	w.flips = time.Time{}
	for _, x := range w.j.exits {
		if x.rule == nil {
			if x.on(w, e) {
				return cmp.Or(x.reason, e.Name)
			}
			continue
		}
		holds, flips := w.holdsAlone(x.rule)
		if holds {
			return cmp.Or(x.reason, "rule")
		}
		w.flips = earliest(w.flips, flips)
	}
	return w.exitByGoal(e)
}

// hear says whether an event or change satisfies the wait, else whether the wait must be computed anew.
func (b *wait) hear(w *walk, at *step, _ profile.Event) (*Match, bool) {
	target, _, missing := b.target(w, at)
	return nil, missing != "" || !target.Equal(w.s.Until)
}

func (b *waitFor) hear(w *walk, at *step, e profile.Event) (*Match, bool) {
	deadline, ok := b.deadline(w, at)
	if !ok {
		return nil, true
	}
	if e.Name != "" {
		if arm, ok := b.matches(w, e, deadline); ok {
			return &Match{Arm: arm, Event: &e}, false
		}
	}
	moved := !deadline.Equal(w.s.Until)
	if !deadline.IsZero() && w.s.Now.After(deadline) {
		return nil, moved
	}
	arm, flips := b.holds(w, at, w.s.Now)
	if arm != "" {
		return &Match{Arm: arm}, false
	}
	return nil, moved || sooner(flips, w.s.Wake)
}

// sooner tells whether a comes before b, where zero means never.
func sooner(a, b time.Time) bool {
	return !a.IsZero() && (b.IsZero() || a.Before(b))
}
