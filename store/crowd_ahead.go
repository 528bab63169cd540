package store

import (
	"context"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// ahead is what was read for a crowd. Whoever would change it holds the locks that we have, so it is as true as
// when it was asked for one by one.
type ahead struct {
	source  string          // of the events that let people in
	taken   map[string]bool // their ids
	journey string
	earlier map[entries]earlier
	lastN   map[string]int32 // by the profile that the run began with
	wants   map[string]Want
	history map[string]map[string][]profile.Event // by profile and name
	active  map[string]bool                       // who is in a journey; nil: not known
}

type entries struct{ profile, key string }

type earlier struct {
	active bool
	last   time.Time
}

func (t *Tx) lookAhead(ctx context.Context, a *Audience, clock calendar.Clock, ids []string) (*ahead, error) {
	h := &ahead{journey: a.Journey, taken: map[string]bool{}, earlier: map[entries]earlier{}, lastN: map[string]int32{}, wants: map[string]Want{}}
	events := make([]string, len(ids))
	for i, id := range ids {
		h.source, events[i] = a.EventID(id)
	}
	taken, err := t.q.EventIDsTaken(ctx, queries.EventIDsTakenParams{Source: h.source, Ids: events})
	if err != nil {
		return nil, err
	}
	for _, id := range taken {
		h.taken[id] = true
	}
	before, err := t.q.EarlierEntriesOfCrowd(ctx, queries.EarlierEntriesOfCrowdParams{Journey: a.Journey, Ids: ids})
	if err != nil {
		return nil, err
	}
	for _, e := range before {
		h.earlier[entries{e.ProfileID, e.Key}] = earlier{e.Active, e.Last}
	}
	numbers, err := t.q.LastNOfCrowd(ctx, queries.LastNOfCrowdParams{Journey: a.Journey, Ids: ids})
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		h.lastN[n.Origin] = n.N
	}
	h.history, err = t.pasts(ctx, ids, a.wants(t.now, clock))
	for _, w := range a.wants(t.now, clock) {
		h.wants[w.Name] = w
	}
	return h, err
}

// pasts reads the histories of many.
func (t *Tx) pasts(ctx context.Context, ids []string, wants []Want) (map[string]map[string][]profile.Event, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	p := queries.EventsOfCrowdParams{Ids: ids}
	for _, w := range wants {
		p.Names, p.Since, p.Properties = append(p.Names, w.Name), append(p.Since, w.Since), append(p.Properties, w.Properties)
	}
	rows, err := t.q.EventsOfCrowd(ctx, p)
	all := map[string]map[string][]profile.Event{}
	for _, r := range rows {
		past := all[r.ProfileID]
		if past == nil {
			past = map[string][]profile.Event{}
			all[r.ProfileID] = past
		}
		if err := remember(past, queries.EventsForRow{
			Number: r.Number, ID: r.ID, Name: r.Name, Properties: r.Properties, Time: r.Time, Arrival: r.Arrival, Imported: r.Imported,
		}); err != nil {
			return nil, err
		}
	}
	return all, err
}

// historyOf is the past of one of the crowd. False: not all of that was read.
func (h *ahead) historyOf(id string, wants []Want) (map[string][]profile.Event, bool) {
	if h == nil {
		return nil, false
	}
	past := map[string][]profile.Event{}
	for _, w := range wants {
		have, ok := h.wants[w.Name]
		if !ok || w.Since.Before(have.Since) || w.After != have.After || w.Properties && !have.Properties {
			return nil, false
		}
		if events := h.history[id][w.Name]; len(events) > 0 {
			past[w.Name] = slices.Clone(events) // whoever asks moves them into their clock
		}
	}
	return past, true
}
