// Package journey is the journey language and its interpreter: a file becomes a compiled journey,
// and a compiled journey says of a run what happens next. It does no I/O and reads no clock.
package journey

import (
	"maps"
	"slices"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Journey is one compiled version. It never changes and is safe for concurrent use.
type Journey struct {
	key, name string
	entry     Entry
	exits     []exitWhen
	goal      *Goal
	steps     []*step
	order     []*step // all of them, as in the file
	byID      map[string]*step
	sends     []*send
	leaving   []string // the events that exits look at

	reads      []rules.EventRead // by rules, of a run
	entryReads []rules.EventRead
	awaited    []string // the events that wait_fors look at one by one, from the entry on
	collects   []*step
	overdue    bool            // rules are asked of when a wait_for timed out
	watched    rules.Reads     // by rules that are looked at while a run waits
	watches    map[string]bool // events that may matter to a run
	clocked    bool            // local time matters while a run waits
	mentions   Mentions
}

// StepInfo is a step as shown to people.
type StepInfo struct {
	ID, Kind string
	Line     int
}

// Key is the journey's name in ids.
func (j *Journey) Key() string { return j.key }

// Name is what people call it.
func (j *Journey) Name() string { return j.name }

// Steps are all steps in the order of the file.
func (j *Journey) Steps() []StepInfo {
	all := make([]StepInfo, len(j.order))
	for i, s := range j.order {
		all[i] = StepInfo{s.id, s.kind, s.at.Line}
	}
	return all
}

// Sends are the steps that send, in the order of the file.
func (j *Journey) Sends() []SendStep {
	all := make([]SendStep, len(j.sends))
	for i, b := range j.sends {
		all[i] = b.ask()
	}
	return all
}

// SendStep returns the send with this id.
func (j *Journey) SendStep(id string) (SendStep, bool) {
	for _, b := range j.sends {
		if b.ID == id {
			return b.ask(), true
		}
	}
	return SendStep{}, false
}

// Goal is what the journey is for; false when it does not say.
func (j *Journey) Goal() (Goal, bool) {
	if j.goal == nil {
		return Goal{}, false
	}
	return *j.goal, true
}

// Event is what rules and templates at the step where the run stands call `event`.
func (j *Journey) Event(s *State) profile.Event { return eventAt(s, j.byID[s.Step]) }

// Cares tells whether an event (empty: none) or a change of these attributes can mean anything to
// a run of this version: where it is false, Judge says nothing.
func (j *Journey) Cares(event string, changed []string) bool {
	if event != "" && j.watches[event] {
		return true
	}
	for _, name := range changed {
		if j.watched.All || name == "timezone" && j.clocked {
			return true
		}
		if _, found := slices.BinarySearch(j.watched.Attributes, name); found {
			return true
		}
	}
	return false
}

// Listens are the events that may mean something: to somebody who may enter, to a run, to a goal.
func (j *Journey) Listens() []string {
	all := slices.Concat(j.entry.Events, slices.Collect(maps.Keys(j.watches)))
	slices.Sort(all)
	return slices.Compact(all)
}

func (j *Journey) first() *step {
	if len(j.steps) == 0 {
		return nil
	}
	return j.steps[0]
}

// need notes what a rule reads of the past.
func (c *compiler) need(r *rule, scope rules.Scope) {
	reads := &c.j.reads
	if scope == rules.ScopeEntry {
		reads = &c.j.entryReads
	}
	*reads = rules.Reads{Events: *reads}.Merge(r.reads).Events
}

// otherwhile notes that a rule is not only asked of the present, but of events that came before or of when
// the run came to a step: of what it reads of the past no day may stand for its events.
func (c *compiler) otherwhile(r *rule) {
	if r == nil {
		return
	}
	for _, e := range r.reads.Events {
		c.j.reads = rules.Reads{Events: c.j.reads}.Merge(rules.Reads{Events: []rules.EventRead{e.EachOne()}}).Events
	}
}

// watch notes that a rule is looked at while a run waits.
func (c *compiler) watch(r *rule) {
	if r == nil {
		return
	}
	c.j.clocked = true // dates, hours and days are local
	reads := r.reads.Merge()
	reads.Attributes = reads.Changes()
	c.j.watched = c.j.watched.Merge(reads)
	for _, e := range r.reads.Events {
		c.watchEvents([]string{e.Name})
	}
	if len(r.reads.Consents) > 0 {
		c.watchEvents([]string{"consent_changed", "unsubscribed"})
	}
}

func (c *compiler) watchEvents(names []string) {
	for _, name := range names {
		c.j.watches[name] = true
	}
}

// awaits notes that a wait_for looks at events of these names one by one.
func (c *compiler) awaits(names []string, since string) {
	c.watchEvents(names)
	if since != "ever" {
		c.j.awaited = append(c.j.awaited, names...)
		return
	}
	for _, name := range names {
		all := rules.Reads{Events: []rules.EventRead{{Name: name, Properties: true, Each: rules.Always}}}
		c.j.reads = all.Merge(rules.Reads{Events: c.j.reads}).Events
	}
}

func (j *Journey) finish() {
	for _, x := range j.exits {
		j.leaving = append(j.leaving, x.events...)
	}
	if j.goal != nil && j.goal.Exit {
		j.leaving = append(j.leaving, j.goal.Events...)
	}
}
