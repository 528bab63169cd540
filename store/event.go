package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Pending is an event that dispatch has yet to judge.
type Pending struct {
	profile.Event
	Changed []string
	Chain   int
	Start   string // the journey that it asks to enter; it has no name then, and means nothing else
	Moved   bool   // came by a merge: its entries were judged before
	Failed  bool   // some journey has failed on it
	Own     bool   // Mixtape itself made it, and no sender
	Merged  bool   // it is the merge itself: everything may have changed
	Quiet   bool   // it tells of memberships that were there before the segment: they let nobody in
}

// PendingEvents reads the profile's events that were not judged, in order.
func (t *Tx) PendingEvents(ctx context.Context, most int) ([]Pending, error) {
	rows, err := t.q.EventsAfter(ctx, queries.EventsAfterParams{ProfileID: t.profile.ID, After: t.dispatched, Most: int32(most)})
	if err != nil {
		return nil, err
	}
	all := make([]Pending, len(rows))
	for i, row := range rows {
		r := row.Event
		all[i] = Pending{Failed: row.Failed, Event: profile.Event{Number: r.Number, ID: r.ID, Name: r.Name, Time: r.Time, Arrival: r.Arrival}, Changed: r.Changed, Chain: int(r.Chain), Start: r.Start, Moved: r.Moved}
		if err := json.Unmarshal(r.Properties, &all[i].Properties); err != nil {
			return nil, err
		}
		all[i].Own = r.Source == SourceMixtape
		if all[i].Own && r.Name == "" {
			all[i].Merged, all[i].Quiet = all[i].Properties[mergedProperty] == true, all[i].Properties[quietProperty] == true
		}
	}
	return all, nil
}

// What a change that Mixtape itself made says of itself, among its properties.
const (
	mergedProperty = "merged"
	quietProperty  = "quiet"
)

// MarkDispatched says that all events up to number were judged.
func (t *Tx) MarkDispatched(ctx context.Context, number int64) error {
	t.dispatched = number
	return t.later.MarkDispatched(ctx, queries.MarkDispatchedParams{ID: t.profile.ID, Dispatched: number})
}

// Failure is an (event, journey) pair that dispatch could not judge.
type Failure struct {
	Journey  string
	Attempts int
}

// Failures reads how often the journeys failed on an event.
func (t *Tx) Failures(ctx context.Context, number int64) ([]Failure, error) {
	rows, err := t.q.Failures(ctx, queries.FailuresParams{ProfileID: t.profile.ID, Number: number})
	all := make([]Failure, len(rows))
	for i, r := range rows {
		all[i] = Failure{Journey: r.Journey, Attempts: int(r.Attempts)}
	}
	return all, err
}

// RecordFailure counts a failure of a journey on an event and lets the profile wait before the next
// try. It returns how often it has failed by now.
func (s *Store) RecordFailure(ctx context.Context, profileID string, number int64, journey string, cause error, wait time.Duration) (int, error) {
	attempts, err := s.q.RecordFailure(ctx, queries.RecordFailureParams{ProfileID: profileID, Number: number, Journey: journey, Error: cause.Error()})
	if err != nil {
		return 0, err
	}
	return int(attempts), s.q.RetryDispatchLater(ctx, queries.RetryDispatchLaterParams{ID: profileID, DelayMs: wait.Milliseconds()})
}

// TakeEventID takes an event id of a source; false says that it was taken before.
func (t *Tx) TakeEventID(ctx context.Context, source, id string) (bool, error) {
	if h := t.ahead; h != nil && source == h.source {
		if h.taken[id] {
			return false, nil
		}
		h.taken[id] = true
		return true, t.later.KeepEventID(ctx, queries.KeepEventIDParams{Source: source, ID: id})
	}
	_, err := t.q.TakeEventID(ctx, queries.TakeEventIDParams{Source: source, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// EventRow is an event as it is stored.
type EventRow = queries.Event

// EventsOfProfile reads the newest events of a profile, newest first.
func (s *Store) EventsOfProfile(ctx context.Context, id string, most int) ([]EventRow, error) {
	return s.q.EventsOfProfile(ctx, queries.EventsOfProfileParams{ProfileID: id, Limit: int32(most)})
}

// NoteNames remembers event names or attributes ("event", "attribute") for suggestions.
func (s *Store) NoteNames(ctx context.Context, kind string, names []string) error {
	return s.q.NoteName(ctx, queries.NoteNameParams{Kind: kind, Names: names})
}

// SeenNames lists the event names or attributes that ever came.
func (s *Store) SeenNames(ctx context.Context, kind string) ([]string, error) {
	return s.q.SeenNames(ctx, kind)
}
