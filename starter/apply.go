package starter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// write finds the person of some calls and writes all of them in one transaction: the profile first,
// so that whoever judges an event sees what it changed.
func (s *server) write(ctx context.Context, key store.Key, calls []call) ([]rejected, error) {
	who, err := s.resolve(ctx, calls[0].userID, calls[0].anonymousID)
	if err != nil {
		return nil, err
	}
	var bad []rejected
	err = s.Store.InProfile(ctx, who.profile, func(tx *store.Tx) error {
		bad = nil
		for i := range calls {
			c := &calls[i]
			problem, err := apply(ctx, tx, key, c, who)
			if err != nil {
				return err
			}
			if problem != nil {
				bad = append(bad, c.reject(problem))
			}
		}
		return nil
	})
	return bad, err
}

// apply writes one call to the locked profile.
func apply(ctx context.Context, tx *store.Tx, key store.Key, c *call, who person) (*profile.Problem, error) {
	p := tx.Profile()
	if who.claim && p.UserID != "" && p.UserID != c.userID {
		return nil, errMoved
	}
	if problem := permitted(p, key, c); problem != nil {
		return problem, nil
	}
	if c.messageID != "" {
		fresh, err := tx.TakeEventID(ctx, key.Name, c.messageID)
		if err != nil || !fresh {
			return nil, err
		}
	}
	changed, touched := update(p, key, c)
	if who.claim && p.UserID == "" {
		if err := tx.SetUserID(ctx, c.userID); err != nil {
			return nil, err
		}
		changed = append(changed, "id")
	}
	consents := profile.SetConsents(p, c.consents)
	if len(changed) > 0 || touched || len(consents) > 0 {
		if err := tx.SaveProfile(ctx); err != nil {
			return nil, err
		}
	}
	if c.event != "" || len(changed) > 0 || tx.LastNumber() == 0 && len(consents) == 0 { // that somebody is known is something that segments look at
		_, err := tx.AddEvent(ctx, store.NewEvent{
			ID: c.messageID, Source: key.Name, Name: c.event, Properties: c.properties, Changed: changed, Time: c.time(tx.Now()),
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, recordConsents(ctx, tx, consents, "the key "+key.Name, nil)
}

// permitted says what a key may not do to a profile. Nothing was changed yet.
func permitted(p *profile.Profile, key store.Key, c *call) *profile.Problem {
	fresh := 0
	for _, traits := range []map[string]any{c.traits, c.hints.traits} {
		for name, value := range traits {
			if _, had := p.Attributes[name]; !had && value != nil {
				fresh++
			}
		}
	}
	if fresh > 0 && len(p.Attributes)+fresh > profile.MaxAttributes {
		return &profile.Problem{Field: "traits", Message: fmt.Sprintf("would give this profile more than %d attributes; remove some with null, or send what happens as properties of events", profile.MaxAttributes)}
	}
	if key.Kind != store.ClientKey {
		return nil
	}
	if len(c.consents) > 0 {
		return &profile.Problem{Field: "context.consent", Message: "cannot be set with a client key, which anybody can read in the browser; set it with a server key"}
	}
	if names := profile.Readdressed(p, c.traits); len(names) > 0 {
		return &profile.Problem{Field: "traits." + names[0], Message: "of an identified person cannot be changed with a client key, which anybody can read in the browser; change it with a server key"}
	}
	return nil
}

// update changes the profile as the call says and returns the attributes that changed, and whether
// anything else did. Traits in `context` count like those of identify, the call's own above them;
// but as libraries repeat them by themselves, a client key's cannot fail a call: those that it may
// not change are passed over.
func update(p *profile.Profile, key store.Key, c *call) (changed []string, touched bool) {
	said := maps.Clone(c.hints.traits)
	if key.Kind == store.ClientKey {
		for _, name := range profile.Readdressed(p, said) {
			delete(said, name)
		}
	}
	if said == nil {
		said = map[string]any{}
	}
	maps.Copy(said, c.traits)
	changed = profile.Identify(p, said)
	hinted := map[string]any{}
	if c.hints.timezone != "" {
		hinted["timezone"] = c.hints.timezone
	}
	if c.hints.locale != "" {
		hinted["locale"] = c.hints.locale
	}
	for name := range said {
		delete(hinted, name) // what was just said, removed included, is not filled in again
	}
	changed = append(changed, profile.Fill(p, hinted)...)
	if c.hints.token != "" {
		touched = profile.AddDevice(p, profile.Device{Channel: "push", Token: c.hints.token})
	}
	return changed, touched
}

// time is when a call's event happened: what the sender's clock said, corrected by how far that
// clock was off when it sent (arrival - (sentAt - timestamp), as Segment has it). The store caps it
// at arrival: a clock in the future is wrong.
func (c *call) time(arrival time.Time) time.Time {
	switch {
	case c.timestamp.IsZero():
		return arrival
	case c.sentAt.IsZero():
		return c.timestamp
	}
	return arrival.Add(c.timestamp.Sub(c.sentAt))
}

// recordConsents writes what became of consents: a decision and an event each, the profile being
// saved already. by is who changed them.
func recordConsents(ctx context.Context, tx *store.Tx, topics []string, by string, properties map[string]any) error {
	for _, topic := range topics {
		given := tx.Profile().Consents[topic]
		reason, about := "withdrawn", topic
		if given {
			reason = "given"
		}
		if about == "" {
			about = "everything that is not transactional"
		}
		err := tx.Decide(ctx, store.Decision{
			Kind: "consent", Reason: reason, Words: "consent to " + about + " was " + reason + " by " + by, Inputs: map[string]any{"topic": topic, "source": by},
		})
		if err != nil {
			return err
		}
		said := map[string]any{"topic": topic, "given": given}
		maps.Copy(said, properties)
		if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "consent_changed", Properties: said}); err != nil {
			return err
		}
	}
	return nil
}

// maxNoted bounds what one process remembers, and writes down, of names for suggestions.
const maxNoted = 5000

// noteNames remembers names that come for the first time. They only serve suggestions: failing is fine.
func (s *server) noteNames(ctx context.Context, calls []call) {
	fresh := map[string][]string{}
	s.noted.Lock()
	for _, c := range calls {
		names := map[string][]string{"event": {c.event}, "attribute": slices.Concat(slices.Collect(maps.Keys(c.traits)), slices.Collect(maps.Keys(c.hints.traits)))}
		for kind, all := range names {
			for _, name := range all {
				id := kind + "\x00" + name
				if name != "" && !strings.HasPrefix(name, "$") && !s.noted.names[id] && len(s.noted.names) < maxNoted {
					s.noted.names[id] = true
					fresh[kind] = append(fresh[kind], name)
				}
			}
		}
	}
	s.noted.Unlock()
	for kind, names := range fresh {
		if err := s.Store.NoteNames(ctx, kind, names); err != nil {
			s.Log.Sugar().Debugw("names were not noted", "error", err)
		}
	}
}
