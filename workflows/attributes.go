package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/mixtapehq/mixtape/journey"
)

// Attributes are the search attributes of a run, by their names in Temporal.
type Attributes struct {
	JourneyKey     temporal.SearchAttributeKeyKeyword
	JourneyVersion temporal.SearchAttributeKeyKeyword
	JourneyStep    temporal.SearchAttributeKeyKeyword
	JourneyState   temporal.SearchAttributeKeyKeyword
	ProfileID      temporal.SearchAttributeKeyKeyword
	NextWakeAt     temporal.SearchAttributeKeyTime
}

// SearchAttributes returns the keys of Mixtape's search attributes.
func SearchAttributes() Attributes {
	return Attributes{
		JourneyKey:     temporal.NewSearchAttributeKeyKeyword("JourneyKey"),
		JourneyVersion: temporal.NewSearchAttributeKeyKeyword("JourneyVersion"),
		JourneyStep:    temporal.NewSearchAttributeKeyKeyword("JourneyStep"),
		JourneyState:   temporal.NewSearchAttributeKeyKeyword("JourneyState"),
		ProfileID:      temporal.NewSearchAttributeKeyKeyword("ProfileID"),
		NextWakeAt:     temporal.NewSearchAttributeKeyTime("NextWakeAt"),
	}
}

func parked(m journey.Move) []temporal.SearchAttributeUpdate {
	keys := SearchAttributes()
	updates := []temporal.SearchAttributeUpdate{keys.JourneyState.ValueSet(string(m.Phase))}
	if m.Step != "" {
		updates = append(updates, keys.JourneyStep.ValueSet(m.Step))
	}
	if m.Version != "" {
		updates = append(updates, keys.JourneyVersion.ValueSet(m.Version))
	}
	if m.Wake.IsZero() {
		return append(updates, keys.NextWakeAt.ValueUnset())
	}
	return append(updates, keys.NextWakeAt.ValueSet(m.Wake.UTC().Truncate(time.Millisecond)))
}
