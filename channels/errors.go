package channels

import (
	"fmt"
	"time"
)

// Reason is why a provider did not take a message: a closed list of codes that hold nothing
// personal, so that they may be shown and cross into Temporal.
type Reason string

// Final reasons, in a Rejected.
const (
	MailboxUnavailable Reason = "mailbox_unavailable" // no such person there
	MailboxDisabled    Reason = "mailbox_disabled"
	DomainUnavailable  Reason = "domain_unavailable" // no such domain, or it takes no mail
	InvalidAddress     Reason = "invalid_address"
	InvalidMessage     Reason = "invalid_message" // ours: it could not be written as an e-mail
	MessageTooLarge    Reason = "message_too_large"
	ContentRefused     Reason = "content_refused" // as spam, or malformed
	PolicyRefused      Reason = "policy_refused"  // of this sender: SPF, DKIM, DMARC, blocklist
	RelayDenied        Reason = "relay_denied"
	OtherRejection     Reason = "rejected"
)

// Passing reasons, in a Refused.
const (
	Throttled        Reason = "throttled"
	MailboxFull      Reason = "mailbox_full"
	Greylisted       Reason = "greylisted"
	ProviderDown     Reason = "provider_unavailable" // no connection, or it closed before it could have taken anything
	ProviderSettings Reason = "provider_settings"    // our credentials or TLS: an operator has to act
	Cancelled        Reason = "cancelled"            // the caller's context ended before anything was at stake
	Closed           Reason = "closed"               // the provider was closed here
	OtherRefusal     Reason = "temporarily_refused"
)

// Rejected is the provider's final no. The message was not sent and never will be.
type Rejected struct {
	Provider  string
	MessageID string
	Reason    Reason
	Code      string // the provider's own, such as "550 5.1.1"
	Detail    string // the provider's words: for the ledger only, never in Error()
}

func (e *Rejected) Error() string {
	return describe(e.Provider, "rejected", e.MessageID, e.Reason, e.Code)
}

// Refused is a no for now: the message was certainly not sent and may be tried again.
type Refused struct {
	Provider  string
	MessageID string
	Reason    Reason
	Code      string
	// Delay is what the provider asked for, else a sensible default.
	Delay  time.Duration
	Detail string // as in Rejected
}

func (e *Refused) Error() string {
	return fmt.Sprintf("%s; retry after %s", describe(e.Provider, "refused for now", e.MessageID, e.Reason, e.Code), e.Delay)
}

// Unknown means that the provider got all of the message and we have no answer: it may or may not
// have been sent.
type Unknown struct {
	Provider  string
	MessageID string
	Detail    string // as in Rejected
}

func (e *Unknown) Error() string {
	return fmt.Sprintf("%s: outcome unknown: message %s: the connection ended before the answer came", e.Provider, e.MessageID)
}

func describe(provider, what, id string, reason Reason, code string) string {
	if code != "" {
		code = " (" + code + ")"
	}
	return fmt.Sprintf("%s: %s: message %s: %s%s", provider, what, id, reason, code)
}
