package channels

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// SES reads what Amazon SES says of messages by way of an SNS topic: both the notifications of an
// identity and the events of a configuration set.
type SES struct{ sns *sns }

// NewSES takes notifications of these SNS topics (their ARNs) and no others: anybody can have a topic
// whose notifications Amazon signs. fetch gets certificates and confirms subscriptions; nil: over the
// network, from Amazon only.
func NewSES(topics []string, fetch Fetch) (*SES, error) {
	s, err := newSNS(topics, fetch)
	if err != nil {
		return nil, err
	}
	return &SES{sns: s}, nil
}

// Path is where it is mounted.
func (s *SES) Path() string { return "ses" }

// Read verifies a notification and reads its reports. A topic that asks to be confirmed is.
func (s *SES) Read(r *http.Request) ([]Report, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	n, err := s.sns.open(r.Context(), raw)
	if err != nil || n.Type != snsNotification {
		return nil, err
	}
	if strings.HasPrefix(n.Message, "Successfully validated SNS topic") { // what SES says to a new topic
		return nil, nil
	}
	var m sesMessage
	if err := json.Unmarshal([]byte(n.Message), &m); err != nil {
		return nil, fmt.Errorf("%w: the notification holds no message of SES", ErrUnreadable)
	}
	report, ok := m.report()
	if !ok {
		return nil, nil
	}
	report.ID, report.MessageID, report.ProviderID = "ses:"+n.MessageID, m.ours(), m.Mail.MessageID
	if report.At.IsZero() {
		report.At = n.Timestamp
	}
	return []Report{report}, nil
}

// sesMessage is what is read of both formats; a notification has a notificationType, an event an
// eventType.
type sesMessage struct {
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Mail             struct {
		MessageID string `json:"messageId"`
		Source    string `json:"source"` // of the envelope
		Headers   []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"headers"`
		CommonHeaders struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
	Bounce struct {
		BounceType        string `json:"bounceType"` // Permanent, Transient, Undetermined
		BounceSubType     string `json:"bounceSubType"`
		BouncedRecipients []struct {
			Status         string `json:"status"`
			DiagnosticCode string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		ComplaintFeedbackType string    `json:"complaintFeedbackType"`
		UserAgent             string    `json:"userAgent"`
		Timestamp             time.Time `json:"timestamp"`
	} `json:"complaint"`
	Delivery struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"delivery"`
	Open struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"open"`
	Click struct {
		Link      string    `json:"link"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"click"`
}

func (m *sesMessage) report() (Report, bool) {
	kind := m.NotificationType
	if kind == "" {
		kind = m.EventType
	}
	switch kind {
	case "Bounce":
		return m.bounced(), true
	case "Complaint":
		c := &m.Complaint
		r := Report{Kind: Complained, Code: cut(c.ComplaintFeedbackType), Detail: cut(c.UserAgent), At: c.Timestamp}
		return r, c.ComplaintFeedbackType != "not-spam"
	case "Delivery":
		return Report{Kind: Delivered, At: m.Delivery.Timestamp}, true
	case "Open":
		return Report{Kind: Opened, At: m.Open.Timestamp}, true
	case "Click":
		return Report{Kind: Clicked, URL: cut(m.Click.Link), At: m.Click.Timestamp}, true
	}
	return Report{}, false // Send, Reject, DeliveryDelay and what else there may come to be
}

func (m *sesMessage) bounced() Report {
	b := &m.Bounce
	r := Report{Kind: Bounced, Permanent: b.BounceType == "Permanent", Code: cut(b.BounceType + "/" + b.BounceSubType), At: b.Timestamp}
	if len(b.BouncedRecipients) > 0 {
		first := b.BouncedRecipients[0]
		if first.Status != "" {
			r.Code = cut(first.Status)
		}
		r.Detail = cut(diagnosis(first.DiagnosticCode))
		if b.BounceType == "Undetermined" {
			r.Permanent = deadAddress(statusCode(first.Status), first.DiagnosticCode)
		}
	}
	return r
}

// ours finds our id: SES replaces a Message-ID by its own, but passes other headers on.
func (m *sesMessage) ours() string {
	if id, ok := MessageOfVERP(m.Mail.Source); ok {
		return id
	}
	for _, name := range []string{"X-Mixtape-Message", "Message-ID"} {
		for _, h := range m.Mail.Headers {
			if strings.EqualFold(h.Name, name) {
				if id, ok := ownMessage(h.Value); ok {
					return id
				}
			}
		}
	}
	id, _ := ownMessage(m.Mail.CommonHeaders.MessageID)
	return id
}
