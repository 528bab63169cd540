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
	pasts   map[string]*Past // by profile
	active  map[string]bool  // who is in a journey; nil: not known
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
	wants := a.wants(t.now, clock)
	h.pasts, err = t.pasts(ctx, ids, wants)
	for _, w := range wants {
		h.wants[w.Name] = w
	}
	return h, err
}

// pastOf is the past of one of the crowd, whose newest event has a number. False: not all of that was read.
func (h *ahead) pastOf(id string, wants []Want, newest int64) (Past, bool) {
	if h == nil {
		return Past{}, false
	}
	past := Past{Events: map[string][]profile.Event{}, Days: map[string][]profile.Day{}}
	for _, w := range wants {
		have, ok := h.wants[w.Name]
		if !ok || !have.serves(w, newest) {
			return Past{}, false
		}
		read := h.pasts[id]
		if read == nil {
			continue
		}
		if events := read.Events[w.Name]; len(events) > 0 {
			past.Events[w.Name] = slices.Clone(events) // whoever asks moves them into their clock
		}
		if days := read.Days[w.Name]; len(days) > 0 {
			past.Days[w.Name] = slices.Clone(days)
		}
	}
	return past, true
}

// serves tells whether what was read for a want is what another needs, who has newer events at most.
func (w Want) serves(other Want, newest int64) bool {
	if other.Since.Before(w.Since) || other.After != w.After || other.Properties && !w.Properties {
		return false
	}
	if w.DaysUpTo == 0 {
		return true
	}
	return other.DaysUpTo >= newest && !other.DaysBy.Before(w.DaysBy) && !slices.ContainsFunc(other.Cuts, func(c Cut) bool {
		return !slices.ContainsFunc(w.Cuts, func(ours Cut) bool { return !c.From.Before(ours.From) && !c.To.After(ours.To) })
	})
}
