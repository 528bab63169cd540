package journey

import (
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// State is where one run stands: everything the interpreter remembers between two moves. It is
// stored with the run as JSON and never leaves the database.
type State struct {
	Entry   profile.Event `json:"entry"`   // the event that began the run, or one made of an enrolment
	Entered time.Time     `json:"entered"` // in the run's clock
	Key     string        `json:"key,omitempty"`

	Step     string           `json:"step,omitempty"`      // where the run is; empty before the first step
	Arrived  time.Time        `json:"arrived,omitzero"`    // when it came there; waits are computed from it
	Visit    int              `json:"visit,omitempty"`     // counts arrivals at steps; with the run it keys a message
	Done     bool             `json:"done,omitempty"`      // what Step asked of the world is over; the run goes on behind it
	Now      time.Time        `json:"now,omitzero"`        // the last moment it was looked at; it never goes back
	Parked   bool             `json:"parked,omitempty"`    // it waits at Step
	Until    time.Time        `json:"until,omitzero"`      // deadline of the wait it is parked in; zero when there is none
	Wake     time.Time        `json:"wake,omitzero"`       // when it looks again by itself; zero when only an event can
	Judged   int64            `json:"judged,omitempty"`    // events up to this number are judged for its exits and its wait
	Held     bool             `json:"held,omitempty"`      // the gate holds the message of Step until Wake
	Chosen   time.Time        `json:"chosen,omitzero"`     // the best time for the message or wait of this step visit
	ChosenIn string           `json:"chosen_in,omitempty"` // the zone that Chosen was looked for in
	Chain    int              `json:"chain,omitempty"`     // how many entries, each set off by the one before, led to this run
	Match    *Match           `json:"match,omitempty"`     // what satisfied the wait it is parked in, judged by dispatch
	Results  Results          `json:"results,omitempty"`   // by step id, hyphens written as underscores
	Loops    map[string]*Loop `json:"loops,omitempty"`     // the repeats that it is in, by step id
	Taken    map[string]int64 `json:"taken,omitempty"`     // by collect step, up to which event it need not look
	Led      int64            `json:"led,omitempty"`       // the number of the event that led the run to Step; 0: time did, or a rule
	From     time.Time        `json:"from,omitzero"`       // where a pause was shifted: whence the time at Step counts, instead of Arrived
	Paused   time.Time        `json:"paused,omitzero"`     // since when a pause holds the run; zero: none does
	Skips    bool             `json:"skips,omitempty"`     // what it sends before it waits again came due during a pause, and is skipped
	Edited   bool             `json:"edited,omitempty"`    // it has gone over to another version than it began by
	Exit     string           `json:"exit,omitempty"`      // the reason for which it is to end, judged by dispatch
	Trail    []string         `json:"trail,omitempty"`     // the latest of what was decided, for operators; names and instants only

	Migrated Migrated `json:"-"` // what the look that follows a migration has to know; never stored
}

// Counted is the moment that lengths of time at the step count from: the arrival there, moved by the
// pauses that do not count.
func (s *State) Counted() time.Time {
	if s.From.IsZero() {
		return s.Arrived
	}
	return s.From
}

// Results are what steps left behind for the rules and templates after them.
type Results map[string]any

// Match is the event (none for a rule) that satisfied a wait, and the arm it belongs to.
type Match struct {
	Arm   string         `json:"arm"`
	Event *profile.Event `json:"event,omitempty"`
}

// Renumber says that the events of the run's profile are counted on from another's, as when two
// profiles turn out to be one person. Those up to dispatched (by the old numbers) were judged.
func (s *State) Renumber(shift, dispatched int64) {
	s.Judged = max(s.Judged, dispatched) + shift
	s.Entry.Number += shift
	if s.Led != 0 {
		s.Led += shift
	}
	if s.Match != nil && s.Match.Event != nil {
		s.Match.Event.Number += shift
	}
	for step := range s.Taken {
		s.Taken[step] += shift
	}
}
