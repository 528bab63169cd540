package activities

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// tastes learns what people choose.
type tastes struct {
	name     string
	events   []string
	property string
	halfLife time.Duration
}

const (
	tastePeople = 20_000
	halfLives   = 6 // that are looked back: what is older weighs a sixtieth
)

func (tastes) most() int64 { return tastePeople }

func (l tastes) each(ctx context.Context, s *store.Store, ids []string, now time.Time, take func(id string, t insight.Taste)) error {
	choices, err := s.Choices(ctx, ids, l.events, l.property, now.Add(-halfLives*l.halfLife), now)
	if err != nil {
		return err
	}
	by := map[string]insight.Taste{}
	for _, c := range choices {
		if c.Value == "" || len(c.Value) > profile.MaxName {
			continue
		}
		t := by[c.ProfileID]
		t.Add(c.Value, c.Time, now, l.halfLife)
		by[c.ProfileID] = t
	}
	for _, id := range ids {
		if t, any := by[id]; any {
			take(id, t)
		}
	}
	return nil
}

func (l tastes) sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	return all, l.each(ctx, s, ids, now, func(id string, t insight.Taste) {
		all[id], _ = json.Marshal(t) // numbers and text only
	})
}

func (l tastes) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	people := make([]insight.Taste, len(samples))
	for i, raw := range samples {
		if err := json.Unmarshal(raw, &people[i]); err != nil {
			return m, err
		}
	}
	learned := insight.LearnTastes(people)
	m = store.Model{DataFrom: now.Add(-halfLives * l.halfLife), DataTo: now, Features: []byte("[]"), Baseline: []byte("{}"), Promoted: len(people) > 0, Why: "used: each person's own share of a value, next to everybody's"}
	if len(people) == 0 {
		m.Why = "not used: nobody has chosen anything yet"
	}
	if m.Metrics, err = json.Marshal(map[string]int{"people": len(people), "values": len(learned.Share)}); err != nil {
		return m, err
	}
	m.Parameters, err = json.Marshal(learned)
	return m, err
}

func (l tastes) findings(ctx context.Context, s *store.Store, m store.Model, ids []string, now time.Time) (map[string]finding, error) {
	var learned insight.Tastes
	if err := json.Unmarshal(m.Parameters, &learned); err != nil {
		return nil, err
	}
	all := map[string]finding{}
	return all, l.each(ctx, s, ids, now, func(id string, own insight.Taste) {
		value, ok := learned.Affinity(own)
		all[id] = func(c *profile.Computed, t teller) (changed, told bool) {
			before, had := c.Affinities[l.name]
			if had == ok && before == value {
				return false, false
			}
			if !ok {
				delete(c.Affinities, l.name)
			} else {
				if c.Affinities == nil {
					c.Affinities = map[string]string{}
				}
				c.Affinities[l.name] = value
			}
			return true, t.affinity(l.name)
		}
	})
}
