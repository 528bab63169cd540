package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// SourceMixtape is the source of the events that Mixtape itself makes.
const SourceMixtape = "mixtape"

func profileOf(row queries.ProfileRow) (*profile.Profile, error) {
	p := &profile.Profile{ID: row.ID, Erased: row.ErasedAt != nil}
	if row.UserID != nil {
		p.UserID = *row.UserID
	}
	if row.MergedInto != nil {
		p.MergedInto = *row.MergedInto
	}
	p.Segments = make(map[string]bool, len(row.Segments))
	for _, name := range row.Segments {
		p.Segments[name] = true
	}
	return p, errors.Join(
		json.Unmarshal(row.Computed, &p.Computed),
		json.Unmarshal(row.Attributes, &p.Attributes),
		json.Unmarshal(row.Consents, &p.Consents),
		json.Unmarshal(row.Requested, &p.Requested),
		json.Unmarshal(row.Suppressed, &p.Suppressed),
		json.Unmarshal(row.Devices, &p.Devices))
}

// Profile reads a profile without its lock, following merges.
func (s *Store) Profile(ctx context.Context, id string) (*profile.Profile, error) {
	for range maxMerges {
		row, err := s.q.Profile(ctx, id)
		if err != nil {
			return nil, notFound(err)
		}
		p, err := profileOf(row)
		if err != nil {
			return nil, err
		}
		if p.MergedInto == "" {
			p.AnonymousIDs, err = s.q.AnonymousIDs(ctx, p.ID)
			return p, err
		}
		id = p.MergedInto
	}
	return nil, fmt.Errorf("profile %s: merged too often", id)
}

// FindProfile reads the profile that somebody calls name: the caller's user id, an anonymous id, or ours.
func (s *Store) FindProfile(ctx context.Context, name string) (*profile.Profile, error) {
	id, err := s.q.ProfileIDByUser(ctx, &name)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = s.q.ProfileIDByAnonymous(ctx, name)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = s.q.ProfileIDByEmail(ctx, name)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = name, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := s.Profile(ctx, id)
	if err == nil && p.Erased {
		return nil, ErrNotFound
	}
	return p, err
}

// ListProfiles returns the next profiles behind an id, in the order of ids.
func (s *Store) ListProfiles(ctx context.Context, after string, most int) ([]*profile.Profile, error) {
	rows, err := s.q.ListProfiles(ctx, queries.ListProfilesParams{After: after, Most: int32(most)})
	if err != nil {
		return nil, err
	}
	all := make([]*profile.Profile, len(rows))
	for i, row := range rows {
		all[i] = &profile.Profile{ID: row.ID, UserID: row.UserID}
		if err := json.Unmarshal(row.Attributes, &all[i].Attributes); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// SaveProfile writes the locked profile back; NoteChange tells the others. Of the erased nothing is written.
func (t *Tx) SaveProfile(ctx context.Context) error {
	p := t.profile
	if p.Erased {
		return nil
	}
	return t.later.SaveProfile(ctx, queries.SaveProfileParams{
		ID: p.ID, Attributes: encode(orEmpty(p.Attributes)), Consents: encode(orEmpty(p.Consents)),
		Suppressed: encode(orEmpty(p.Suppressed)), Devices: encode(append([]profile.Device{}, p.Devices...)), Requested: encode(orEmpty(p.Requested)),
	})
}

// SaveComputed writes back what was worked out of the locked profile.
func (t *Tx) SaveComputed(ctx context.Context) error {
	return t.later.SaveComputed(ctx, queries.SaveComputedParams{ID: t.profile.ID, Computed: encode(t.profile.Computed)})
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// NewEvent is an event that is about to get its number.
type NewEvent struct {
	ID         string // taken before, or empty: one is made
	Source     string
	Name       string // empty for a change of the profile
	Properties map[string]any
	Changed    []string  // attributes that were changed with it
	Time       time.Time // zero: now; later than now becomes now
	Chain      int       // entries, each set off by the one before, that led to it within an hour
	Start      string    // a journey to enter: the event has no name of its own and is judged only as an entrance
}

// AddEvent gives the event the profile's next number and arrival, and leaves it to dispatch. What happens
// to the erased, as a bounce of a message that had left, is not written down.
func (t *Tx) AddEvent(ctx context.Context, e NewEvent) (profile.Event, error) {
	if t.profile.Erased {
		return profile.Event{}, nil
	}
	t.lastNumber++
	if e.ID == "" {
		e.ID = NewID("e")
	}
	if e.Source == "" {
		e.Source = SourceMixtape
	}
	if e.Time.IsZero() || e.Time.After(t.now) {
		e.Time = t.now
	}
	changed := append([]string{}, e.Changed...)
	sort.Strings(changed)
	err := t.later.InsertEvent(ctx, queries.InsertEventParams{
		ProfileID: t.profile.ID, Number: t.lastNumber, ID: e.ID, Source: e.Source, Name: e.Name, Properties: encode(orEmpty(e.Properties)),
		Changed: changed, Time: e.Time, Arrival: t.now, Chain: int16(e.Chain), Start: e.Start,
	})
	if err != nil {
		return profile.Event{}, err
	}
	return profile.Event{Number: t.lastNumber, ID: e.ID, Name: e.Name, Properties: e.Properties, Time: e.Time, Arrival: t.now},
		t.later.NumberEvents(ctx, queries.NumberEventsParams{
			ID: t.profile.ID, LastNumber: t.lastNumber, Name: e.Name, Change: e.Name == "" || len(changed) > 0,
		})
}
