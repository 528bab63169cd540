package store

import (
	"fmt"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
)

// QuietHours are the local hours in which nobody is disturbed: from included, to excluded; to at or
// before from closes the next day.
type QuietHours struct {
	From string   `json:"from,omitempty"` // 21:00; with To empty: whole days
	To   string   `json:"to,omitempty"`
	Days []string `json:"days,omitempty"` // mon to sun, those on which it begins; empty: every day
}

// Window reads the hours.
func (q QuietHours) Window() (calendar.Window, error) {
	days, err := calendar.ParseWeekdays(q.Days)
	w := calendar.Window{Days: days}
	if err != nil || q.From == "" && q.To == "" && len(q.Days) > 0 {
		return w, err
	}
	w.HasTimes = true
	if w.From, err = calendar.ParseTimeOfDay(q.From); err != nil {
		return w, err
	}
	w.To, err = calendar.ParseTimeOfDay(q.To)
	return w, err
}

// Cap is how many messages somebody may get over all journeys.
type Cap struct {
	Max      int            `json:"max"`
	Per      string         `json:"per"`                // day, week, or a length that rolls, such as 7d
	Channels []string       `json:"channels,omitempty"` // empty: all
	Topics   []string       `json:"topics,omitempty"`
	Reserve  map[string]int `json:"reserve,omitempty"` // by priority, room that only it may take
}

// Rule reads the cap.
func (c Cap) Rule() (gate.Cap, error) {
	per, err := gate.ParsePeriod(c.Per)
	return gate.Cap{Max: c.Max, Per: per, Channels: c.Channels, Topics: c.Topics, Reserve: c.Reserve}, err
}

// Calls is what call steps may do.
type Calls struct {
	PrivateAddresses bool `json:"private_addresses,omitempty"` // ask services of the own network, too
}

// CapRules reads all caps.
func (s *Settings) CapRules() ([]gate.Cap, error) {
	all := make([]gate.Cap, len(s.Caps))
	for i, c := range s.Caps {
		var err error
		if all[i], err = c.Rule(); err != nil {
			return nil, fmt.Errorf("caps: %w", err)
		}
	}
	return all, nil
}

// Quiet reads the quiet hours; nil: there are none.
func (s *Settings) Quiet() (*calendar.Window, error) {
	if s.QuietHours == nil {
		return nil, nil
	}
	w, err := s.QuietHours.Window()
	if err != nil {
		return nil, fmt.Errorf("quiet_hours: %w", err)
	}
	return &w, nil
}
