// Package tracking reads the calls of the tracking API, as Segment's specification has them, and says what they
// change of a person: the same for calls that come over HTTP and for those in a file.
package tracking

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// MaxItem is the size of one call, as Segment's specification has it.
const MaxItem = 32 << 10

// The calls of the Segment specification.
const (
	Identify = "identify"
	Track    = "track"
	Page     = "page"
	Screen   = "screen"
	Group    = "group"
	Alias    = "alias"
)

// wire is a call as it comes; every field is looked at on its own, so that an error can name it.
type wire struct {
	Type              json.RawMessage `json:"type"`
	MessageID         json.RawMessage `json:"messageId"`
	UserID            json.RawMessage `json:"userId"`
	AnonymousID       json.RawMessage `json:"anonymousId"`
	PreviousID        json.RawMessage `json:"previousId"`
	GroupID           json.RawMessage `json:"groupId"`
	Event             json.RawMessage `json:"event"`
	Name              json.RawMessage `json:"name"`
	Category          json.RawMessage `json:"category"`
	Properties        json.RawMessage `json:"properties"`
	Traits            json.RawMessage `json:"traits"`
	Context           json.RawMessage `json:"context"`
	Timestamp         json.RawMessage `json:"timestamp"`
	OriginalTimestamp json.RawMessage `json:"originalTimestamp"`
	SentAt            json.RawMessage `json:"sentAt"`
}

// Call is one good item of a request.
type Call struct {
	Index       int
	Kind        string
	MessageID   string // empty when the caller gave none
	UserID      string
	AnonymousID string
	PreviousID  string
	GroupID     string
	Event       string // the name of what is recorded; empty for identify and alias
	Properties  map[string]any
	Traits      map[string]any
	Hints       Hints
	Consents    map[string]bool // by profile.ConsentKey
	Confirmed   bool            // the person has confirmed them already
	Timestamp   time.Time       // zero: now
	SentAt      time.Time       // zero: not said
}

// Hints are what `context` tells of a person beside the call itself.
type Hints struct {
	Traits   map[string]any
	Timezone string
	Locale   string
	Token    string // of the device
}

// parser reads one item and remembers the first thing that is wrong with it.
type parser struct{ problem *profile.Problem }

func (p *parser) fail(field, format string, args ...any) {
	if p.problem == nil {
		p.problem = &profile.Problem{Field: field, Message: fmt.Sprintf(format, args...)}
	}
}

// Parse reads one call. kind is what the path says, or empty for an item of a batch, which says
// so itself. context and sentAt are the batch's own: they hold where the item has none.
func Parse(index int, kind string, raw, context json.RawMessage, sentAt time.Time) (Call, *profile.Problem) {
	p := &parser{}
	c := Call{Index: index, Kind: kind, SentAt: sentAt}
	if len(raw) > MaxItem {
		c.MessageID = ReadMessageID(raw)
		return c, &profile.Problem{Field: "item", Message: fmt.Sprintf("is %d bytes large; one call may have at most %d (32 KB): leave out what is large", len(raw), MaxItem)}
	}
	var w wire
	if trimmed := strings.TrimSpace(string(raw)); !strings.HasPrefix(trimmed, "{") || json.Unmarshal(raw, &w) != nil {
		return c, &profile.Problem{Field: "item", Message: `is not a JSON object; write {"type": "track", "userId": ..., "event": ...}`}
	}
	c.MessageID = p.text("messageId", w.MessageID)
	if p.problem == nil {
		p.problem = profile.CheckMessageID(c.MessageID)
	}
	if c.Kind == "" {
		c.Kind = p.text("type", w.Type)
	}
	c.UserID, c.AnonymousID = p.id("userId", w.UserID), p.id("anonymousId", w.AnonymousID)
	c.Timestamp = p.time("timestamp", w.Timestamp)
	if c.Timestamp.IsZero() {
		c.Timestamp = p.time("originalTimestamp", w.OriginalTimestamp)
	}
	if own := LooseTime(w.SentAt); !own.IsZero() {
		c.SentAt = own
	}
	p.context(&c, merged(context, w.Context))
	switch c.Kind {
	case Identify:
		c.Traits = p.traits("traits", w.Traits)
	case Track:
		c.Event = p.text("event", w.Event)
		if p.problem == nil {
			p.problem = profile.CheckEventName(c.Event)
		}
		c.Properties = p.object("properties", w.Properties)
	case Page, Screen:
		c.Event, c.Properties = c.Kind, p.object("properties", w.Properties)
		c.note("name", p.text("name", w.Name))
		c.note("category", p.text("category", w.Category))
	case Group:
		c.GroupID = p.id("groupId", w.GroupID)
		if c.GroupID == "" {
			p.fail("groupId", `is missing; write the id of the group, such as "groupId": "acme"`)
		}
		c.Event, c.Traits = Group, map[string]any{"group_id": c.GroupID}
		c.Properties = map[string]any{"group_id": c.GroupID}
		if traits := p.object("traits", w.Traits); len(traits) > 0 {
			c.Properties["traits"] = traits
		}
	case Alias:
		c.PreviousID = p.id("previousId", w.PreviousID)
		if c.PreviousID == "" {
			p.fail("previousId", "is missing; write the id that the person had before")
		}
		if c.UserID == "" {
			p.fail("userId", "is missing; write the id that the person has now")
		}
	case "":
		p.fail("type", "is missing; write identify, track, page, screen, group or alias")
	default:
		p.fail("type", "is %q; write identify, track, page, screen, group or alias", Cut(c.Kind))
	}
	if c.UserID == "" && c.AnonymousID == "" {
		p.fail("userId", "is missing, and so is anonymousId; write one of them, so that it is known whose %s this is", c.Kind)
	}
	return c, p.problem
}

// note puts a top-level field of page and screen among the properties, where rules can read it.
func (c *Call) note(name, value string) {
	if value == "" {
		return
	}
	if c.Properties == nil {
		c.Properties = map[string]any{}
	}
	if _, given := c.Properties[name]; !given {
		c.Properties[name] = value
	}
}

func (p *parser) context(c *Call, raw json.RawMessage) {
	fields := struct {
		Traits   json.RawMessage `json:"traits"`
		Timezone json.RawMessage `json:"timezone"`
		Locale   json.RawMessage `json:"locale"`
		Device   json.RawMessage `json:"device"`
		Consent  json.RawMessage `json:"consent"`
	}{}
	if !p.into("context", raw, &fields, "an object") {
		return
	}
	c.Hints.Traits = p.traits("context.traits", fields.Traits)
	// Libraries fill these in by themselves: what is odd in them must not cost the call.
	c.Hints.Timezone, c.Hints.Locale = looseText(fields.Timezone), looseText(fields.Locale)
	var device struct {
		Token json.RawMessage `json:"token"`
	}
	if len(fields.Device) > 0 && json.Unmarshal(fields.Device, &device) == nil {
		if c.Hints.Token = p.text("context.device.token", device.Token); len(c.Hints.Token) > profile.MaxToken {
			p.fail("context.device.token", "is %d bytes long; write at most %d", len(c.Hints.Token), profile.MaxToken)
		}
	}
	if c.Kind != Identify || len(fields.Consent) == 0 {
		return // browsers' consent tools repeat themselves in every call; only identify sets consents
	}
	var consent struct {
		Preferences json.RawMessage `json:"categoryPreferences"`
		Confirmed   json.RawMessage `json:"confirmed"`
	}
	if p.into("context.consent", fields.Consent, &consent, "an object") {
		const at, shape = "context.consent.categoryPreferences", `an object of true and false, such as {"tips": false}`
		var preferences map[string]*bool
		p.into(at, consent.Preferences, &preferences, shape)
		p.into("context.consent.confirmed", consent.Confirmed, &c.Confirmed, "true or false")
		c.Consents = map[string]bool{}
		for topic, given := range preferences {
			if bad := profile.CheckTopic(at, topic); bad != nil {
				p.fail(bad.Field, "%s", bad.Message)
			}
			if given == nil {
				p.fail(at, "is not %s", shape)
				continue
			}
			c.Consents[topic] = *given
		}
	}
}

// Cut shortens what somebody else wrote for a message.
func Cut(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
