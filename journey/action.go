package journey

import "time"

// ActionKind says what the interpreter needs of the world before it can go on.
type ActionKind string

// The kinds of Action.
const (
	Park   ActionKind = "park"   // wait for Wake or an event
	Send   ActionKind = "send"   // put a message through the gate
	Update ActionKind = "update" // change the profile
	Emit   ActionKind = "emit"   // let an event happen to the profile
	Start  ActionKind = "start"  // let the profile into another journey
	Call   ActionKind = "call"   // ask a web service
	End    ActionKind = "end"    // the run is over
)

// Action is what Next asks for. Exactly the part named by Kind is set.
type Action struct {
	Kind   ActionKind
	Step   string
	Send   *SendStep
	Update *Change
	Emit   *Emission
	Start  *Entrance
	Call   *CallStep
	Reason string // of End

	// FlipsAt is the next instant at which an exit rule or the rule waited for can change by
	// itself; zero is never. A held message wakes then, too. State.Wake already respects it.
	FlipsAt time.Time
	Notes   []Note // what was decided on the way here, in order
	Reached []Arrival
	Drawn   []Draw
}

// Arrival is that a run came to a step.
type Arrival struct {
	Step  string
	First bool // not in a later round of a repeat
}

// Draw is that an experiment gave a run one of its variants.
type Draw struct {
	Step, Variant string
	Chance        float64        // with which it was drawn
	Context       map[string]any // what it was drawn by, where it was chosen for the person
	Metric        string         // the event that counts; empty: the goal
}

// Change is what an update step does to the profile, evaluated.
type Change struct {
	Set     map[string]any
	Unset   []string
	Consent map[string]bool
}

// Emission is the event of an emit step, evaluated.
type Emission struct {
	Event      string
	Properties map[string]any
}

// Entrance is what a start step asks for, evaluated: With becomes the entry of the new run.
type Entrance struct {
	Journey string
	With    map[string]any
}

// CallStep is what a call asks for. URL, Headers and Body are Liquid templates; the world renders them.
type CallStep struct {
	ID      string
	Method  string
	URL     string
	Headers map[string]string
	Body    string
	SaveAs  string        // the name under results; empty: the answer is not kept
	Timeout time.Duration // of one attempt
	OnError string        // continue, exit
}

// Note is one decision of the interpreter, for the ledger and for the person who asks why.
type Note struct {
	At     time.Time      // in the run's clock
	Step   string         // empty for what concerns the whole run
	Kind   string         // the step kind, or exit
	Reason string         // short and closed by kind: the branch taken (its place or "else"), "waiting", "due", "timeout", the exit reason, missing_date, past_date
	Text   string         // the same in words for people: "activated: no -> nudge"
	Inputs map[string]any // what it looked at; stays in the database
}

// Outcome is what became of a step that the world carried out.
type Outcome string

// The outcomes of a send; an update has none.
const (
	Sent    Outcome = "sent"
	Skipped Outcome = "skipped"
	Unknown Outcome = "unknown"
)
