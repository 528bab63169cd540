package store

import (
	"cmp"
	"context"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// ConsentDecision is what the ledger says of a consent that was given or withdrawn. by is who did it.
func ConsentDecision(key string, given bool, by string) Decision {
	reason := "withdrawn"
	if given {
		reason = "given"
	}
	return consentDecision(key, reason, "was "+reason, by)
}

// ConsentRequest is what it says of one that is none before it is confirmed.
func ConsentRequest(key, by string) Decision {
	return consentDecision(key, "requested", "was asked for, and waits to be confirmed,", by)
}

func consentDecision(key, reason, became, by string) Decision {
	topic, channel := profile.SplitConsent(key)
	about, inputs := topic, map[string]any{"topic": topic, "source": by}
	if topic == "" {
		about = "everything that is not transactional"
	}
	if channel != "" {
		about += " through " + channel
		inputs["channel"] = channel
	}
	return Decision{Kind: "consent", Reason: reason, Words: "consent to " + about + " " + became + " by " + by, Inputs: inputs}
}

// ConsentHistory reads every change of a profile's consents, newest first.
func (s *Store) ConsentHistory(ctx context.Context, profileID string, most int) ([]DecisionRow, error) {
	return s.q.ConsentDecisions(ctx, queries.ConsentDecisionsParams{ProfileID: profileID, Limit: int32(most)})
}

// DoubleOptIn tells whether a consent to the topic is none before it is confirmed.
func (s *Settings) DoubleOptIn(topic string) bool { return s.Topics[topic].DoubleOptIn }

// TopicName is what readers see of a topic.
func (s *Settings) TopicName(topic string) string { return cmp.Or(s.Topics[topic].Name, topic) }
