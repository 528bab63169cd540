package starter

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// verdictTimes are when the last decision about a message was written down, by the message's id. The row of a
// message is older: it is made first, and one that did not go may have been made long before that was clear.
func verdictTimes(decisions []store.DecisionRow) map[string]time.Time {
	times := map[string]time.Time{}
	for _, d := range decisions {
		var looked struct{ Message string }
		if json.Unmarshal(d.Inputs, &looked) == nil && looked.Message != "" && d.At.After(times[looked.Message]) {
			times[looked.Message] = d.At
		}
	}
	return times
}

// messageLine tells of a message at the moment at which it was sent, or at which it was clear that it would not be.
func messageLine(m store.Message, verdicts map[string]time.Time) line {
	at := m.CreatedAt
	switch decided, ok := verdicts[m.ID]; {
	case m.SentAt != nil:
		at = *m.SentAt
	case ok && decided.After(at) && (m.State == store.Skipped || m.State == store.Unknown):
		at = decided
	}
	words := m.Channel + " " + m.Template
	if m.Subject != "" {
		words += fmt.Sprintf(" %q", m.Subject)
	}
	words += ": " + m.State
	if m.Reason != "" {
		words += " (" + m.Reason + ")"
	}
	return line{At: at, Kind: "message", Name: m.State, Words: words, Reason: m.Reason, Journey: m.Journey, Step: m.Step, Run: m.RunID, Message: m.ID}
}
