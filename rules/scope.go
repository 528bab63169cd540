package rules

import "slices"

// Scope says where a rule stands, and so which names it may use.
type Scope int

// The scopes.
const (
	ScopeSegment Scope = iota // user, now
	ScopeEntry                // entry.where and entry.key: user, now, event (in hand)
	ScopeGoal                 // a goal's value: user, now, event (in hand), entry; the held-out have no results
	ScopeExit                 // exit rules: user, now, event (in hand), entry, results
	ScopeWait                 // a wait_for's where and rule: as exit
	ScopeStep                 // everything else in steps: as exit, event being the entry event or the match
)

// The names that a rule can start from.
const (
	nameUser    = "user"
	nameNow     = "now"
	nameEvent   = "event"
	nameEntry   = "entry"
	nameResults = "results"
)

func (s Scope) names() []string {
	switch s {
	case ScopeSegment:
		return []string{nameUser, nameNow}
	case ScopeEntry:
		return []string{nameUser, nameNow, nameEvent}
	case ScopeGoal:
		return []string{nameUser, nameNow, nameEvent, nameEntry}
	default:
		return []string{nameUser, nameNow, nameEvent, nameEntry, nameResults}
	}
}

func (s Scope) has(name string) bool { return slices.Contains(s.names(), name) }

// place names the scope in messages.
func (s Scope) place() string {
	switch s {
	case ScopeSegment:
		return "a segment"
	case ScopeEntry:
		return "an entry"
	case ScopeGoal:
		return "a goal"
	case ScopeExit:
		return "an exit"
	case ScopeWait:
		return "a wait_for"
	default:
		return "a step"
	}
}
