// Package trial runs the cases of a workspace: what happens to one person, in virtual time, through
// the very walk and the very judgement of events that production runs, over a deployment in memory.
// It needs no server, no database and no network.
package trial

import (
	"time"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
)

// Case is one story of a journey and what is expected to come of it.
type Case struct {
	File    string
	Line    int
	Journey string
	Name    string

	At        time.Time // the start
	Person    profile.Profile
	Segments  map[string]bool // memberships at the start
	History   []Happening     // before the start, in order
	Events    []Happening     // in order
	Calls     map[string][]Answer
	Chance    map[string]string // what is drawn, by step
	HeldOut   bool
	Workspace *document.Node // settings that this case overrides
	Until     *When          // where the case ends, unless everything has ended before
	Expect    []Expectation
}

// Happening is one thing that happens to the person. Exactly one part beside At is set.
type Happening struct {
	At         When
	Event      string
	Properties map[string]any
	Identify   map[string]any
	Enroll     map[string]any // properties; not nil
	Consent    map[string]bool
	Confirmed  bool // the consents, those to be confirmed too
	Device     *profile.Device
	Segment    map[string]bool
	Learned    *Learned
}

// Answer is what a web service answers to one attempt of a call.
type Answer struct {
	Status int
	JSON   any
	Silent bool // no answer at all: status 0
}

// Expectation is one line that a case expects. Only what is given is compared.
type Expectation struct {
	Line    int
	At      *When
	Kind    Kind
	Name    string // template, step, event or reason, by kind
	Channel string
	Locale  string
	Reason  string
	Key     *string
	Journey string
	Holds   string // subject or body contains it
	Count   *int
	Update  map[string]any
}

// Kind is what a line of a timeline is about.
type Kind string

// The kinds of lines.
const (
	Send    Kind = "send"
	Skip    Kind = "skip"
	Call    Kind = "call"
	Emit    Kind = "emit"
	Update  Kind = "update"
	Collect Kind = "collect"
	Exit    Kind = "exit"
	Refuse  Kind = "refuse"
)

func kinds() []Kind { return []Kind{Send, Skip, Call, Emit, Update, Collect, Exit, Refuse} }

// Line is one thing that happened.
type Line struct {
	At      time.Time // in the zone of the person at that moment
	Since   time.Duration
	Kind    Kind
	Name    string
	Channel string
	Locale  string
	Reason  string
	Key     string
	Journey string
	Subject string
	Body    string
	Count   int
	Update  map[string]any
	Words   string
}
