// Package segment keeps named rules over people: which of them a change concerns, in which order they
// are worked out, and who is in. It does no I/O and reads no clock.
package segment

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Definition is a named rule.
type Definition struct {
	Key  string `json:"segment"`
	Name string `json:"name,omitempty"`
	Rule string `json:"rule"`
}

// Why is what made somebody a member, or no member any more.
type Why string

// What changes a membership.
const (
	ByEvent   Why = "event"   // they did something
	ByProfile Why = "profile" // something of them was changed
	ByTime    Why = "time"    // nothing happened, and that was it
	ByRule    Why = "rule"    // the segment's rule is new, changed or gone
	ByMerge   Why = "merge"   // two profiles turned out to be one person
)

// one is a segment with its rule compiled.
type one struct {
	Definition
	rule  *rules.Rule
	reads rules.Reads
	asked []int // the segments whose rules ask for this one
}

// Set is all segments of a workspace. It never changes and is safe for concurrent use.
type Set struct {
	all     []*one // each behind those that its rule asks for
	byKey   map[string]int
	byEvent map[string][]int
	byName  map[string][]int // by the names of what changed
	whole   []int            // those that any change of an attribute concerns
	broken  []string         // those that do not compile
}

// New compiles segments that stand in topological order, as the loader of workspaces and the API put
// them. subscribed tells of each topic whether somebody who never said so is. A segment whose rule
// does not compile, as one that an older release took, is left out and named in the error: the others
// work.
func New(all []Definition, subscribed map[string]bool) (*Set, error) {
	env, err := rules.New(rules.Topics(subscribed))
	if err != nil {
		return nil, err
	}
	s := &Set{byKey: map[string]int{}, byEvent: map[string][]int{}, byName: map[string][]int{}}
	for _, d := range all {
		rule, problems := env.Compile(d.Rule, rules.Position{File: "segments/" + d.Key, Line: 1, Column: 1}, rules.ScopeSegment)
		if rule == nil {
			s.broken = append(s.broken, d.Key)
			if err == nil {
				err = fmt.Errorf("segment %s does not compile: %v", d.Key, problems)
			}
			continue
		}
		s.add(&one{Definition: d, rule: rule, reads: rule.Reads()})
	}
	return s, err
}

func (s *Set) add(o *one) {
	n := len(s.all)
	s.all, s.byKey[o.Key] = append(s.all, o), n
	for _, e := range o.listens() {
		s.byEvent[e] = append(s.byEvent[e], n)
	}
	for _, name := range o.reads.Changes() {
		s.byName[name] = append(s.byName[name], n)
	}
	if o.reads.All {
		s.whole = append(s.whole, n)
	}
	for _, other := range o.reads.Segments {
		if i, known := s.byKey[other]; known {
			s.all[i].asked = append(s.all[i].asked, n)
		}
	}
}

// listens are the names of events that may change who is in.
func (o *one) listens() []string {
	var all []string
	for _, e := range o.reads.Events {
		all = append(all, e.Name)
	}
	if len(o.reads.Consents) > 0 {
		all = append(all, "consent_changed", "unsubscribed")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Keys are the segments in the order in which they are worked out.
func (s *Set) Keys() []string {
	keys := make([]string, len(s.all))
	for i, o := range s.all {
		keys[i] = o.Key
	}
	return keys
}

// Has tells whether there is such a segment, one that does not compile included.
func (s *Set) Has(key string) bool {
	_, known := s.byKey[key]
	return known || slices.Contains(s.broken, key)
}

// Rule is a segment's rule; nil when there is no such segment.
func (s *Set) Rule(key string) *rules.Rule {
	if i, known := s.byKey[key]; known {
		return s.all[i].rule
	}
	return nil
}

// Listens are the events that may change who is in a segment, sorted.
func (s *Set) Listens(key string) []string {
	if i, known := s.byKey[key]; known {
		return s.all[i].listens()
	}
	return nil
}

// Change is what happened to a person.
type Change struct {
	Event string   // the name of what they did; empty: nothing
	Names []string // of what was changed: attributes, and what package profile names
	Keys  []string // segments to look at whatever happened
	All   bool     // everything may have changed, as when a person is seen for the first time
}

// Concerned are the segments that a change may move somebody into or out of; nil when there are none.
func (s *Set) Concerned(c Change) *Part {
	if s == nil || len(s.all) == 0 {
		return nil
	}
	p := &Part{set: s, direct: make([]bool, len(s.all)), within: make([]bool, len(s.all))}
	if c.All || slices.Contains(c.Names, "timezone") { // hours, days and dates are local
		for i := range s.all {
			p.add(i)
		}
		return p
	}
	if c.Event != "" {
		p.add(s.byEvent[c.Event]...)
	}
	for _, name := range c.Names {
		p.add(s.byName[name]...)
	}
	if len(c.Names) > 0 {
		p.add(s.whole...)
	}
	for _, key := range c.Keys {
		if i, known := s.byKey[key]; known {
			p.add(i)
		}
	}
	if !slices.Contains(p.direct, true) {
		return nil
	}
	for i, o := range s.all { // whoever is asked stands before who asks
		if p.within[i] {
			for _, next := range o.asked {
				p.within[next] = true
			}
		}
	}
	return p
}

// Part are the segments that a change concerns, and those that ask for them.
type Part struct {
	set    *Set
	direct []bool // the change concerns them
	within []bool // it may, by way of others
}

func (p *Part) add(all ...int) {
	for _, i := range all {
		p.direct[i], p.within[i] = true, true
	}
}

// Reads is all that may have to be known, so that it is fetched once.
func (p *Part) Reads() rules.Reads {
	var all rules.Reads
	for i, o := range p.set.all {
		if p.within[i] {
			all = all.Merge(o.reads)
		}
	}
	return all
}

// Flip is somebody becoming a member, or ceasing to be one.
type Flip struct {
	Segment string
	Entered bool
}

// Name is how the flip stands among the changed names of an event.
func (f Flip) Name() string { return profile.SegmentChange(f.Segment) }

// Outcome is what looking at a person came to.
type Outcome struct {
	Flips     []Flip // in the order in which they were found
	Due       []Due
	Evaluated []string // the segments that were looked at
}

// Due is when a membership has to be looked at again though nothing happens.
type Due struct {
	Segment string
	At      time.Time
}

// Evaluate says who the person of the facts is in now, as against f.Segments. Each segment is looked at
// when the change concerns it, or when another that its rule asks for has flipped.
func (p *Part) Evaluate(f rules.Facts) Outcome {
	var out Outcome
	members := maps.Clone(f.Segments)
	if members == nil {
		members = map[string]bool{}
	}
	f.Segments = members
	look := slices.Clone(p.direct)
	for i, o := range p.set.all {
		if !look[i] {
			continue
		}
		v := o.rule.Holds(&f)
		out.Evaluated = append(out.Evaluated, o.Key)
		if !v.FlipsAt.IsZero() {
			out.Due = append(out.Due, Due{o.Key, v.FlipsAt})
		}
		if v.True == members[o.Key] {
			continue
		}
		members[o.Key] = v.True
		out.Flips = append(out.Flips, Flip{o.Key, v.True})
		for _, next := range o.asked {
			look[next] = true
		}
	}
	return out
}
