// Package profile holds what is known of a person and what they did: pure values, no I/O.
package profile

import (
	"slices"
	"time"
)

// Profile is a person. ID is Mixtape's own opaque id, the only one that may leave the database
// for Temporal; the caller's ids live in UserID and AnonymousIDs.
type Profile struct {
	ID           string
	UserID       string   // the caller's id once identified; empty while anonymous
	AnonymousIDs []string // the caller's ids from before
	// Attributes are as the caller set them, JSON kinds only (string, float64, bool, nil, []any,
	// map[string]any). email, phone, timezone and locale live here too.
	Attributes map[string]any
	// Consents by ConsentKey: "topic", "topic/channel", "/channel", and "" for everything that is not
	// transactional. A topic without an entry follows the workspace's default for it.
	Consents   map[string]bool
	Requested  map[string]time.Time // consents that wait for their confirmation, by key: when they were asked for
	Suppressed map[string]string    // channel -> why (bounced, complained, manual)
	Devices    []Device
	Computed   Computed
	Segments   map[string]bool // those that it is in
	MergedInto string          // the profile that continues this one
	Erased     bool
}

// Device is an address of a channel that is not an attribute, such as a push token.
type Device struct {
	Channel string `json:"channel"`
	Token   string `json:"token"`
}

// SegmentChange is how a change of membership stands among changed attributes: the name of none.
func SegmentChange(segment string) string { return "$segment:" + segment }

// ScoreChange is how a change of a score stands among them.
func ScoreChange(score string) string { return "$score:" + score }

// AffinityChange is how a change of an affinity stands among them.
func AffinityChange(affinity string) string { return "$affinity:" + affinity }

// SegmentKeys are the segments that the profile is in, sorted.
func (p *Profile) SegmentKeys() []string {
	all := []string{}
	for key, member := range p.Segments {
		if member {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// Text returns an attribute that is a non-empty string.
func (p *Profile) Text(attribute string) (string, bool) {
	s, ok := p.Attributes[attribute].(string)
	return s, ok && s != ""
}

// Event is something a profile did.
type Event struct {
	Number     int64  // the profile's how-manieth event, from 1; it orders them
	ID         string // the caller's messageId
	Name       string
	Properties map[string]any // JSON kinds only
	Time       time.Time      // when it happened, corrected and never after Arrival
	Arrival    time.Time      // database clock at commit, microseconds
	Imported   bool           `json:",omitempty"` // came out of a file: rules count it, and nothing happened when it came; Arrival is its Time
}
