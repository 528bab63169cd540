package journey

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
)

// wait is the step that lets time pass. Exactly one of its forms is set.
type wait struct {
	leaf
	clock  *calendar.Wait   // for, at, on
	until  *until           // a date that a rule tells
	window *calendar.Window // an opening
	best   *BestTime        // the hour at which the profile is most receptive
	zone   *rule
	spread time.Duration
}

// until is a wait for a date.
type until struct {
	date    *rule
	shift   calendar.Until
	past    string // continue, skip, exit
	missing string // exit, skip
}

func readWait(c *compiler, s *step, n *document.Node) body {
	b := &wait{}
	if n.Kind == document.Scalar {
		if d, ok := c.duration(n, "wait"); ok {
			b.clock = &calendar.Wait{For: d}
		}
		return b
	}
	f, ok := c.Mapping(n, "a wait", "2d, or {for: 1d, at: \"09:00\"}")
	if !ok {
		return b
	}
	forms := 0
	if f.Has("until") {
		forms++
		b.until = readUntil(c, f)
	}
	if v := f.Get("window"); v != nil {
		forms++
		b.window = c.window(v)
	}
	if f.Has("for") || f.Has("on") || f.Has("at") && !f.Has("until") {
		forms++
		b.clock = readClock(c, f)
	}
	if v := f.Get("best_time"); v != nil {
		forms++
		b.best = c.bestTime(v)
	}
	if forms != 1 {
		c.Fail(n, "a wait has one form and this one has %d; write for (with at, on), until (with offset, at), window or best_time", forms)
	}
	for _, name := range []string{"offset", "past", "missing"} {
		if f.Has(name) && !f.Has("until") {
			c.Fail(f.Get(name), "%s belongs to until; write until: and a date", name)
		}
	}
	if v := f.Get("zone"); v != nil {
		b.zone = c.zoneRule(v)
	}
	if v := f.Get("spread"); v != nil {
		b.spread = c.spreadOf(v)
	}
	local := b.window != nil || b.best != nil || f.Has("at") || f.Has("on")
	if local {
		c.localClock(n, b.zone)
	}
	c.watch(b.zone)
	if b.until != nil {
		c.watch(b.until.date)
	}
	f.Know("for", "at", "on", "until", "offset", "past", "missing")
	f.Done()
	return b
}

func readClock(c *compiler, f *document.Mapping) *calendar.Wait {
	w := &calendar.Wait{}
	if v := f.Get("for"); v != nil {
		w.For, _ = c.duration(v, "for")
	}
	if v := f.Get("at"); v != nil {
		if t, ok := c.timeOfDay(v, "at"); ok {
			w.At = &t
		}
	}
	if v := f.Get("on"); v != nil {
		w.On = c.weekdays(v, "on")
	}
	return w
}

func readUntil(c *compiler, f *document.Mapping) *until {
	u := &until{past: "continue", missing: "exit"}
	u.date = c.dateRule(f.Get("until"), "until")
	if v := f.Get("offset"); v != nil {
		u.shift.Offset = c.offset(v)
	}
	if v := f.Get("at"); v != nil {
		if t, ok := c.timeOfDay(v, "at"); ok {
			u.shift.At = &t
		}
	}
	u.past = c.OneOf(f.Get("past"), "past", "continue", "skip", "exit")
	u.missing = c.OneOf(f.Get("missing"), "missing", "exit", "skip")
	return u
}

func (b *wait) look(w *walk, at *step, first bool) turn {
	target, base, reason := b.target(w, at)
	if first {
		b.tellZone(w, at)
	}
	now := w.s.Now
	switch {
	case reason != "": // no date
		w.note(at.id, "wait", reason, "no date to wait for: "+b.until.missing, nil)
		if b.until.missing == "skip" {
			return goOn(at.leap)
		}
		return leaveFor(reason)
	case b.until != nil && base.Before(now) && (first || !target.Equal(w.s.Until)):
		return b.past(w, at, base)
	case !now.Before(target):
		if !first {
			w.note(at.id, "wait", "due", "waited until "+spoken(target), nil)
		}
		return goOn(at.next)
	}
	if first || !target.Equal(w.s.Until) {
		w.note(at.id, "wait", "waiting", "waits until "+spoken(target), map[string]any{"until": target, "zone": target.Location().String()})
	}
	return turn{until: target}
}

// past is what happens when the date lies before the present, on arrival or because it moved there.
func (b *wait) past(w *walk, at *step, date time.Time) turn {
	w.note(at.id, "wait", "past_date", spoken(date)+" is past: "+b.until.past, map[string]any{"until": date})
	switch b.until.past {
	case "skip":
		return goOn(at.leap)
	case "exit":
		return leaveFor("past_date")
	}
	return goOn(at.next)
}

// target computes the wait from the moment of arrival with what is known now: date and zone may have
// moved meanwhile. base is the target before it was spread.
func (b *wait) target(w *walk, at *step) (target, base time.Time, missing string) {
	arrived, loc, room := w.s.Counted(), w.zone(b.zone, at).loc, b.spread
	switch {
	case b.until != nil:
		value, ok := w.value(b.until.date, at, arrived)
		date, readable := calendar.ReadDate(value, loc)
		if !ok || !readable {
			return time.Time{}, time.Time{}, "missing_date"
		}
		base = b.until.shift.Target(date, loc)
	case b.window != nil:
		opens, closes := b.window.Next(arrived, loc)
		for !closes.IsZero() && !w.s.Now.Before(closes) { // nobody looked while it was open: the next one
			opens, closes = b.window.Next(closes, loc)
		}
		base, room = opens, min(room, closes.Sub(opens))
	case b.best != nil:
		base = b.bestMoment(w, arrived, loc)
	case b.clock != nil:
		base = b.clock.Target(arrived, loc)
	}
	base = writable(base)
	if room <= 0 {
		return base, base, ""
	}
	return base.Add(w.spread(at, room)), base, ""
}

// bestMoment is chosen from what was known on arrival: what the profile does while it waits does not
// move it, a zone that moves does.
func (b *wait) bestMoment(w *walk, arrived time.Time, loc *time.Location) time.Time {
	best := calendar.Best{Until: b.best.Within.AddTo(arrived, loc), Receptive: w.f.Profile.Computed.Receptive, Fallback: b.best.Fallback}
	chosen := best.Choose(arrived, loc)
	if w.s.Chosen.IsZero() || w.s.ChosenIn != loc.String() {
		w.s.Chosen, w.s.ChosenIn = chosen, loc.String()
	}
	return w.s.Chosen.In(loc)
}

// tellZone notes that the zone is not the one that was asked for, where a local time depends on it.
func (b *wait) tellZone(w *walk, at *step) {
	if b.clock != nil && b.clock.At == nil && b.clock.On == 0 {
		return
	}
	if z := w.zone(b.zone, at); z.told != "" {
		w.note(at.id, "wait", "zone", z.told, map[string]any{"zone": z.loc.String(), "unknown": z.unknown})
	}
}

// spread draws from journey, profile, key and step, so that one run is moved by the same amount each
// time it is looked at, and many runs by different ones.
func (w *walk) spread(at *step, room time.Duration) time.Duration {
	keys := []string{w.j.key, w.f.Profile.ID, w.s.Key, at.id}
	if round := w.round(at); round != "" {
		keys = append(keys, round)
	}
	return calendar.Spread(room, keys...)
}

// spoken writes an instant for people, with the zone it is meant in.
func spoken(t time.Time) string {
	return t.Format("Mon 2 Jan 2006 15:04 ") + t.Location().String()
}
