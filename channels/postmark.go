package channels

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// Postmark reads the webhooks of Postmark.
type Postmark struct{ secret [sha256.Size]byte }

// shortestSecret is in characters; nobody guesses it.
const shortestSecret = 16

// NewPostmark takes webhooks that bring this secret: Postmark does not sign them. It stands in the
// webhook's URL as the password (https://mixtape:SECRET@host/...) or as ?token=SECRET.
func NewPostmark(secret string) (*Postmark, error) {
	if len(secret) < shortestSecret {
		return nil, fmt.Errorf("postmark: the secret of the webhook is shorter than %d characters; make one with: openssl rand -hex 20", shortestSecret)
	}
	return &Postmark{secret: sha256.Sum256([]byte(secret))}, nil
}

// Path is where it is mounted.
func (p *Postmark) Path() string { return "postmark" }

// Read verifies a webhook and reads its report.
func (p *Postmark) Read(r *http.Request) ([]Report, error) {
	_, given, basic := r.BasicAuth()
	if !basic {
		given = r.URL.Query().Get("token")
	}
	sum := sha256.Sum256([]byte(given))
	if subtle.ConstantTimeCompare(sum[:], p.secret[:]) != 1 {
		return nil, ErrUnsigned
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	var m postmarkMessage
	if err := json.Unmarshal(raw, &m); err != nil || m.RecordType == "" {
		return nil, fmt.Errorf("%w: Postmark sends JSON with a RecordType", ErrUnreadable)
	}
	report, ok := m.report()
	if !ok {
		return nil, nil
	}
	report.ID, report.MessageID, report.ProviderID = "postmark:"+report.ID+":"+cut(m.MessageID), m.ours(), cut(m.MessageID)
	if report.At.IsZero() {
		report.At = time.Now()
	}
	return []Report{report}, nil
}

// postmarkMessage holds what is read of all webhooks; RecordType says which it is.
type postmarkMessage struct {
	RecordType        string
	ID                json.Number
	Type              string // of a bounce
	MessageID         string
	Metadata          map[string]any
	Description       string
	Details           string
	BouncedAt         time.Time
	DeliveredAt       time.Time
	ReceivedAt        time.Time
	ChangedAt         time.Time
	OriginalLink      string
	Origin            string // of a change of subscription: Recipient, Customer or Admin
	SuppressSending   bool
	SuppressionReason string
}

// report reads a webhook. Its ID becomes unique together with the message's: what two webhooks say of
// one happening is taken once.
func (m *postmarkMessage) report() (Report, bool) {
	switch m.RecordType {
	case "Bounce":
		return m.bounced()
	case "SpamComplaint":
		return Report{ID: "complaint", Kind: Complained, At: m.BouncedAt}, true
	case "Delivery":
		return Report{ID: "delivery", Kind: Delivered, At: m.DeliveredAt}, true
	case "Open":
		return Report{ID: "open " + m.ReceivedAt.Format(time.RFC3339Nano), Kind: Opened, At: m.ReceivedAt}, true
	case "Click":
		return Report{ID: "click " + m.ReceivedAt.Format(time.RFC3339Nano), Kind: Clicked, URL: cut(m.OriginalLink), At: m.ReceivedAt}, true
	case "SubscriptionChange":
		return m.subscription()
	}
	return Report{}, false
}

func (m *postmarkMessage) bounced() (Report, bool) {
	r := Report{ID: "bounce " + m.ID.String(), Kind: Bounced, Code: cut(m.Type), Detail: cut(strings.TrimSpace(m.Description + " " + m.Details)), At: m.BouncedAt}
	switch m.Type {
	case "HardBounce", "BadEmailAddress":
		r.ID, r.Permanent = "hard", true
	case "SpamComplaint":
		r.ID, r.Kind = "complaint", Complained
	case "Unsubscribe":
		r.ID, r.Kind = "unsubscribe", Unsubscribed
	case "Subscribe", "AutoResponder", "AddressChange", "OpenRelayTest", "ChallengeVerification":
		return Report{}, false // answers, not failures
	}
	return r, true
}

func (m *postmarkMessage) subscription() (Report, bool) {
	r := Report{Code: cut(m.SuppressionReason), At: m.ChangedAt}
	switch {
	case !m.SuppressSending || m.MessageID == "":
		return Report{}, false
	case m.SuppressionReason == "HardBounce":
		r.ID, r.Kind, r.Permanent = "hard", Bounced, true
	case m.SuppressionReason == "SpamComplaint":
		r.ID, r.Kind = "complaint", Complained
	case m.Origin == "Recipient":
		r.ID, r.Kind = "unsubscribe", Unsubscribed
	default:
		return Report{}, false
	}
	return r, true
}

// postmarkMetadata names our message in all that Postmark says of it; as a header it asks for that.
const (
	postmarkMetadata = "mixtape"
	postmarkHeader   = "X-PM-Metadata-" + postmarkMetadata
	postmarkHost     = "postmarkapp.com"
)

func (m *postmarkMessage) ours() string {
	for name, value := range m.Metadata {
		if text, ok := value.(string); ok && strings.EqualFold(name, postmarkMetadata) {
			id, _ := ownMessage(text)
			return id
		}
	}
	return ""
}

// forPostmark makes Postmark repeat our id in its webhooks: it gives each e-mail an id of its own, and
// does not tell it over SMTP.
func forPostmark(host string, e Envelope) Envelope {
	if host = strings.ToLower(host); host != postmarkHost && !strings.HasSuffix(host, "."+postmarkHost) {
		return e
	}
	headers := map[string]string{postmarkHeader: e.MessageID}
	maps.Copy(headers, e.Headers)
	e.Headers = headers
	return e
}
