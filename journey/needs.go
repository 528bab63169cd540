package journey

import (
	"slices"

	"github.com/mixtapehq/mixtape/rules"
)

// Needs is the history that the interpreter wants to see.
type Needs struct {
	Events []rules.EventRead // for the rules
	// After has the events that are looked at one by one: by name, those with a number above this.
	After map[string]int64
}

// Needs is the history that a run in this state wants to see in Facts: for exits what was not judged yet,
// for collects what is not gathered yet, for waits all since the entry, as one may stand ahead. So what a
// run reads at a look does not grow with its age where rounds gather events.
func (j *Journey) Needs(s *State) Needs {
	n := Needs{Events: slices.Clone(j.reads), After: map[string]int64{}}
	entry := s.Entry.Number
	judged := max(s.Judged, entry)
	if s.Migrated.Exits {
		judged = entry
	}
	n.after(j.leaving, judged)
	n.after(j.awaited, entry)
	for _, at := range j.collects {
		b, _ := at.body.(*collect)
		after, _ := b.after(s, at)
		n.after(b.events, after)
	}
	return n
}

// after wants the events of these names with a number above after, too.
func (n *Needs) after(names []string, after int64) {
	for _, name := range names {
		if old, wanted := n.After[name]; wanted {
			n.After[name] = min(old, after)
		} else {
			n.After[name] = after
		}
	}
}

// EntryNeeds is the history that EntryVerdict and EntryKey want to see in Facts.
func (j *Journey) EntryNeeds() Needs { return Needs{Events: slices.Clone(j.entryReads)} }
