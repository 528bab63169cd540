package journey

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/spelling"
)

// step is one element of a journey, compiled.
type step struct {
	id, kind string
	at       *document.Node
	body     body
	next     *step // what follows when it is over; nil is the end of the journey
	leap     *step // what follows when the next one is left out, too
	loop     *step // the repeat in which it stands, the nearest; nil when there is none
	in       *step // the wait_for in whose `then` it stands, the nearest; nil when there is none
}

// body is what a step does. Each kind of step is one file with one type that implements it, and a
// line in kindNamed.
type body interface {
	// look decides what the run that stands at the step does. It is asked on arrival (first) and
	// again whenever something may have changed, and reads nothing but the walk.
	look(w *walk, at *step, first bool) turn
	// hear says whether an event (without a name: a change of attributes) satisfies the wait that the
	// run is parked in, else whether that wait must be computed anew.
	hear(w *walk, at *step, e profile.Event) (*Match, bool)
	// lists are the steps inside, in the order of the file.
	lists() [][]*step
	// ends tells whether no run comes out behind the step.
	ends() bool
}

// leaf is what bodies that hold no steps have in common; passing those that no run parks in.
type (
	leaf    struct{}
	passing struct{}
)

func (leaf) lists() [][]*step { return nil }
func (leaf) ends() bool       { return false }

func (passing) hear(*walk, *step, profile.Event) (*Match, bool) { return nil, false }

// kindNamed returns what reads the steps of a kind: the value of its field, of the step being read.
func kindNamed(name string) func(*compiler, *step, *document.Node) body {
	switch name {
	case "send":
		return readSend
	case "wait":
		return readWait
	case "wait_for":
		return readWaitFor
	case "branch":
		return readBranch
	case "collect":
		return readCollect
	case "experiment":
		return readExperiment
	case "repeat":
		return readRepeat
	case "update":
		return readUpdate
	case "emit":
		return readEmit
	case "call":
		return readCall
	case "start":
		return readStart
	case "exit":
		return readExit
	}
	return nil
}

func kindNames() []string {
	return []string{"send", "wait", "wait_for", "collect", "branch", "experiment", "repeat", "update", "emit", "call", "start", "exit"}
}

// A step id is part of message keys, search attributes and, with underscores for hyphens, of rules.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// steps reads a list of steps. What stands in it sees the results of everything before it.
func (c *compiler) steps(n *document.Node, what string) []*step {
	if n == nil {
		return nil
	}
	if n.Kind != document.List {
		c.Fail(n, "%s is %s; write a list of steps, each with an id", what, n.Shape())
		return nil
	}
	if len(n.Items) == 0 {
		c.Fail(n, "%s has no steps; write at least one", what)
	}
	if c.depth++; c.depth > maxNesting {
		c.Fail(n, "steps are nested more than %d deep; write a flatter journey", maxNesting)
		return nil
	}
	defer func() { c.depth-- }()
	var all []*step
	ended, outer := "", c.at
	for _, item := range n.Items {
		s := c.step(item)
		if s == nil {
			continue
		}
		if ended != "" {
			c.at = s.id
			c.advise(item, "no run gets here, as every one ends at %s before; write the step before it, or leave it out", ended)
			c.at, ended = outer, ""
		}
		if s.body != nil && s.body.ends() {
			ended = s.id
		}
		all = append(all, s)
	}
	c.skipsNothing(all)
	return all
}

// skipsNothing reports a wait that leaves out the next step, where the list ends behind it.
func (c *compiler) skipsNothing(all []*step) {
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1]
	w, ok := last.body.(*wait)
	if ok && w.until != nil && (w.until.past == "skip" || w.until.missing == "skip") {
		outer := c.at
		c.at = last.id
		c.advise(last.at, "skip leaves out the step behind the wait, and there is none; write a step behind it, or continue or exit")
		c.at = outer
	}
}

const maxNesting = 16

func (c *compiler) step(n *document.Node) *step {
	outer := c.at
	defer func() { c.at = outer }()
	c.at = ""
	f, ok := c.Mapping(n, "a step", "{id: welcome, send: ...}")
	if !ok {
		return nil
	}
	s := &step{at: n, in: c.in, loop: c.loop}
	id := f.Get("id")
	if id == nil && !f.Has("id") {
		c.Fail(n, "a step has no id; write id: and a name of its own")
	}
	if text, ok := c.Text(id, "id", "a name such as welcome"); ok {
		s.id, c.at = text, text
		c.name(s, id)
	}
	for _, x := range n.Fields {
		kind := x.Key.Text
		switch {
		case kind == "id":
		case kindNamed(kind) != nil && s.kind == "":
			s.kind = kind
			if v := f.Get(kind); v != nil {
				s.body = kindNamed(kind)(c, s, v)
			}
		case kindNamed(kind) != nil:
			f.Know(kind)
			c.Fail(x.Key, "a step does one thing and this one has %s beside %s; write two steps", kind, s.kind)
		}
	}
	if s.kind == "" {
		hint := "one of " + strings.Join(kindNames(), ", ")
		for _, x := range n.Fields {
			if near := spelling.Nearest(x.Key.Text, kindNames()); near != "" && x.Key.Text != "id" {
				hint = near
				f.Know(x.Key.Text)
				c.Fail(x.Key, "there is no step %s; write %s", x.Key.Text, near)
				s.kind = near
			}
		}
		if s.kind == "" && len(n.Fields) < 2 {
			c.Fail(n, "the step says not what to do; write %s", hint)
		}
	}
	f.Know(kindNames()...)
	f.Done()
	return s
}

// name enters a step under its id.
func (c *compiler) name(s *step, id *document.Node) {
	if !idPattern.MatchString(s.id) {
		c.Fail(id, "the id %q is not a plain name; write small letters, digits, - and _, a letter first, at most 63", s.id)
	}
	if had, twice := c.j.byID[s.id]; twice {
		c.Fail(id, "a step in line %d has this id already; write another", had.at.Line)
		return
	}
	for _, other := range c.j.order {
		if resultName(other.id) == resultName(s.id) {
			c.Fail(id, "rules know both %s (line %d) and this step as results.%s; write another id", other.id, other.at.Line, resultName(s.id))
		}
	}
	c.j.byID[s.id] = s
	c.j.order = append(c.j.order, s)
}

// resultName is how rules and templates name a step: a hyphen would be a minus.
func resultName(id string) string { return strings.ReplaceAll(id, "-", "_") }

// link says of each step in a list what follows it.
func link(all []*step, after *step) {
	for i, s := range all {
		s.next, s.leap = after, after
		if i+1 < len(all) {
			s.next = all[i+1]
		}
		if i+2 < len(all) {
			s.leap = all[i+2]
		}
		if s.body != nil {
			behind := s.next
			if _, again := s.body.(*repeat); again {
				behind = s
			}
			for _, inner := range s.body.lists() {
				link(inner, behind)
			}
		}
	}
}

// ended tells whether no run comes out of the list.
func ended(all []*step) bool {
	return slices.ContainsFunc(all, func(s *step) bool { return s.body != nil && s.body.ends() })
}
