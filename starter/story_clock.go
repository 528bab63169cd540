package starter

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mixtapehq/mixtape/calendar"
)

// clocks are what a person's runs go by, where that is not real time.
type clocks struct {
	byRun  map[string]calendar.Clock
	shared calendar.Clock // by all of them; zero: real time, or each by its own
}

func (s *server) clocks(ctx context.Context, profileID string, most int) (clocks, error) {
	c := clocks{byRun: map[string]calendar.Clock{}}
	runs, err := s.Store.RunsOfProfile(ctx, profileID, most)
	for i, r := range runs {
		var clock calendar.Clock
		if len(r.Clock) > 0 {
			if err := json.Unmarshal(r.Clock, &clock); err != nil {
				return c, fmt.Errorf("run %s: clock: %w", r.ID, err)
			}
			c.byRun[r.ID] = clock
		}
		switch {
		case i == 0:
			c.shared = clock
		case c.shared != clock:
			c.shared = calendar.Clock{}
		}
	}
	return c, err
}

// tell adds the time of the run's clock to a line that has none.
func (c clocks) tell(l *line) {
	clock := c.byRun[l.Run]
	if l.Run == "" {
		clock = c.shared
	}
	if l.RunTime == nil && !clock.IsZero() {
		t := clock.ToVirtual(l.At)
		l.RunTime = &t
	}
}
