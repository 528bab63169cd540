package calendar

import "time"

// Best asks for the moment at which somebody is most receptive.
type Best struct {
	Until     time.Time  // no later than this
	Before    time.Time  // and before this; zero: no matter
	Receptive []float64  // 168 hours of the local week from Monday 00:00, higher is better; empty: not known
	Fallback  *TimeOfDay // when that is not known; nil: at once
	Shut      *Window    // hours that do not count; nil: all do
}

// Choose finds the best moment from now on. Of equals it is the earliest; where no moment is left it
// is now.
func (b Best) Choose(now time.Time, zone *time.Location) time.Time {
	fits := func(t time.Time) bool { return !t.After(b.Until) && (b.Before.IsZero() || t.Before(b.Before)) }
	if len(b.Receptive) != hoursOfWeek {
		if b.Fallback == nil {
			return now
		}
		at := Wait{At: b.Fallback}.Target(now, zone)
		if fits(at) && (b.Shut == nil || !b.Shut.Contains(at, zone)) {
			return at
		}
		return now
	}
	best, highest, found := now, 0.0, false
	for hour := now; fits(hour); {
		next := NextHour(hour, zone)
		at := hour
		if b.Shut != nil && b.Shut.Contains(at, zone) {
			_, at = b.Shut.Next(at, zone)
		}
		score := b.Receptive[hourOfWeek(hour.In(zone))]
		if at.Before(next) && fits(at) && (!found || score > highest) {
			best, highest, found = at, score, true
		}
		hour = next
	}
	return best
}

const hoursOfWeek = 7 * 24

func hourOfWeek(local time.Time) int { return (int(local.Weekday())+6)%7*24 + local.Hour() }
