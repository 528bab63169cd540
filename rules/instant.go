package rules

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// instant is a point in time, in microseconds since 1970: what the database keeps. rate is how
// many microseconds it moves with each microsecond of now: 0 for a fixed date, 1 for now itself.
type instant struct {
	us   int64
	rate int64
}

// span is a length of time. months are calendar months, which only adding to a date can settle.
type span struct {
	us     int64
	months int
	rate   int64
}

const (
	microsecond = int64(1)
	second      = 1_000_000 * microsecond
	minute      = 60 * second
	hour        = 60 * minute
	day         = 24 * hour
	// monthLength stands for a month where a length of time is compared or printed.
	monthLength = 30 * day
)

// CEL's limits: the years 1 to 9999, and spans of about ten thousand years.
const (
	firstInstant = -62_135_596_800 * second
	lastInstant  = 253_402_300_799*second + 999_999
	longestSpan  = 315_576_000_000 * second
	mostMonths   = 12 * 10_000
)

func (i instant) time() time.Time { return time.UnixMicro(i.us).UTC() }

func (i instant) in(zone *time.Location) time.Time { return time.UnixMicro(i.us).In(zone) }

func (s span) total() int64 { return s.us + int64(s.months)*monthLength }

// duration saturates at what time.Duration can hold, 292 years.
func (s span) duration() time.Duration {
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return time.Duration(max(-most, min(most, s.total()))) * time.Microsecond
}

// checked makes what is out of range absent.
func (i instant) checked() any {
	if i.us < firstInstant || i.us > lastInstant {
		return nil
	}
	return i
}

func (s span) checked() any {
	if s.us < -longestSpan || s.us > longestSpan || s.months < -mostMonths || s.months > mostMonths {
		return nil
	}
	return s
}

func instantOf(t time.Time) any {
	return instant{us: t.UnixMicro()}.checked()
}

// asInstant reads a value beside a timestamp: as what it is, else as a date in the profile's zone.
func (r *run) asInstant(value any) (instant, bool) {
	switch v := value.(type) {
	case instant:
		return v, true
	case string, float64:
		if s, _ := value.(string); !r.spend(readSteps + int64(len(s))) {
			return instant{}, false
		}
		t, ok := calendar.ReadDate(v, r.zone)
		if !ok {
			return instant{}, false
		}
		i, ok := instantOf(t).(instant)
		return i, ok
	}
	return instant{}, false
}

// parseSpan reads our units (s, m, h, d, w, mo), and CEL's own, such as 1.5h.
func parseSpan(s string) (span, bool) {
	if len(s) > 64 {
		return span{}, false
	}
	if d, err := calendar.ParseDuration(s); err == nil {
		// Days without an hour of the day beside them are 24 hours each.
		out := span{months: d.Months, us: int64(d.Days)*day + d.Clock.Microseconds()}
		if out.checked() == nil {
			return span{}, false
		}
		return out, true
	}
	d, err := time.ParseDuration(s)
	return span{us: d.Microseconds()}, err == nil
}

// after is the instant s after i. With months in it, i's local date moves and its clock stays.
func (r *run) after(i instant, s span) any {
	if s.months == 0 {
		return instant{us: i.us + s.us, rate: i.rate + s.rate}.checked()
	}
	if !r.spend(2 * monthSteps) {
		return nil
	}
	moved := r.addMonths(i.us, s.months)
	rate := i.rate
	if rate != 0 {
		rate = r.boundMonths(i, moved)
	}
	return instant{us: moved + s.us, rate: rate + s.rate}.checked()
}

func (r *run) addMonths(us int64, months int) int64 {
	return calendar.Duration{Months: months}.AddTo(time.UnixMicro(us).In(r.zone), r.zone).UnixMicro()
}

// boundMonths notes how long an instant that moves with now stays in step with the instant some
// months from it, and returns the rate of the latter until then. Both clocks tick alike until one
// of them comes to a midnight or to a change of the clocks.
func (r *run) boundMonths(from instant, to int64) int64 {
	if from.rate != 1 {
		r.flipAfter(1)
		return from.rate
	}
	a, b := from.in(r.zone), time.UnixMicro(to).In(r.zone)
	r.flipAfter(untilTomorrow(a))
	r.flipAfter(untilZoneChange(a))
	if behind := clock(b) - clock(a); behind != 0 {
		// The target's clock skips this hour: it stands at the end of the gap till we catch up.
		if behind < 0 {
			behind = 1
		}
		r.flipAfter(behind)
		return 0
	}
	r.flipAfter(untilZoneChange(b))
	return 1
}

// clock is the local time of day in microseconds.
func clock(t time.Time) int64 {
	h, m, s := t.Clock()
	return int64(h)*hour + int64(m)*minute + int64(s)*second + int64(t.Nanosecond())/1000
}

// untilTomorrow is an upper bound that no change of the clocks makes too late, given
// untilZoneChange beside it.
func untilTomorrow(t time.Time) int64 { return day - clock(t) }

func untilZoneChange(t time.Time) int64 {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return never
	}
	return end.UnixMicro() - t.UnixMicro()
}
