package starter

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// maxItem is the size of one call, as Segment's specification has it.
const maxItem = 32 << 10

// The calls of the Segment specification.
const (
	callIdentify = "identify"
	callTrack    = "track"
	callPage     = "page"
	callScreen   = "screen"
	callGroup    = "group"
	callAlias    = "alias"
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

// call is one good item of a request.
type call struct {
	index       int
	kind        string
	messageID   string // empty when the caller gave none
	userID      string
	anonymousID string
	previousID  string
	groupID     string
	event       string // the name of what is recorded; empty for identify and alias
	properties  map[string]any
	traits      map[string]any
	hints       hints
	consents    map[string]bool
	timestamp   time.Time // zero: now
	sentAt      time.Time // zero: not said
}

// hints are what `context` tells of a person beside the call itself.
type hints struct {
	traits   map[string]any
	timezone string
	locale   string
	token    string // of the device
}

// parser reads one item and remembers the first thing that is wrong with it.
type parser struct{ problem *profile.Problem }

func (p *parser) fail(field, format string, args ...any) {
	if p.problem == nil {
		p.problem = &profile.Problem{Field: field, Message: fmt.Sprintf(format, args...)}
	}
}

// parseItem reads one call. kind is what the path says, or empty for an item of a batch, which says
// so itself. context and sentAt are the batch's own: they hold where the item has none.
func parseItem(index int, kind string, raw, context json.RawMessage, sentAt time.Time) (call, *profile.Problem) {
	p := &parser{}
	c := call{index: index, kind: kind, sentAt: sentAt}
	if len(raw) > maxItem {
		c.messageID = readMessageID(raw)
		return c, &profile.Problem{Field: "item", Message: fmt.Sprintf("is %d bytes large; one call may have at most %d (32 KB): leave out what is large", len(raw), maxItem)}
	}
	var w wire
	if trimmed := strings.TrimSpace(string(raw)); !strings.HasPrefix(trimmed, "{") || json.Unmarshal(raw, &w) != nil {
		return c, &profile.Problem{Field: "item", Message: `is not a JSON object; write {"type": "track", "userId": ..., "event": ...}`}
	}
	c.messageID = p.text("messageId", w.MessageID)
	if p.problem == nil {
		p.problem = profile.CheckMessageID(c.messageID)
	}
	if c.kind == "" {
		c.kind = p.text("type", w.Type)
	}
	c.userID, c.anonymousID = p.id("userId", w.UserID), p.id("anonymousId", w.AnonymousID)
	c.timestamp = p.time("timestamp", w.Timestamp)
	if c.timestamp.IsZero() {
		c.timestamp = p.time("originalTimestamp", w.OriginalTimestamp)
	}
	if own := looseTime(w.SentAt); !own.IsZero() {
		c.sentAt = own
	}
	p.context(&c, merged(context, w.Context))
	switch c.kind {
	case callIdentify:
		c.traits = p.traits("traits", w.Traits)
	case callTrack:
		c.event = p.text("event", w.Event)
		if p.problem == nil {
			p.problem = profile.CheckEventName(c.event)
		}
		c.properties = p.object("properties", w.Properties)
	case callPage, callScreen:
		c.event, c.properties = c.kind, p.object("properties", w.Properties)
		c.note("name", p.text("name", w.Name))
		c.note("category", p.text("category", w.Category))
	case callGroup:
		c.groupID = p.id("groupId", w.GroupID)
		if c.groupID == "" {
			p.fail("groupId", `is missing; write the id of the group, such as "groupId": "acme"`)
		}
		c.event, c.traits = callGroup, map[string]any{"group_id": c.groupID}
		c.properties = map[string]any{"group_id": c.groupID}
		if traits := p.object("traits", w.Traits); len(traits) > 0 {
			c.properties["traits"] = traits
		}
	case callAlias:
		c.previousID = p.id("previousId", w.PreviousID)
		if c.previousID == "" {
			p.fail("previousId", "is missing; write the id that the person had before")
		}
		if c.userID == "" {
			p.fail("userId", "is missing; write the id that the person has now")
		}
	case "":
		p.fail("type", "is missing; write identify, track, page, screen, group or alias")
	default:
		p.fail("type", "is %q; write identify, track, page, screen, group or alias", cut(c.kind))
	}
	if c.userID == "" && c.anonymousID == "" {
		p.fail("userId", "is missing, and so is anonymousId; write one of them, so that it is known whose %s this is", c.kind)
	}
	return c, p.problem
}

// note puts a top-level field of page and screen among the properties, where rules can read it.
func (c *call) note(name, value string) {
	if value == "" {
		return
	}
	if c.properties == nil {
		c.properties = map[string]any{}
	}
	if _, given := c.properties[name]; !given {
		c.properties[name] = value
	}
}

func (p *parser) context(c *call, raw json.RawMessage) {
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
	c.hints.traits = p.traits("context.traits", fields.Traits)
	// Libraries fill these in by themselves: what is odd in them must not cost the call.
	c.hints.timezone, c.hints.locale = looseText(fields.Timezone), looseText(fields.Locale)
	var device struct {
		Token json.RawMessage `json:"token"`
	}
	if len(fields.Device) > 0 && json.Unmarshal(fields.Device, &device) == nil {
		if c.hints.token = p.text("context.device.token", device.Token); len(c.hints.token) > profile.MaxToken {
			p.fail("context.device.token", "is %d bytes long; write at most %d", len(c.hints.token), profile.MaxToken)
		}
	}
	if c.kind != callIdentify || len(fields.Consent) == 0 {
		return // browsers' consent tools repeat themselves in every call; only identify sets consents
	}
	var consent struct {
		Preferences json.RawMessage `json:"categoryPreferences"`
	}
	if p.into("context.consent", fields.Consent, &consent, "an object") {
		const at, shape = "context.consent.categoryPreferences", `an object of true and false, such as {"tips": false}`
		var preferences map[string]*bool
		p.into(at, consent.Preferences, &preferences, shape)
		c.consents = map[string]bool{}
		for topic, given := range preferences {
			if bad := profile.CheckTopic(at, topic); bad != nil {
				p.fail(bad.Field, "%s", bad.Message)
			}
			if given == nil {
				p.fail(at, "is not %s", shape)
				continue
			}
			c.consents[topic] = *given
		}
	}
}

func cut(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
