package starter

import (
	"encoding/json"
	"time"

	"github.com/mixtapehq/mixtape/tracking"
)

// ParseItem reads an item of a batch as the tracking API does; field names what is wrong with it.
func ParseItem(raw []byte) (ids []string, data []map[string]any, field string) {
	c, problem := tracking.Parse(0, "", json.RawMessage(raw), nil, time.Time{})
	if problem != nil {
		return nil, nil, problem.Field
	}
	return []string{c.UserID, c.AnonymousID, c.PreviousID, c.GroupID, c.Event, c.MessageID, c.Hints.Timezone, c.Hints.Locale, c.Hints.Token},
		[]map[string]any{c.Properties, c.Traits, c.Hints.Traits}, ""
}
