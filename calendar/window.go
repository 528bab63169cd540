package calendar

import "time"

// Window is a stretch of local time that opens again and again, such as quiet hours. It opens at
// From and is shut at To; a To at or before From closes the next day.
type Window struct {
	From, To TimeOfDay
	HasTimes bool     // false: whole days, midnight to midnight
	Days     Weekdays // the days it opens on; the empty set is every day
}

// horizon is how many days ahead an opening is looked for: three weeks, since a weekly opening
// may fall into a gap. It also bounds the answer for a window that never shuts.
const horizon = 22

// Contains tells whether the window is open at t.
func (w Window) Contains(t time.Time, loc *time.Location) bool {
	day := date(wallOf(t, loc))
	for ahead := -2; ahead <= 2; ahead++ {
		opens, closes, ok := w.on(day.AddDate(0, 0, ahead), loc)
		if ok && !t.Before(opens) && t.Before(closes) {
			return true
		}
	}
	return false
}

// Next returns the stretch for which the window is open at t or, where it is shut then, will be
// next. Where it is open now, opens is t. Openings that touch count as one, so at closes the
// window is shut; only one that never shuts is cut off, some three weeks ahead.
func (w Window) Next(t time.Time, loc *time.Location) (opens, closes time.Time) {
	day := date(wallOf(t, loc))
	for ahead := -2; ahead <= horizon; ahead++ {
		from, to, ok := w.on(day.AddDate(0, 0, ahead), loc)
		switch {
		case !ok || !to.After(t):
		case closes.IsZero():
			opens, closes = from, to
			if opens.Before(t) {
				opens = t.In(loc)
			}
		case from.After(closes):
			return opens, closes
		case to.After(closes):
			closes = to
		}
	}
	return opens, closes
}

// on returns the opening of one day; false where there is none, or where the clocks skip all of it.
func (w Window) on(day time.Time, loc *time.Location) (opens, closes time.Time, ok bool) {
	if !w.Days.allows(day.Weekday()) {
		return opens, closes, false
	}
	from, to := w.From, w.To
	if !w.HasTimes {
		from, to = TimeOfDay{}, TimeOfDay{}
	}
	end := to.on(day)
	if to.sinceMidnight() <= from.sinceMidnight() {
		end = to.on(day.AddDate(0, 0, 1))
	}
	opens, closes = place(from.on(day), loc), place(end, loc)
	return opens, closes, opens.Before(closes)
}
