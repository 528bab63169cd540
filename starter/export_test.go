package starter

import (
	"encoding/json"
	"time"
)

// ParseItem reads an item of a batch as the tracking API does; field names what is wrong with it.
func ParseItem(raw []byte) (ids []string, data []map[string]any, field string) {
	c, problem := parseItem(0, "", json.RawMessage(raw), nil, time.Time{})
	if problem != nil {
		return nil, nil, problem.Field
	}
	return []string{c.userID, c.anonymousID, c.previousID, c.groupID, c.event, c.messageID, c.hints.timezone, c.hints.locale, c.hints.token},
		[]map[string]any{c.properties, c.traits, c.hints.traits}, ""
}
