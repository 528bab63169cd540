package starter

import (
	"context"
	"errors"
	"maps"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// errNoBase is the answer where a consent waits for a link that cannot be made.
var errNoBase = errors.New("a consent has to be confirmed by a link, and the starter does not know its public address; set MIXTAPE_BASE_URL")

// choice is what became of consents that somebody chose: their keys.
type choice struct {
	changed []string
	asked   []string // to be confirmed
}

func (c choice) any() bool { return len(c.changed)+len(c.asked) > 0 }

// toConfirm tells the topics whose consents have to be confirmed. Only calls with consents cost a look.
func (s *server) toConfirm(ctx context.Context, calls []tracking.Call) (func(topic string) bool, error) {
	for i := range calls {
		if len(calls[i].Consents) > 0 {
			d, err := s.Store.Deployment(ctx)
			return d.Settings.DoubleOptIn, err
		}
	}
	return func(string) bool { return false }, nil
}

// unless leaves nothing to be confirmed where that was done already.
func unless(confirmed bool, toConfirm func(string) bool) func(string) bool {
	if confirmed {
		return func(string) bool { return false }
	}
	return toConfirm
}

// choose gives and withdraws consents of the locked profile. by is who does so, from what more their
// events say.
func (s *server) choose(ctx context.Context, tx *store.Tx, consents map[string]bool, toConfirm func(string) bool, by string, from map[string]any) (choice, error) {
	var c choice
	c.changed, c.asked = profile.Choose(tx.Profile(), consents, toConfirm, tx.Now())
	if len(c.asked) > 0 && s.Links == nil {
		return c, errNoBase
	}
	return c, s.keep(ctx, tx, c, by, from)
}

// keep saves the profile and records what became of its consents.
func (s *server) keep(ctx context.Context, tx *store.Tx, c choice, by string, from map[string]any) error {
	if !c.any() {
		return nil
	}
	if err := tx.SaveProfile(ctx); err != nil {
		return err
	}
	return s.record(ctx, tx, c, by, from)
}

// record writes a decision and an event of each consent, the profile being saved already.
func (s *server) record(ctx context.Context, tx *store.Tx, c choice, by string, from map[string]any) error {
	for _, key := range c.changed {
		given := tx.Profile().Consents[key]
		if err := tx.Decide(ctx, store.ConsentDecision(key, given, by)); err != nil {
			return err
		}
		said := about(key, from)
		said["given"] = given
		if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "consent_changed", Properties: said}); err != nil {
			return err
		}
	}
	for _, key := range c.asked {
		if err := tx.Decide(ctx, store.ConsentRequest(key, by)); err != nil {
			return err
		}
		said := about(key, from)
		said["confirm_url"] = s.Links.Confirm(tx.Profile().ID, key)
		if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "consent_requested", Properties: said}); err != nil {
			return err
		}
	}
	return nil
}

// about is what an event says of the consent that it is about.
func about(key string, from map[string]any) map[string]any {
	topic, channel := profile.SplitConsent(key)
	said := map[string]any{"topic": topic}
	maps.Copy(said, from)
	if channel != "" {
		said["channel"] = channel
	}
	return said
}
