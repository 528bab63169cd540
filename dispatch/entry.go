package dispatch

import (
	"cmp"
	"context"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// enter gives the verdict on an entry by the event in hand, or by the segment that it has put the person
// into. It gives one on a journey: whom it let in or refused by itself is not asked again, unless where
// was of another kind of event.
func (v *event) enter(ctx context.Context, p store.Published) error {
	if p.Archived {
		return nil
	}
	c, err := v.Library.Compiled(ctx, p.Journey, p.Version, &v.dep.Settings)
	if err != nil {
		return err
	}
	if c.Enters(v.e.Name) {
		out, err := v.admit(ctx, p, c, Entrance{Event: v.e.Event, Chain: v.e.Chain})
		if err != nil || out.Refused != journey.RefusedWhereFalse {
			return err
		}
	}
	return v.enterBySegment(ctx, p, c)
}

// admit gives the verdict on somebody at the door, on all that the journey wants to know of them.
func (v *event) admit(ctx context.Context, p store.Published, c *store.Compiled, e Entrance) (Entered, error) {
	facts, err := v.facts(ctx, c, c.EntryNeeds(), v.Clock)
	if err != nil {
		return Entered{}, err
	}
	return v.verdict(ctx, v.tx, p, c, facts, v.dep, e)
}

// start gives the verdict on an entry that a run's start step asks for.
func (v *event) start(ctx context.Context) error {
	for _, p := range v.entries {
		if p.Journey != v.e.Start || p.Archived {
			continue
		}
		return v.guard(p.Journey, func() error {
			c, err := v.Library.Compiled(ctx, p.Journey, p.Version, &v.dep.Settings)
			if err != nil {
				return err
			}
			_, err = v.admit(ctx, p, c, Entrance{Event: v.e.Event, ByAPI: true, By: "a start", Chain: v.e.Chain})
			return err
		})
	}
	return v.tx.Decide(ctx, store.Decision{
		Journey: v.e.Start, Kind: "entry", Reason: "failed", Words: "not entered into " + v.e.Start + ": there is no such journey any more",
	})
}

// Entrance is how somebody is about to enter a journey.
type Entrance struct {
	Event profile.Event // what entered, or one made of an enrolment
	ByAPI bool          // not the event let them in, but somebody who asked: its age does not count
	By    string        // in words, who asked; empty: an enrolment
	Chain int           // entries that led to it, each set off by the one before within an hour

	Bulk  bool          // one of many that enter together
	Later time.Duration // of Bulk: so much later the run begins
}

// Entered is the verdict on an entrance.
type Entered struct {
	Run     string // the run, empty when refused
	Refused string // one of the closed reasons
}

// verdict decides, once for an event, journey and key, and begins the run.
func (h *Handler) verdict(ctx context.Context, tx Tx, p store.Published, c *store.Compiled, facts journey.Facts, dep store.Deployment, e Entrance) (Entered, error) {
	inHand := store.EventInClock(e.Event, h.Clock)
	key := c.EntryKey(facts, inHand)
	active, last, err := tx.EarlierEntries(ctx, p.Journey, key)
	if err != nil {
		return Entered{}, err
	}
	candidate := journey.Candidate{
		Event: inHand, ByAPI: e.ByAPI, Key: key, Paused: p.PausedAt != nil || dep.PausedAt != nil, Erased: tx.Profile().Erased,
		Active: active, Chain: e.Chain,
	}
	if !last.IsZero() {
		virtual := h.Clock.ToVirtual(last)
		candidate.Last = &virtual
	}
	candidate.HeldOut = h.HeldOut
	refused, err := h.refused(ctx, tx, c, candidate, facts, dep)
	if err != nil {
		return Entered{}, err
	}
	if refused != "" {
		if refused == journey.RefusedHoldout { // measured, without a workflow
			held := &store.Run{
				Journey: p.Journey, Version: p.Version, Key: key, Status: store.HeldOut, Overlapping: true, Clock: h.Clock,
				State: c.Begin(inHand, facts.Now), GoalUntil: c.GoalUntil(facts.Now, facts.Home(), h.Clock),
			}
			if err := tx.AddRun(ctx, held); err != nil {
				return Entered{}, err
			}
			if err := h.assign(ctx, tx, c, held, dep, facts); err != nil {
				return Entered{}, err
			}
		}
		return Entered{Refused: refused}, h.refuse(ctx, tx, p, e, key, refused, facts)
	}
	r := &store.Run{
		Journey: p.Journey, Version: p.Version, Key: key, Status: store.Active, Overlapping: c.Entry().Reentry.Mode == journey.ReentryAlways, Clock: h.Clock, Bulk: e.Bulk, Later: e.Later,
		State: c.Begin(inHand, facts.Now), GoalUntil: c.GoalUntil(facts.Now, facts.Home(), h.Clock),
	}
	r.State.Chain = e.Chain + 1
	if err := tx.AddRun(ctx, r); err != nil {
		return Entered{}, err
	}
	if err := h.assign(ctx, tx, c, r, dep, facts); err != nil {
		return Entered{}, err
	}
	if _, err := tx.Verdict(ctx, e.Event.Number, p.Journey, key, "", r.ID); err != nil {
		return Entered{}, err
	}
	d := store.Decision{
		RunID: r.ID, Journey: p.Journey, Version: p.Version, Kind: "entry", Reason: "entered", Words: "entered " + p.Journey + " by " + by(e),
		Inputs: looked(e, key),
	}
	if h.Clock != (calendar.Clock{}) {
		d.RunTime = facts.Now
	}
	return Entered{Run: r.ID}, tx.Decide(ctx, d)
}

func by(e Entrance) string {
	if e.ByAPI {
		return cmp.Or(e.By, "enrolment")
	}
	return e.Event.Name
}

// looked is what the ledger says of an entrance: a start has no event's name.
func looked(e Entrance, key string) map[string]any {
	if e.Event.Name == "" {
		return map[string]any{"key": key}
	}
	return map[string]any{"event": e.Event.Name, "key": key}
}

// refuse records a refusal: one that may come with every event is only counted.
func (h *Handler) refuse(ctx context.Context, tx Tx, p store.Published, e Entrance, key, reason string, facts journey.Facts) error {
	if reason == journey.RefusedWhereFalse {
		return tx.CountRefusal(ctx, p.Journey, reason)
	}
	fresh, err := tx.Verdict(ctx, e.Event.Number, p.Journey, key, reason, "")
	if err != nil || !fresh {
		return err
	}
	d := store.Decision{
		Journey: p.Journey, Version: p.Version, Kind: "entry", Reason: reason, Words: "not entered into " + p.Journey + ": " + reason,
		Inputs: looked(e, key),
	}
	if h.Clock != (calendar.Clock{}) {
		d.RunTime = facts.Now
	}
	return tx.Decide(ctx, d)
}

// Enroll lets a profile into a journey by name, under its entry rules. e.Event is already one of the
// profile's events.
func (h *Handler) Enroll(ctx context.Context, tx Tx, name string, e Entrance) (Entered, error) {
	all, err := tx.Journeys(ctx)
	if err != nil {
		return Entered{}, err
	}
	for _, p := range all {
		if p.Journey != name || p.Archived {
			continue
		}
		dep, err := tx.Deployment(ctx)
		if err != nil {
			return Entered{}, err
		}
		c, err := h.Library.Compiled(ctx, p.Journey, p.Version, &dep.Settings)
		if err != nil {
			return Entered{}, err
		}
		v := &event{Handler: h, tx: tx, dep: dep, e: store.Pending{Event: e.Event}}
		return v.admit(ctx, p, c, e)
	}
	return Entered{}, store.ErrNotFound
}
