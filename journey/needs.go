package journey

import (
	"cmp"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/rules"
)

// Needs is the history that the interpreter wants to see.
type Needs struct {
	Events []rules.EventRead // for the rules
	// After has the events that are looked at one by one: by name, those with a number above this.
	After map[string]int64
	// The rules are asked of moments from From on up to Until; zero: only of the present.
	From, Until time.Time
}

// zoneChange is more than a local time moves in when somebody goes from a time zone to another.
const zoneChange = 27 * time.Hour

// Needs is the history that a run in this state wants to see in Facts: for exits what was not judged yet,
// for collects what is not gathered yet, for waits all since the entry, as one may stand ahead. So what a
// run reads at a look does not grow with its age where rounds gather events.
func (j *Journey) Needs(s *State) Needs {
	n := Needs{Events: slices.Clone(j.reads), After: map[string]int64{}, Until: s.Now}
	if j.overdue {
		n.From = cmp.Or(s.Counted(), s.Entered)
		if s.Parked && !s.Until.IsZero() && s.Migrated == (Migrated{}) {
			n.From = s.Until
		}
		n.From = n.From.Add(-zoneChange)
	}
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
