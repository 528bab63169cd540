package tracking

import (
	"fmt"
	"maps"
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// Permitted says what a call may not do to a profile. A public key is one that anybody can read in the browser: with it
// consents can only be asked for, to topics of which toConfirm (nil: none) says that they are confirmed by the person.
func Permitted(p *profile.Profile, c *Call, public bool, toConfirm func(topic string) bool) *profile.Problem {
	fresh := 0
	for _, traits := range []map[string]any{c.Traits, c.Hints.Traits} {
		for name, value := range traits {
			if _, had := p.Attributes[name]; !had && value != nil {
				fresh++
			}
		}
	}
	if fresh > 0 && len(p.Attributes)+fresh > profile.MaxAttributes {
		return &profile.Problem{Field: "traits", Message: fmt.Sprintf("would give this profile more than %d attributes; remove some with null, or send what happens as properties of events", profile.MaxAttributes)}
	}
	if !public {
		return nil
	}
	for key, given := range c.Consents {
		if topic, _ := profile.SplitConsent(key); !given || c.Confirmed || toConfirm == nil || !toConfirm(topic) {
			return &profile.Problem{Field: "context.consent", Message: "cannot be set with a client key, which anybody can read in the browser; set it with a server key, or ask for a topic with double_opt_in"}
		}
	}
	if names := profile.Readdressed(p, c.Traits); len(names) > 0 {
		return &profile.Problem{Field: "traits." + names[0], Message: "of an identified person cannot be changed with a client key, which anybody can read in the browser; change it with a server key"}
	}
	return nil
}

// Update changes the profile as the call says and returns the attributes that changed, and whether
// anything else did. Traits in `context` count like those of identify, the call's own above them;
// but as libraries repeat them by themselves, a public key's cannot fail a call: those that it may
// not change are passed over.
func Update(p *profile.Profile, c *Call, public bool) (changed []string, touched bool) {
	said := maps.Clone(c.Hints.Traits)
	if public {
		for _, name := range profile.Readdressed(p, said) {
			delete(said, name)
		}
	}
	if said == nil {
		said = map[string]any{}
	}
	maps.Copy(said, c.Traits)
	changed = profile.Identify(p, said)
	hinted := map[string]any{}
	if c.Hints.Timezone != "" {
		hinted["timezone"] = c.Hints.Timezone
	}
	if c.Hints.Locale != "" {
		hinted["locale"] = c.Hints.Locale
	}
	for name := range said {
		delete(hinted, name) // what was just said, removed included, is not filled in again
	}
	changed = append(changed, profile.Fill(p, hinted)...)
	if c.Hints.Token != "" {
		touched = profile.AddDevice(p, profile.Device{Channel: "push", Token: c.Hints.Token})
	}
	return changed, touched
}

// Time is when a call's event happened: what the sender's clock said, corrected by how far that
// clock was off when it sent (arrival - (sentAt - timestamp), as Segment has it). The store caps it
// at arrival: a clock in the future is wrong.
func (c *Call) Time(arrival time.Time) time.Time {
	switch {
	case c.Timestamp.IsZero():
		return arrival
	case c.SentAt.IsZero():
		return c.Timestamp
	}
	return arrival.Add(c.Timestamp.Sub(c.SentAt))
}
