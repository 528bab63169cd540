package channels

import (
	"errors"
	"net/http"
	"time"
)

// Kind is what a provider says became of a message.
type Kind string

// The kinds of reports. OptedOut, OptedIn and Received are about an address rather than a message.
const (
	Delivered    Kind = "delivered"
	Bounced      Kind = "bounced"
	Complained   Kind = "complained"
	Opened       Kind = "opened"
	Clicked      Kind = "clicked"
	Unsubscribed Kind = "unsubscribed"
	OptedOut     Kind = "opted_out"
	OptedIn      Kind = "opted_in"
	Received     Kind = "received"
)

// Report is one thing that happened after a message was handed over.
type Report struct {
	ID           string // the provider's own id of this happening: it is taken once
	Kind         Kind
	MessageID    string // ours, where the report names it
	ProviderID   string // else the provider's
	Permanent    bool   // of a bounce: trying again would end alike
	Code, Detail string // the provider's words, for the ledger only: they may hold an address
	URL          string // of a click
	Machine      bool   // of an open or click: by a machine, not by a reader
	From         string // of OptedOut, OptedIn and Received: the address that they came from
	Text         string // of Received
	At           time.Time
}

// Callback reads what a provider posts about the messages that it took.
type Callback interface {
	// Path is the last element of where it is mounted: "ses" means POST /v1/callbacks/ses.
	Path() string
	// Read verifies the request and reads its reports; there may be none. Its errors are, or wrap,
	// ErrUnsigned and ErrUnreadable; any other one is passing, and the provider may try again.
	Read(r *http.Request) ([]Report, error)
}

var (
	// ErrUnsigned says that a callback is not from whom it claims to be.
	ErrUnsigned = errors.New("the callback is not signed by its provider")
	// ErrUnreadable says that a callback is not what its provider documents.
	ErrUnreadable = errors.New("the callback cannot be read")
)
