package journey

import (
	"strconv"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/rules"
)

// branch is the step that goes one of several ways: the first whose rule holds.
type branch struct {
	passing
	arms []arm
}

type arm struct {
	when  *rule // nil: else
	steps []*step
	wrong bool // it has no rule, though it should
}

func readBranch(c *compiler, s *step, n *document.Node) body {
	b := &branch{}
	if n.Kind != document.List {
		c.Fail(n, "a branch is %s; write a list of {when, steps}, and else last", n.Shape())
		return b
	}
	if len(n.Items) == 0 {
		c.Fail(n, "a branch has no arms; write - when: and a rule")
	}
	base := c.ran
	var left []string
	always := "" // the arm behind which nothing is reached
	for i, item := range n.Items {
		c.ran = base
		f, ok := c.Mapping(item, "an arm of a branch", "{when: and a rule, steps: and a list}")
		if !ok {
			continue
		}
		if always != "" {
			c.advise(item, "no run gets to this arm, as %s stands before it; write it before, or leave it out", always)
			always = ""
		}
		var a arm
		if f.Has("else") {
			a.steps = c.steps(f.Get("else"), "else")
			if i < len(n.Items)-1 {
				always = "else"
			}
			if f.Has("when") {
				c.Fail(item, "an arm has when or else, not both; write two arms")
				f.Get("when")
				f.Get("steps")
			}
		} else {
			a.wrong = true
			if v := f.Want("when", "when: and a rule, or else: and steps"); v != nil {
				a.when = c.boolRule(v, rules.ScopeStep)
				a.wrong = a.when == nil
				if holds, constant := a.when.constant(); constant && holds {
					always = "one that always holds"
				} else if constant {
					c.advise(v, "no run gets to this arm, as its rule never holds; write another rule, or leave the arm out")
				}
			}
			if v := f.Want("steps", "steps: and a list"); v != nil {
				a.steps = c.steps(v, "an arm of a branch")
			}
		}
		f.Know("when", "steps", "else")
		f.Done()
		b.arms = append(b.arms, a)
		left = append(left, c.ran[len(base):]...)
	}
	c.ran = append(base[:len(base):len(base)], left...)
	return b
}

func (b *branch) lists() [][]*step {
	all := make([][]*step, len(b.arms))
	for i, a := range b.arms {
		all[i] = a.steps
	}
	return all
}

func (b *branch) ends() bool {
	last := len(b.arms) - 1
	if last < 0 || b.arms[last].when != nil || b.arms[last].wrong {
		return false
	}
	for _, a := range b.arms {
		if !ended(a.steps) {
			return false
		}
	}
	return true
}

func (b *branch) look(w *walk, at *step, _ bool) turn {
	for i, a := range b.arms {
		if a.when == nil {
			return b.take(w, at, "else", firstOf(a.steps, at.next), nil)
		}
		if holds, _ := w.holds(a.when, at, w.s.Now); holds {
			return b.take(w, at, strconv.Itoa(i+1), firstOf(a.steps, at.next), a.when)
		}
	}
	return b.take(w, at, "none", at.next, nil)
}

// take notes which way the run goes. With a single rule the answer to it is yes or no.
func (b *branch) take(w *walk, at *step, way string, to *step, by *rule) turn {
	said := way
	if len(b.arms) == 1 || len(b.arms) == 2 && b.arms[1].when == nil {
		said = "no"
		if by != nil {
			said = "yes"
		}
	}
	var inputs map[string]any
	if by != nil {
		inputs = map[string]any{"rule": by.text}
	}
	w.note(at.id, "branch", way, at.id+": "+said+toward(to), inputs)
	return goOn(to)
}

func toward(to *step) string {
	if to == nil {
		return " -> end"
	}
	return " -> " + to.id
}
