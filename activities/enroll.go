package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/store"
)

// The bounds of an enrolment's page.
const (
	EnrolTimeout = 10 * time.Minute // finding out who is next may take long
	enrolBudget  = 15 * time.Second // then a page ends where it is
	enrolLot     = 2000             // people that the database is asked for at once
	enrolChunk   = 100              // people between two notes of how far it has come
	enrolAtOnce  = 4                // people, each with a connection
)

// Entrances judges entries.
type Entrances interface {
	// EnrolPerson lets the locked profile in, once, and returns why not.
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

// EnrolPage lets the next people of an enrolment in. Whoever dies inside loses nothing: each person's entry
// is a transaction of its own that happens once, and how far it has come is written down behind them.
func (a *Activities) EnrolPage(ctx context.Context, in EnrolInput) (EnrolProgress, error) {
	p := &enrolPage{Activities: a, in: in, until: time.Now().Add(enrolBudget)}
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

// passed forgets those who were next.
func (p *enrolPage) passed(n int, to store.EnrolPlace) { p.people, p.from = p.people[n:], to }

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
	most := enrolChunk
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
	counts, err := p.enrolAll(ctx, people, e.Counts)
	if errors.Is(err, store.ErrPaused) {
		return progress(e), true, nil // the next step sees it, and these people again
	}
	if err != nil {
		return progress(e), false, err
	}
	p.Walker.failpoint("enrol:entered")
	entered := int(counts.Entered - e.Counts.Entered)
	to := e.Place
	to.After = people[len(people)-1]
	switch err := p.Store.MoveEnrolment(ctx, e, to, counts); {
	case errors.Is(err, store.ErrEnded): // cancelled, or in somebody else's hands: look again
		return progress(e), true, nil
	case err != nil:
		return progress(e), false, err
	}
	p.passed(len(people), to)
	p.entered += entered
	p.Walker.failpoint("enrol:moved")
	return progress(e), true, nil
}

// enrolAll judges people, several at once, and adds up what became of them.
func (p *enrolPage) enrolAll(ctx context.Context, people []string, before store.EnrolCounts) (store.EnrolCounts, error) {
	counts := store.EnrolCounts{Seen: before.Seen, Entered: before.Entered, Refused: map[string]int64{}}
	for reason, n := range before.Refused {
		counts.Refused[reason] = n
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(enrolAtOnce)
	for _, id := range people {
		group.Go(func() error {
			refused, err := p.enrol(ctx, id)
			switch {
			case errors.Is(err, store.ErrNotYet), errors.Is(err, store.ErrNotFound):
				return nil
			case err != nil:
				return err
			}
			p.Walker.failpoint("enrol:person")
			mu.Lock()
			defer mu.Unlock()
			counts.Add(refused)
			return nil
		})
	}
	return counts, group.Wait()
}

// enrol judges one person. One on whom the judge stumbles does not hold up those behind.
func (p *enrolPage) enrol(ctx context.Context, id string) (refused string, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.Log.Error("somebody could not be judged and is passed over", zap.String("enrolment", p.in.Enrolment), zap.String("profile", id), zap.Any("panic", r), zap.Stack("stack"))
			refused, err = enrolFailed, nil
		}
	}()
	err = p.Store.InProfile(ctx, id, func(tx *store.Tx) error {
		refused, err = p.Entrances.EnrolPerson(ctx, tx, p.audience)
		return err
	})
	if store.Unfit(err) { // it will be so the next time, too
		p.Log.Error("somebody could not be judged and is passed over", zap.String("enrolment", p.in.Enrolment), zap.String("profile", id), zap.Error(err))
		return enrolFailed, nil
	}
	return refused, err
}

// enrolFailed is counted like a refusal.
const enrolFailed = "failed"

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
