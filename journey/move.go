package journey

import "time"

// MoveKind is what a run does next.
type MoveKind string

// The kinds of Move.
const (
	MoveWait    MoveKind = "wait"    // for a step, a hold or a pause
	MoveDeliver MoveKind = "deliver" // one message
	MoveCall    MoveKind = "call"    // one web service
	MoveEnd     MoveKind = "end"
)

// Phase is what operators filter runs by (search attribute JourneyState).
type Phase string

// The phases of a run.
const (
	Waiting    Phase = "waiting"
	Held       Phase = "held"
	Delivering Phase = "delivering"
	Calling    Phase = "calling"
	Paused     Phase = "paused"
	Stuck      Phase = "stuck"
	Ended      Phase = "ended"
)

// Move is the order that a run's workflow carries out. It enters Temporal's history: ids, names of
// steps and zones, and instants only; nothing of a person.
type Move struct {
	Seq     int       `json:"seq"`
	Kind    MoveKind  `json:"kind"`
	Phase   Phase     `json:"phase"`
	Step    string    `json:"step,omitempty"`
	Wake    time.Time `json:"wake,omitzero"`     // real time of the timer; zero: only a wake ends the wait
	Message string    `json:"message,omitempty"` // to deliver
	Call    string    `json:"call,omitempty"`    // to make
	Queue   string    `json:"queue,omitempty"`   // where its deliverer listens
	Urgency int       `json:"urgency,omitempty"` // of a delivery, Temporal's priority: 1 goes before all else; zero is the usual 3
	Reason  string    `json:"reason,omitempty"`  // of the end
	Summary string    `json:"summary,omitempty"` // at most 200 bytes, on the timer or delivery
	Details string    `json:"details,omitempty"` // Markdown: where it is, why, what next, the trail so far
	Version string    `json:"version,omitempty"` // of a wait: by which the run goes on, where it began by another
	// Passed says that a later move exists already (after a reset): do not wait, ask for the next.
	Passed bool `json:"passed,omitempty"`
}

// CauseKind is why a run asks for its next move.
type CauseKind string

// The causes. Each is only a hint: what counts is what Advance finds under the lock.
const (
	Entered   CauseKind = "entered"
	Timer     CauseKind = "timer"
	Woken     CauseKind = "wake"
	Delivered CauseKind = "delivered" // the message's row says what became of it
	Called    CauseKind = "called"    // the call's row says what was answered
	Resumed   CauseKind = "resumed"   // a new execution goes on, or passes over stored moves
	Cancelled CauseKind = "cancelled" // by an operator: exit `stopped`
)

// Cause is handed to Advance.
type Cause struct {
	Kind CauseKind `json:"kind"`
	Due  time.Time `json:"due,omitzero"` // of Timer: the real time it was set for
	Why  string    `json:"why,omitempty"`
}
