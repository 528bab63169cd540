package starter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// write finds the person of some calls and writes all of them in one transaction: the profile first,
// so that whoever judges an event sees what it changed.
func (s *server) write(ctx context.Context, key store.Key, calls []tracking.Call) ([]rejected, error) {
	who, err := s.Store.PersonFor(ctx, calls[0].UserID, calls[0].AnonymousID, false)
	if errors.Is(err, store.ErrErased) {
		return s.readmit(ctx, key, calls)
	}
	if err != nil {
		return nil, err
	}
	toConfirm, err := s.toConfirm(ctx, calls)
	if err != nil {
		return nil, err
	}
	var bad []rejected
	err = s.Store.InProfile(ctx, who.Profile, func(tx *store.Tx) error {
		bad = nil
		for i := range calls {
			c := &calls[i]
			problem, err := s.apply(ctx, tx, key, c, who, toConfirm)
			if err != nil {
				return err
			}
			if problem != nil {
				bad = append(bad, reject(c, problem))
			}
		}
		return nil
	})
	return bad, err
}

// apply writes one call to the locked profile. toConfirm tells the topics whose consents the person has
// to confirm.
func (s *server) apply(ctx context.Context, tx *store.Tx, key store.Key, c *tracking.Call, who store.Whom, toConfirm func(string) bool) (*profile.Problem, error) {
	p := tx.Profile()
	if p.Erased || who.Claim && p.UserID != "" && p.UserID != c.UserID {
		return nil, errMoved
	}
	if problem := tracking.Permitted(p, c, key.Kind == store.ClientKey, toConfirm); problem != nil {
		return problem, nil
	}
	if c.MessageID != "" {
		fresh, err := tx.TakeEventID(ctx, key.Name, c.MessageID)
		if err != nil || !fresh {
			return nil, err
		}
	}
	changed, touched := tracking.Update(p, c, key.Kind == store.ClientKey)
	if err := tx.LiftBounces(ctx, changed); err != nil {
		return nil, err
	}
	if who.Claim && p.UserID == "" {
		if err := tx.SetUserID(ctx, c.UserID); err != nil {
			return nil, err
		}
		changed = append(changed, "id")
	}
	var chosen choice
	chosen.changed, chosen.asked = profile.Choose(p, c.Consents, unless(c.Confirmed, toConfirm), tx.Now())
	if len(chosen.asked) > 0 && s.Links == nil {
		return nil, errNoBase
	}
	if len(changed) > 0 || touched || chosen.any() {
		if err := tx.SaveProfile(ctx); err != nil {
			return nil, err
		}
	}
	if c.Event != "" || len(changed) > 0 || tx.LastNumber() == 0 && !chosen.any() { // that somebody is known is something that segments look at
		_, err := tx.AddEvent(ctx, store.NewEvent{
			ID: c.MessageID, Source: key.Name, Name: c.Event, Properties: c.Properties, Changed: changed, Time: c.Time(tx.Now()),
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, s.record(ctx, tx, chosen, "the key "+key.Name, nil)
}

// maxNoted bounds what one process remembers, and writes down, of names for suggestions.
const maxNoted = 5000

// noteNames remembers names that come for the first time. They only serve suggestions: failing is fine.
func (s *server) noteNames(ctx context.Context, calls []tracking.Call) {
	fresh := map[string][]string{}
	s.noted.Lock()
	for _, c := range calls {
		names := map[string][]string{"event": {c.Event}, "attribute": slices.Concat(slices.Collect(maps.Keys(c.Traits)), slices.Collect(maps.Keys(c.Hints.Traits)))}
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
			s.noted.Lock()
			for _, name := range names { // the next time they come, it is tried again
				delete(s.noted.names, kind+"\x00"+name)
			}
			s.noted.Unlock()
		}
	}
}
