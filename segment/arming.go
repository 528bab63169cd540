package segment

import (
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Movable are the people whom time alone may move into or out of a segment.
type Movable struct {
	Everyone   bool
	Events     []rules.EventRead // else whoever did one of these
	Attributes []string          // or has one of these
}

// Nobody tells whether time moves no one.
func (m Movable) Nobody() bool { return !m.Everyone && len(m.Events)+len(m.Attributes) == 0 }

// Movable says whom time may move at a segment. Facts give the moment and what rules look things up in.
func (s *Set) Movable(key string, f rules.Facts) Movable {
	i, known := s.byKey[key]
	if !known || !s.all[i].reads.Now {
		return Movable{}
	}
	o := s.all[i]
	r := o.reads
	other := len(r.Consents) + len(r.Segments) + len(r.Scores) + len(r.Affinities) + len(r.Calendars) + len(r.Trends)
	if r.All || other > 0 || o.movesStrangers(f) {
		return Movable{Everyone: true}
	}
	return Movable{Events: r.Events, Attributes: r.Attributes}
}

// movesStrangers tells whether time moves those of whom nothing is known, wherever they live.
func (o *one) movesStrangers(f rules.Facts) bool {
	const easternmost, westernmost = 14 * 3600, -12 * 3600
	zones := []*time.Location{f.Zone, time.FixedZone("east", easternmost), time.FixedZone("west", westernmost)}
	for _, zone := range zones {
		f.Zone, f.Profile, f.History, f.Segments = zone, &profile.Profile{}, nil, nil
		if !o.rule.Holds(&f).FlipsAt.IsZero() {
			return true
		}
	}
	return false
}
