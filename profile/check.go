package profile

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of what callers may say, in characters unless it says otherwise. Those of ids and
// names keep them within what the database can index.
const (
	MaxID         = 512  // a caller's id of a person
	MaxMessageID  = 100  // a caller's id of an event
	MaxName       = 200  // of an event, an attribute or a topic
	MaxToken      = 4096 // of a device
	MaxAttributes = 1000 // of one profile
	maxEmail      = 320  // RFC 5321 section 4.5.3.1: 64, the @ and 255
	maxShort      = 100  // a phone number, time zone or locale
)

// Problem is what is wrong with something that a caller said, and what to say instead.
type Problem struct {
	Field   string // where, such as "userId" or "traits.email"
	Message string
}

// Error is the problem in words; it begins with the field.
func (p *Problem) Error() string { return p.Field + " " + p.Message }

// CheckID says what is wrong with a caller's id of a person. Any character is good.
func CheckID(field, id string) *Problem {
	if n := utf8.RuneCountInString(id); n > MaxID {
		return &Problem{Field: field, Message: fmt.Sprintf("is %d characters long; write an id of at most %d", n, MaxID)}
	}
	return nil
}

// CheckMessageID says what is wrong with a caller's id of an event.
func CheckMessageID(id string) *Problem {
	if n := utf8.RuneCountInString(id); n > MaxMessageID {
		return &Problem{Field: "messageId", Message: fmt.Sprintf("is %d characters long; write an id of at most %d", n, MaxMessageID)}
	}
	return nil
}

// CheckEventName says what is wrong with the name of an event that comes from outside.
func CheckEventName(name string) *Problem {
	switch n := utf8.RuneCountInString(name); {
	case strings.TrimSpace(name) == "":
		return &Problem{Field: "event", Message: `is empty; write the event's name, such as "playlist_created"`}
	case n > MaxName:
		return &Problem{Field: "event", Message: fmt.Sprintf("is %d characters long; write a name of at most %d", n, MaxName)}
	case Reserved(name):
		return &Problem{Field: "event", Message: fmt.Sprintf("is %q, a name that only Mixtape itself may use; write another name", name)}
	}
	return nil
}

// OwnEvents are the events by which Mixtape itself says what became of messages and consents.
func OwnEvents() []string {
	return []string{
		"message_sent", "message_delivered", "message_opened", "message_clicked", "message_bounced", "message_complained", "message_received",
		"unsubscribed", "consent_changed", "consent_requested",
	}
}

// Reserved tells whether an event of this name can only come from Mixtape: what became of messages
// and consents must not be forged.
func Reserved(event string) bool {
	return strings.HasPrefix(event, "message_") || event == "unsubscribed" || event == "consent_changed" || event == "consent_requested"
}

// CheckTraits says what is wrong with attributes. field names where they stand, such as "traits".
func CheckTraits(field string, traits map[string]any) *Problem {
	for name, value := range traits {
		at := field + "." + name
		if n := utf8.RuneCountInString(name); n > MaxName {
			return &Problem{Field: field, Message: fmt.Sprintf("has a name of %d characters; write names of at most %d", n, MaxName)}
		}
		var most int
		switch name {
		case "email":
			most = maxEmail
		case "phone", "timezone", "locale":
			most = maxShort
		default:
			continue
		}
		if value == nil {
			continue
		}
		s, ok := value.(string)
		if !ok {
			return &Problem{Field: at, Message: "is not text; write it in quotes, or null to remove it"}
		}
		if n := utf8.RuneCountInString(s); n > most {
			return &Problem{Field: at, Message: fmt.Sprintf("is %d characters long; write at most %d", n, most)}
		}
	}
	return nil
}

// CheckTopic says what is wrong with the name of a topic.
func CheckTopic(field, topic string) *Problem {
	if n := utf8.RuneCountInString(topic); n > MaxName {
		return &Problem{Field: field, Message: fmt.Sprintf("has a topic of %d characters; write a topic of at most %d", n, MaxName)}
	}
	return nil
}
