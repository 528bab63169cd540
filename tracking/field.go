package tracking

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/profile"
)

// into decodes a field; null and nothing leave it as it is. It returns false when it is wrong.
func (p *parser) into(field string, raw json.RawMessage, to any, what string) bool {
	if absent(raw) {
		return true
	}
	if err := Storable(raw); err != nil {
		p.fail(field, "%s", err)
		return false
	}
	if err := json.Unmarshal(raw, to); err != nil {
		if strings.Contains(err.Error(), "number") && raw[0] == '{' {
			p.fail(field, "has a number that is too large; write it as text")
		} else {
			p.fail(field, "is not %s; write one, or leave it out", what)
		}
		return false
	}
	return true
}

// text reads a field that is text. A whole number counts as its digits: many a caller's ids are.
func (p *parser) text(field string, raw json.RawMessage) string {
	if absent(raw) {
		return ""
	}
	if digits := string(raw); len(digits) < 20 && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	var s string
	p.into(field, raw, &s, "text")
	return s
}

func (p *parser) id(field string, raw json.RawMessage) string {
	id := p.text(field, raw)
	if bad := profile.CheckID(field, id); bad != nil {
		p.fail(bad.Field, "%s", bad.Message)
	}
	return id
}

func (p *parser) object(field string, raw json.RawMessage) map[string]any {
	var m map[string]any
	p.into(field, raw, &m, `an object such as {"plan": "free"}`)
	return m
}

func (p *parser) traits(field string, raw json.RawMessage) map[string]any {
	traits := p.object(field, raw)
	if bad := profile.CheckTraits(field, traits); bad != nil {
		p.fail(bad.Field, "%s", bad.Message)
	}
	return traits
}

// time reads when something happened. What cannot be read is refused rather than taken for now: an
// old event that counts as new would write to people about what is long past.
func (p *parser) time(field string, raw json.RawMessage) time.Time {
	if absent(raw) {
		return time.Time{}
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s == "" {
			return time.Time{}
		}
		if t, ok := parseTime(s); ok {
			return t
		}
	}
	p.fail(field, "is not a time; write it as 2006-01-02T15:04:05Z")
	return time.Time{}
}

// LooseTime reads a time that is only used to correct another one: without it there is no correction.
func LooseTime(raw json.RawMessage) time.Time {
	var s string
	if absent(raw) || json.Unmarshal(raw, &s) != nil {
		return time.Time{}
	}
	t, _ := parseTime(s)
	return t
}

// looseText reads a text that is only a hint.
func looseText(raw json.RawMessage) string {
	var s string
	if absent(raw) || Storable(raw) != nil || json.Unmarshal(raw, &s) != nil || utf8.RuneCountInString(s) > profile.MaxName/2 {
		return ""
	}
	return s
}

// ReadMessageID finds the id of an item that is not read otherwise, so that its sender can tell
// which one it was.
func ReadMessageID(raw json.RawMessage) string {
	var w struct {
		MessageID string `json:"messageId"`
	}
	if json.Unmarshal(raw, &w) != nil || profile.CheckMessageID(w.MessageID) != nil {
		return ""
	}
	return w.MessageID
}

// parseTime reads ISO 8601 as libraries write it; without a zone it is UTC.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// merged lays an item's context over the batch's, field by field.
func merged(common, own json.RawMessage) json.RawMessage {
	if absent(common) {
		return own
	}
	if absent(own) {
		return common
	}
	var base, over map[string]json.RawMessage
	if Storable(common) != nil || Storable(own) != nil || json.Unmarshal(common, &base) != nil || json.Unmarshal(own, &over) != nil {
		return own
	}
	maps.Copy(base, over)
	raw, err := json.Marshal(base)
	if err != nil {
		return own
	}
	return raw
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}
