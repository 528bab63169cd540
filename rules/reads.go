package rules

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Reads is what rules need to know, so that it can be fetched in one go and so that a change
// concerns only the rules that look at it.
type Reads struct {
	Attributes []string // sorted; "id" is the profile's own
	All        bool     // every attribute: the user as a whole is looked at
	Events     []EventRead
	Now        bool // the clock: directly, or through a window
	Event      bool // the event in hand
	Entry      bool
	Results    []string // sorted
	Consents   []string // topics, sorted
	Segments   []string // sorted
	Scores     []string // sorted
	Affinities []string // sorted
	Catalogs   []string // sorted
	Calendars  []string // sorted
	Trends     []Trend  // by name, then length
}

// EventRead is one event name whose history is needed.
type EventRead struct {
	Name string
	// Within is how far back from now the history must reach, by event time; zero is for ever.
	// A calendar month counts as the longest there is, so this may ask for a little too much.
	Within     time.Duration
	Properties bool // not just that and when it happened, but its properties

	// Each is how far back the events are looked at one by one, and Always for ever. All others may come
	// as days, added up, unless one of the windows begins within the day.
	Each    time.Duration
	Windows []Window // sorted
}

// Window is where a window begins: so long before now, at the least and at the most (it differs by the
// calendar only).
type Window struct{ Least, Most time.Duration }

// Always is longer than there is history.
const Always time.Duration = math.MaxInt64

// EachOne is the same where no day may stand for its events: the rule is asked of other moments, too.
func (e EventRead) EachOne() EventRead {
	e.Each, e.Windows = cmp.Or(e.Within, Always), nil
	return e
}

// Nothing tells whether the rule says the same of everybody, always.
func (r Reads) Nothing() bool {
	named := len(r.Attributes) + len(r.Events) + len(r.Results) + len(r.Consents) + len(r.Segments) +
		len(r.Scores) + len(r.Affinities) + len(r.Catalogs) + len(r.Calendars) + len(r.Trends)
	return named == 0 && !r.All && !r.Now && !r.Event && !r.Entry
}

// Merge is what both need.
func (r Reads) Merge(others ...Reads) Reads {
	out := r.clone()
	for _, o := range others {
		out.Attributes = append(out.Attributes, o.Attributes...)
		out.Results = append(out.Results, o.Results...)
		out.Consents = append(out.Consents, o.Consents...)
		for _, e := range o.Events {
			out.addEvent(e)
		}
		out.Segments = append(out.Segments, o.Segments...)
		out.Scores = append(out.Scores, o.Scores...)
		out.Affinities = append(out.Affinities, o.Affinities...)
		out.Catalogs = append(out.Catalogs, o.Catalogs...)
		out.Calendars = append(out.Calendars, o.Calendars...)
		out.Trends = append(out.Trends, o.Trends...)
		out.All = out.All || o.All
		out.Now = out.Now || o.Now
		out.Event = out.Event || o.Event
		out.Entry = out.Entry || o.Entry
	}
	return out.clone()
}

// addEvent widens what is read of an event name.
func (r *Reads) addEvent(e EventRead) {
	for i := range r.Events {
		have := &r.Events[i]
		if have.Name != e.Name {
			continue
		}
		have.Properties = have.Properties || e.Properties
		if have.Within == 0 || e.Within == 0 {
			have.Within = 0
		} else {
			have.Within = max(have.Within, e.Within)
		}
		have.Each = max(have.Each, e.Each)
		for _, w := range e.Windows {
			if !slices.Contains(have.Windows, w) {
				have.Windows = append(slices.Clip(have.Windows), w) // they may be another's
			}
		}
		slices.SortFunc(have.Windows, func(a, b Window) int { return cmp.Or(cmp.Compare(a.Least, b.Least), cmp.Compare(a.Most, b.Most)) })
		return
	}
	r.Events = append(r.Events, e)
}

// clone shares nothing, is sorted and has each name once.
func (r Reads) clone() Reads {
	r.Attributes = set(r.Attributes)
	r.Results = set(r.Results)
	r.Consents = set(r.Consents)
	r.Segments, r.Scores, r.Affinities = set(r.Segments), set(r.Scores), set(r.Affinities)
	r.Catalogs, r.Calendars = set(r.Catalogs), set(r.Calendars)
	r.Trends = slices.Clone(r.Trends)
	slices.SortFunc(r.Trends, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Within, b.Within))
	})
	r.Trends = slices.Compact(r.Trends)
	r.Events = slices.Clone(r.Events)
	slices.SortFunc(r.Events, func(a, b EventRead) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return r
}

func set(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		seen[n] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
