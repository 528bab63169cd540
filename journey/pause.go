package journey

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// Due is what whoever lifts a pause wants done about what came due during it.
type Due string

// The choices of a resume.
const (
	DueSend  Due = "send"  // it goes on now, through the gate
	DueSkip  Due = "skip"  // its messages are skipped, and the run goes on behind them
	DueShift Due = "shift" // the pause does not count as time
)

// Pause says since when a pause holds the run. Of several that follow each other the first counts, as
// the run has not moved since.
func (s *State) Pause(since time.Time) {
	if s.Paused.IsZero() || since.Before(s.Paused) {
		s.Paused = since
	}
}

// Resume lets a run go on that a pause held until lifted. It returns what was done about what had come
// due by then; empty: nothing had, and the run waits on as if there had been no pause. What can be
// neither skipped nor shifted, such as a call, goes on.
func (j *Journey) Resume(s *State, f Facts, lifted time.Time, due Due) Due {
	since := s.Paused
	s.Paused = time.Time{}
	at := j.byID[s.Step]
	if since.IsZero() || s.Exit != "" || at == nil && s.Step != "" {
		return ""
	}
	w := newWalk(j, s, f)
	if !w.cameDue(at, lifted) {
		return ""
	}
	s.Skips = due == DueSkip
	if s.Skips {
		return DueSkip
	}
	if s.Arrived.After(since) { // the pause began while the run was on its way there
		since = s.Arrived
	}
	if due == DueShift && lifted.After(since) && w.shift(at, since, lifted) {
		return DueShift
	}
	return DueSend
}

// parking are the bodies that a run waits in.
type parking interface {
	// due tells whether the wait was over by then.
	due(w *walk, at *step, by time.Time) bool
	// shift takes out of the wait the time from since to lifted.
	shift(w *walk, at *step, since, lifted time.Time)
}

// cameDue tells whether the run would have moved by then.
func (w *walk) cameDue(at *step, by time.Time) bool {
	s := w.s
	switch {
	case at == nil, s.Done:
		return true
	case s.Match != nil:
		return s.Match.Event == nil || !s.Match.Event.Arrival.After(by)
	case w.brokenOff(at) != nil:
		return true
	case s.Held:
		return !by.Before(s.Until)
	}
	b, waits := at.body.(parking)
	return !s.Parked || !waits || b.due(w, at, by)
}

// shift takes the pause out of the time at the step, where there is any left to wait.
func (w *walk) shift(at *step, since, lifted time.Time) bool {
	s := w.s
	if at == nil || s.Done || s.Match != nil || w.brokenOff(at) != nil {
		return false
	}
	b, waits := at.body.(parking)
	if _, sends := at.body.(*send); !sends && !waits {
		return false
	}
	s.From = s.Counted().Add(lifted.Sub(since))
	s.Chosen, s.ChosenIn = time.Time{}, "" // a best time is chosen anew
	if waits {
		b.shift(w, at, since, lifted)
	}
	return true
}

// later moves the count on until the wait ends behind the moment: a local time that passed during the
// pause is the next such time. No zone's day has fewer than a few hours, so an hour at a time finds it.
func (w *walk) later(lifted time.Time, target func() time.Time) {
	const most = 62 * 24 // hours: beyond a month that is clamped
	for range most {
		if target().After(lifted) {
			return
		}
		w.s.From = w.s.From.Add(time.Hour)
	}
}

func (b *wait) due(w *walk, at *step, by time.Time) bool {
	target, _, missing := b.target(w, at)
	return missing != "" || !by.Before(target)
}

func (b *wait) shift(w *walk, at *step, _, lifted time.Time) {
	loc := w.zone(b.zone, at).loc
	switch {
	case b.clock != nil:
		w.later(lifted, func() time.Time { target, _, _ := b.target(w, at); return target })
	case b.best != nil:
		best := calendar.Best{Until: b.best.Within.AddTo(w.s.From, loc), Receptive: w.f.Profile.Computed.Receptive, Fallback: b.best.Fallback}
		w.s.Chosen, w.s.ChosenIn = best.Choose(lifted, loc), loc.String()
	}
}

func (b *waitFor) due(w *walk, at *step, by time.Time) bool {
	deadline, ok := b.deadline(w, at)
	if !ok || !deadline.IsZero() && !by.Before(deadline) {
		return true
	}
	arm, _ := b.holds(w, at, by)
	return arm != ""
}

// shift counts what happened during the pause, too: it was judged by the deadline of before.
func (b *waitFor) shift(w *walk, at *step, since, lifted time.Time) {
	deadline, ok := b.deadline(w, at)
	if !ok {
		return
	}
	for _, e := range w.eventsAfter(w.s.Entry.Number, b.events()) {
		if !e.Arrival.After(since) || e.Arrival.After(lifted) && e.Number > w.seen {
			continue
		}
		if arm, ok := b.matches(w, e, deadline); ok {
			w.s.Match = &Match{Arm: arm, Event: &e}
			return
		}
	}
}

func (b *collect) due(w *walk, at *step, by time.Time) bool {
	deadline := b.deadline(w, at)
	got, _ := b.gather(w, at, deadline)
	return !by.Before(deadline) || len(got) >= b.most
}

func (b *collect) shift(w *walk, at *step, _, lifted time.Time) {
	w.later(lifted, func() time.Time { return b.deadline(w, at) })
}

func (b *repeat) due(w *walk, at *step, by time.Time) bool {
	l := w.s.Loops[at.id]
	if l == nil {
		return true
	}
	reason, _ := b.over(w, at, l)
	next := b.next(w, at, l)
	return reason != "" || next.IsZero() || !by.Before(next.Add(b.apart(w, at, l)))
}

// shift moves a series of lengths as a whole. One of weekdays or dates stays: what passed during the
// pause is dropped.
func (b *repeat) shift(w *walk, at *step, since, lifted time.Time) {
	l := w.s.Loops[at.id]
	if l == nil {
		return
	}
	passed := func() bool {
		next := b.next(w, at, l)
		return !next.IsZero() && !next.Add(b.apart(w, at, l)).After(lifted)
	}
	days := b.series.On != 0 || b.series.Rule != nil
	switch {
	case days && l.Rounds > 0:
		w.s.From = lifted
	case l.Rounds == 0:
		l.Arrived = l.Arrived.Add(lifted.Sub(since))
		if passed() {
			l.Arrived = lifted.In(l.Arrived.Location())
		}
	default:
		move := func(by time.Duration) {
			l.Arrived, l.First, l.Last = l.Arrived.Add(by), l.First.Add(by), l.Last.Add(by)
		}
		move(lifted.Sub(since))
		for range 48 { // at a time of day: the next such one
			if !passed() {
				return
			}
			move(time.Hour)
		}
	}
}
