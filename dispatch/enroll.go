package dispatch

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// The names of the events that let many in.
const (
	EnrolledEvent  = "enrolled"
	ScheduledEvent = "scheduled"
)

// EnrolPerson lets the locked profile into an enrolment's journey, once, however often it is asked. It
// returns why not: a reason of the closed list of refusals, or store.NotInAudience.
func (h *Handler) EnrolPerson(ctx context.Context, tx *store.Tx, a *store.Audience) (refused string, err error) {
	v, p, err := h.atTheDoor(ctx, tx, a)
	if err != nil {
		return "", err
	}
	if a.Source != store.BySchedule {
		if in, err := a.Holds(ctx, tx, h.Clock); err != nil || !in {
			return store.NotInAudience, err
		}
	}
	c, err := h.Library.Compiled(ctx, p.Journey, p.Version, &v.dep.Settings)
	if err != nil {
		return "", err
	}
	// As it will be, so that one look at the past serves all questions.
	v.e.Event = profile.Event{Number: tx.LastNumber() + 1, Name: nameOf(a), Time: tx.Now(), Arrival: tx.Now()}
	facts, err := v.facts(ctx, c, c.EntryNeeds(), h.Clock)
	if err != nil {
		return "", err
	}
	// Everybody is asked at every occurrence: those who do not fit leave no trace.
	if a.Source == store.BySchedule && !c.Fits(store.EventInClock(v.e.Event, h.Clock), facts) {
		return journey.RefusedWhereFalse, nil
	}
	source, id := a.EventID(tx.Profile().ID)
	fresh, err := tx.TakeEventID(ctx, source, id)
	if err != nil {
		return "", err
	}
	if !fresh {
		before, err := EnrolledBefore(ctx, tx, source, id, a.Journey)
		return before.Refused, err
	}
	event, err := tx.AddEvent(ctx, store.NewEvent{ID: id, Source: source, Name: v.e.Name})
	if err != nil {
		return "", err
	}
	entered, err := h.verdict(ctx, tx, p, c, facts, v.dep, Entrance{
		Event: event, ByAPI: true, By: words(a), Bulk: true, Later: calendar.Spread(a.Spread, a.ID, tx.Profile().ID),
	})
	return entered.Refused, err
}

// atTheDoor reads what the profile stands before, and says when it is not to be judged now.
func (h *Handler) atTheDoor(ctx context.Context, tx *store.Tx, a *store.Audience) (*event, store.Published, error) {
	all, err := tx.Journeys(ctx)
	if err != nil {
		return nil, store.Published{}, err
	}
	dep, err := tx.Deployment(ctx)
	if err != nil {
		return nil, store.Published{}, err
	}
	for _, p := range all {
		if p.Journey != a.Journey {
			continue
		}
		if dep.PausedAt != nil || p.PausedAt != nil || p.Archived {
			return nil, p, store.ErrPaused
		}
		if a.ByZone() {
			zone, _ := tx.Profile().Text("timezone")
			if at := a.Comes(zone); at.IsZero() || at.After(tx.Now().Add(clocksApart)) {
				return nil, p, store.ErrNotYet
			}
		}
		return &event{Handler: h, tx: tx, dep: dep}, p, nil
	}
	return nil, store.Published{}, store.ErrNotFound
}

// clocksApart is how far the clocks of Temporal and of the database may be apart.
const clocksApart = time.Second

// EnrolledBefore is the verdict that was given when the enrolment came for the first time.
func EnrolledBefore(ctx context.Context, tx *store.Tx, source, id, name string) (out Entered, err error) {
	var known bool
	out.Run, out.Refused, known, err = tx.VerdictOn(ctx, source, id, name)
	if err == nil && !known {
		// Of the refusals this one alone is counted and not kept by event.
		out.Refused = journey.RefusedWhereFalse
	}
	return out, err
}

func nameOf(a *store.Audience) string {
	if a.Source == store.BySchedule {
		return ScheduledEvent
	}
	return EnrolledEvent
}

// words say in the ledger who asked.
func words(a *store.Audience) string {
	switch a.Source {
	case store.BySchedule:
		return "schedule"
	case store.BySegment:
		return "an enrolment of the segment " + a.Enrolment.Audience
	case store.ByRule:
		return "an enrolment by rule"
	default:
		return "an enrolment by list"
	}
}
