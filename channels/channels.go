// Package channels is how a message leaves and how its provider answers: one file a provider.
package channels

import (
	"context"
	"time"
)

// LongestSend is how long a provider may take for one message, whatever happens. Claims last longer,
// so that none runs out while its holder still waits for an answer.
const LongestSend = 20 * time.Second

// Provider hands one rendered message to the world. It is safe for concurrent use.
//
// A nil error means that the provider took responsibility for the message. Any other error is, or
// wraps, exactly one of *Rejected, *Refused and *Unknown: switch on it with errors.As.
type Provider interface {
	Name() string
	Channel() string
	Send(ctx context.Context, e Envelope) (Receipt, error)
	// IdempotencyKeys reports whether sending twice with the same Envelope.IdempotencyKey delivers
	// once: then an unknown outcome may safely be tried again.
	IdempotencyKeys() bool
	// Close lets go of connections. Sends under way finish; later ones are refused.
	Close() error
}

// Envelope is one message for one address.
type Envelope struct {
	MessageID string // ours; the provider's and the mail's Message-ID derive from it
	To        string
	From      string // `Acme <hello@acme.example>`; empty: the provider's own
	Subject   string
	HTML      string
	Text      string
	Topic     string
	// Unsubscribe is the http(s) address at which one POST withdraws consent (RFC 8058). Empty for
	// messages without one.
	Unsubscribe string
	// OriginallyTo is set in redirect mode: To is then the deployment's own address, and this the
	// one that the message would have gone to.
	OriginallyTo   string
	IdempotencyKey string
	Headers        map[string]string // further ones: X-..., Reply-To, List-Id, Feedback-ID, References, In-Reply-To
}

// Receipt is a provider's yes.
type Receipt struct {
	ProviderID string // the id by which the provider knows the message; of an e-mail, its Message-ID
	Detail     string // the provider's words: for the ledger only, they may hold an address
}
