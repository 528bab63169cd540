package gate

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// What a message does in quiet hours.
const (
	Defer  = "defer" // wait until they are over
	Drop   = "skip"
	Ignore = "ignore"
)

// Best asks for the hour at which somebody is most receptive.
type Best struct {
	Until     time.Time           // no later than this, in the run's clock
	Receptive []float64           // 168 hours of the local week from Monday 00:00, higher is better; empty: not known
	Fallback  *calendar.TimeOfDay // when that is not known; nil: at once
	Chosen    time.Time           // at an earlier look; zero: not yet
}

// choose finds the best moment from now on that is not quiet and before the end (zero: there is none).
func (b *Best) choose(now, end time.Time, quiet *calendar.Window, zone *time.Location) time.Time {
	return calendar.Best{Until: b.Until, Before: end, Receptive: b.Receptive, Fallback: b.Fallback, Shut: quiet}.Choose(now, zone)
}

// opening is when the quiet hours that now is not in begin; zero: never.
func opening(quiet *calendar.Window, now time.Time, zone *time.Location) time.Time {
	opens, closes := quiet.Next(now, zone)
	if closes.IsZero() {
		return time.Time{}
	}
	return opens
}

// earliest is the earlier of two instants, where zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
