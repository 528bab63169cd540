package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/mixtapehq/mixtape/store"
)

// The bounds of an enrolment's page.
const (
	EnrolTimeout = 10 * time.Minute // finding out who is next may take long
	enrolBudget  = 15 * time.Second // then a page ends where it is
	enrolLot     = 2000             // people that the database is asked for at once
	enrolChunk   = 100              // people in one transaction, at most; fewer where that holds them long
	enrolFirst   = 10               // in the first one
	enrolHold    = 100 * time.Millisecond
)

// Entrances judges entries.
type Entrances interface {
	// EnrolPerson lets the profile in hand in, once, and returns why not.
	EnrolPerson(ctx context.Context, tx *store.Tx, a *store.Audience) (refused string, err error)
}

// EnrolInput asks for the next page of an enrolment.
type EnrolInput struct {
	Enrolment string `json:"enrolment"`
	Journey   string `json:"journey,omitempty"` // of an occurrence of its schedule, which may not be known yet
	Most      int    `json:"most,omitempty"`    // how many may enter by this page; 0: as many as the time allows
	Look      bool   `json:"look,omitempty"`    // nobody may enter yet: only tell how it stands
}

// EnrolProgress is how far an enrolment has come.
type EnrolProgress struct {
	State     store.EnrolmentState `json:"state"`
	Held      string               `json:"held,omitempty"` // in words: what it waits for to be lifted
	Why       string               `json:"why,omitempty"`  // it ended without letting anybody in
	Total     int64                `json:"total"`
	Seen      int64                `json:"seen"`
	Entered   int64                `json:"entered"`
	Page      int                  `json:"page,omitempty"` // of Entered, by this page
	PerMinute int                  `json:"per_minute,omitempty"`
	Next      time.Time            `json:"next,omitzero"` // of a schedule: when it comes to the next clocks
}

// Over tells whether nothing more is to be done.
func (p EnrolProgress) Over() bool {
	return p.State == store.EnrolDone || p.State == store.EnrolCancelled
}

func progress(e *store.Enrolment) EnrolProgress {
	return EnrolProgress{State: e.State, Why: e.Why, Total: e.Total, Seen: e.Counts.Seen, Entered: e.Counts.Entered, PerMinute: e.PerMinute}
}

// EnrolPage lets the next people of an enrolment in. Whoever dies inside loses nothing: how far it has come
// is written down by the transaction that lets a few of them in.
func (a *Activities) EnrolPage(ctx context.Context, in EnrolInput) (EnrolProgress, error) {
	p := &enrolPage{Activities: a, in: in, until: time.Now().Add(enrolBudget), chunk: enrolFirst}
	defer p.beat(ctx)()
	if in.Journey != "" {
		known, err := p.open(ctx)
		if err != nil || !known {
			return EnrolProgress{State: store.EnrolDone, Why: "no_occurrence"}, a.enrolCoded(in, err)
		}
	}
	for {
		out, more, err := p.step(ctx)
		out.Page = p.entered
		if err != nil || !more {
			return out, a.enrolCoded(in, err)
		}
		p.latest.Store(&out)
		activity.RecordHeartbeat(ctx, out)
	}
}

// beat says that the page lives while it waits for the database, and how far it is.
func (p *enrolPage) beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(HeartbeatTimeout / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx, p.latest.Load())
			}
		}
	}()
	return cancel
}

func (a *Activities) enrolCoded(in EnrolInput, err error) error {
	if err == nil {
		return nil
	}
	return a.coded("enrol", in.Enrolment, err)
}

// EnrolStop ends an enrolment whose workflow was cancelled.
func (a *Activities) EnrolStop(ctx context.Context, in EnrolInput) (EnrolProgress, error) {
	err := a.Store.EndEnrolment(ctx, in.Enrolment, store.EnrolCancelled, "")
	if err != nil && !errors.Is(err, store.ErrEnded) {
		return EnrolProgress{}, a.coded("enrol", in.Enrolment, err)
	}
	e, _, err := a.Store.Enrolment(ctx, in.Enrolment)
	if errors.Is(err, store.ErrNotFound) {
		return EnrolProgress{State: store.EnrolCancelled}, nil
	}
	if err != nil {
		return EnrolProgress{}, a.coded("enrol", in.Enrolment, err)
	}
	return progress(e), nil
}

// enrolPage is one page under way.
type enrolPage struct {
	*Activities
	in       EnrolInput
	until    time.Time
	entered  int
	chunk    int // how many people come next
	audience *store.Audience
	standing store.EnrolStanding
	parts    *parts
	latest   atomic.Pointer[EnrolProgress]

	people []string         // who is next, as far as it was asked
	from   store.EnrolPlace // behind whom they come
}

// next says who is next, at most so many.
func (p *enrolPage) next(ctx context.Context, e *store.Enrolment, zone *string, most int) ([]string, error) {
	if len(p.people) == 0 || p.from != e.Place {
		lot := enrolLot
		if p.in.Most > 0 {
			lot = p.in.Most
		}
		var err error
		if p.people, err = p.Store.AudiencePage(ctx, p.audience, p.standing.Now, zone, e.Place.After, lot); err != nil {
			return nil, err
		}
		p.from = e.Place
	}
	return p.people[:min(most, len(p.people))], nil
}

// passed forgets who was next and is done.
func (p *enrolPage) passed(to store.EnrolPlace, people []string) {
	p.from = to
	if n := slices.Index(people, to.After); n >= 0 {
		p.people = p.people[n+1:]
	}
}

// step takes the next few people. more says that the page goes on.
func (p *enrolPage) step(ctx context.Context) (out EnrolProgress, more bool, err error) {
	e, standing, err := p.Store.Enrolment(ctx, p.in.Enrolment)
	if err != nil {
		return out, false, err
	}
	out, p.standing = progress(e), standing
	switch {
	case out.Over():
		return out, false, nil
	case standing.Archived:
		err := p.end(ctx, e, store.EnrolCancelled, "archived")
		return progress(e), false, err
	case e.State == store.EnrolPaused:
		out.Held = "it is paused"
		return out, false, nil
	}
	if p.audience == nil {
		if p.audience, err = p.Library.Audience(ctx, e); err != nil {
			return out, false, err
		}
	}
	p.audience.Enrolment = e
	if e.Source == store.BySchedule {
		return p.scheduled(ctx, e, out)
	}
	if out.Held = held(standing); out.Held != "" {
		return out, false, nil
	}
	if p.in.Look {
		return out, false, nil
	}
	return p.take(ctx, e, nil, func() (bool, error) { return false, p.end(ctx, e, store.EnrolDone, "") })
}

// held says what pause holds an enrolment; nobody is refused for it.
func held(s store.EnrolStanding) string {
	switch {
	case s.AllPaused:
		return "everything is paused"
	case s.JourneyPaused:
		return "the journey is paused"
	}
	return ""
}

// take lets the next few people in, of a zone where one is given. None left: exhausted says how it goes on.
func (p *enrolPage) take(ctx context.Context, e *store.Enrolment, zone *string, exhausted func() (more bool, err error)) (EnrolProgress, bool, error) {
	most := p.chunk
	if p.in.Most > 0 {
		most = min(most, p.in.Most-p.entered)
	}
	if most <= 0 || time.Now().After(p.until) {
		return progress(e), false, nil
	}
	people, err := p.next(ctx, e, zone, most)
	if err != nil {
		return progress(e), false, err
	}
	if len(people) == 0 {
		more, err := exhausted()
		return progress(e), more, err
	}
	began, entered := time.Now(), e.Counts.Entered
	err = p.admit(ctx, e, people)
	p.passed(e.Place, people)
	p.pace(time.Since(began))
	p.entered += int(e.Counts.Entered - entered)
	// Paused, cancelled, or in somebody else's hands: the next step sees it, and those who are left again.
	if errors.Is(err, store.ErrPaused) || errors.Is(err, store.ErrEnded) {
		return progress(e), true, nil
	}
	if err == nil {
		p.Walker.failpoint("enrol:moved")
	}
	return progress(e), err == nil, err
}

func (p *enrolPage) end(ctx context.Context, e *store.Enrolment, state store.EnrolmentState, why string) error {
	err := p.Store.EndEnrolment(ctx, e.ID, state, why)
	if errors.Is(err, store.ErrEnded) {
		return nil // it has, otherwise
	}
	if err != nil {
		return fmt.Errorf("ending enrolment %s: %w", e.ID, err)
	}
	e.State, e.Why = state, why
	return nil
}
