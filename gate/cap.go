package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// Cap is how many messages somebody may get over all journeys.
type Cap struct {
	Max      int
	Per      Period
	Channels []string       // those it counts and holds for; empty: all
	Topics   []string       // likewise
	Reserve  map[string]int // by priority: room that only messages of this priority may take
}

// Slot is the place under the caps that a message has taken.
type Slot struct {
	Channel  string
	Topic    string
	Priority string
	At       time.Time // in the run's clock
	Run      string    // whose message it is
	Visit    int       // at which of the run's step visits
}

// Period is what a cap counts over: a local day or week (from Monday on) of the calendar, or a
// length of time that rolls.
type Period struct {
	calendar string
	rolls    calendar.Duration
}

const (
	perDay  = "day"
	perWeek = "week"
)

// ParsePeriod reads day, week, or a length such as 7d.
func ParsePeriod(text string) (Period, error) {
	switch text {
	case perDay, perWeek:
		return Period{calendar: text}, nil
	}
	d, err := calendar.ParseDuration(text)
	if err != nil || d.IsZero() {
		return Period{}, fmt.Errorf("%q is not a period; write day, week, or a length such as 7d or 12h", text)
	}
	return Period{rolls: d}, nil
}

// Since is the first instant that counts of the period that now is in.
func (p Period) Since(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	y, m, d := local.Date()
	switch p.calendar {
	case perDay:
		return notAfter(calendar.Place(y, m, d, calendar.TimeOfDay{}, zone), now)
	case perWeek:
		sinceMonday := (int(local.Weekday()) + 6) % 7
		return notAfter(calendar.Place(y, m, d-sinceMonday, calendar.TimeOfDay{}, zone), now)
	}
	back := calendar.Duration{Months: -p.rolls.Months, Days: -p.rolls.Days, Clock: -p.rolls.Clock}
	return back.AddTo(now, zone).Add(time.Nanosecond) // what lies a whole period back has rolled out
}

// notAfter keeps a midnight that comes twice from lying behind the present.
func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}

// counts tells whether a message through the channel about the topic is one of those that the cap is for.
func (c Cap) counts(channel, topic string) bool {
	return (len(c.Channels) == 0 || slices.Contains(c.Channels, channel)) && (len(c.Topics) == 0 || slices.Contains(c.Topics, topic))
}

// priorities are those that take slots, from the least on.
func priorities() []string { return []string{"low", "normal", "high"} }

// full tells whether the cap has no room for a message of this priority, and how many slots are taken.
// Room that is reserved for what matters more and not used yet counts as taken.
func (c Cap) full(priority string, slots []Slot, since time.Time) (taken, reserved int, full bool) {
	by := map[string]int{}
	for _, s := range slots {
		if !s.At.Before(since) && c.counts(s.Channel, s.Topic) {
			taken++
			by[s.Priority]++
		}
	}
	rank := slices.Index(priorities(), priority)
	for i, p := range priorities() {
		if i > rank {
			reserved += max(0, c.Reserve[p]-by[p])
		}
	}
	return taken, reserved, taken+reserved >= c.Max
}

// EarliestSlot is the instant since which slots matter to the caps; false when there are no caps.
func EarliestSlot(caps []Cap, now time.Time, zone *time.Location) (time.Time, bool) {
	var earliest time.Time
	for i, c := range caps {
		if since := c.Per.Since(now, zone); i == 0 || since.Before(earliest) {
			earliest = since
		}
	}
	return earliest, len(caps) > 0
}
