package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// play is one case being played.
type play struct {
	*memory
	*Suite
	c       *Case
	handler *dispatch.Handler
	walker  *activities.Walker
	walking *store.Run     // whose walk it is; nil while an event is judged
	asked   map[string]int // attempts of calls, by step
	entered time.Time      // when the schedule let the person in last

	occurrence time.Time      // of the schedule, by which that was: when it began
	before     map[string]any // attributes as they were last saved
	lines      []Line
	told       []Told
}

// Told is one decision of the ledger.
type Told struct {
	At time.Time
	store.Decision
}

const (
	longest  = 366 * 24 * time.Hour // of a case that does not say where it ends
	maxTurns = 100_000              // of the loop; more means that the journey runs in a circle
)

// run plays the case to its end.
func (p *play) run(ctx context.Context) error {
	p.now = p.c.At
	if err := p.remember(); err != nil {
		return err
	}
	end := p.c.At.Add(longest)
	if p.c.Until != nil {
		end = p.c.Until.Instant(p.c.At, p.home())
	}
	for given, turns := 0, 0; ; turns++ {
		if turns > maxTurns {
			return errors.New("the case does not come to an end; write until: and a moment, or look for journeys that start each other")
		}
		var at time.Time
		if given < len(p.c.Events) {
			at = later(p.c.Events[given].At.Instant(p.c.At, p.home()), p.now)
		}
		run, due := p.nextTimer()
		opens := p.nextEntry()
		switch next := first(at, first(due, opens)); {
		case next.IsZero(), next.After(end):
			return nil
		case next.Equal(at): // before timers of the same instant
			p.now, given = at, given+1
			if err := p.happen(ctx, &p.c.Events[given-1]); err != nil {
				return err
			}
		case next.Equal(opens):
			if err := p.enterBySchedule(ctx, opens); err != nil {
				return err
			}
		default:
			p.now = later(due, p.now)
			if err := p.walk(ctx, run, journey.Cause{Kind: journey.Timer, Due: due}); err != nil {
				return err
			}
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
}

// settle lets everything that was set off take its course: events in order, then whoever they woke.
func (p *play) settle(ctx context.Context) error {
	for range maxTurns {
		switch {
		case len(p.letters) > 0:
			l := p.letters[0]
			p.letters = p.letters[1:]
			cause := journey.Cause{Kind: journey.Entered}
			if l.why != "" {
				if l.run.Seq > l.seq {
					continue // it has looked since
				}
				cause = journey.Cause{Kind: journey.Woken, Why: l.why}
			}
			if err := p.walk(ctx, l.run, cause); err != nil {
				return err
			}
		case p.dispatched < int64(len(p.events)):
			if err := p.judge(ctx); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return errors.New("one event sets off others without end; look for journeys that start each other")
}

// judge puts the next event before the judge of production.
func (p *play) judge(ctx context.Context) error {
	e := p.events[p.dispatched]
	err := p.handler.Handle(ctx, p.memory, e, nil)
	p.dispatched = e.Number
	return err
}

// walk takes a run from move to move until it waits or ends. What the world does here is done at
// once: messages arrive, web services answer as the case says.
func (p *play) walk(ctx context.Context, run *store.Run, cause journey.Cause) error {
	c, err := p.compiled(run.Journey)
	if err != nil {
		return err
	}
	for run.Status == store.Active {
		p.walking = run
		move, err := p.walker.Walk(ctx, p.memory, run, store.Standing{Deployment: p.deployment}, c, cause)
		p.walking = nil
		if err != nil {
			return fmt.Errorf("journey %s at %s: %w", run.Journey, run.State.Step, err)
		}
		switch move.Kind {
		case journey.MoveWait:
			return nil
		case journey.MoveEnd:
			p.line(run, Line{Kind: Exit, Name: move.Reason, Words: move.Summary})
			return nil
		case journey.MoveDeliver:
			cause, err = journey.Cause{Kind: journey.Delivered}, p.deliver(ctx, run, move)
		case journey.MoveCall:
			cause, err = journey.Cause{Kind: journey.Called}, p.call(ctx, run, move)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deliver hands the message over, unless what the walk itself did has ended the run: no message
// leaves before every event is judged.
func (p *play) deliver(ctx context.Context, run *store.Run, move journey.Move) error {
	for p.dispatched < int64(len(p.events)) {
		if err := p.judge(ctx); err != nil {
			return err
		}
	}
	m := p.message(move.Message)
	if m == nil || m.State != store.Rendered || run.State.Exit != "" {
		return nil
	}
	sent := p.now
	m.State, m.SentAt = store.Sent, &sent
	body := p.bodies[m.ID]
	p.line(run, Line{
		Kind: Send, Name: m.Template, Channel: m.Channel, Locale: m.Locale, Subject: m.Subject, Body: body.Html + "\n" + body.Body,
	})
	return activities.Record(ctx, p.memory, run, *m, activities.Outcome{State: store.Sent})
}

// nextTimer is the run that wakes first by itself; of several, the one that entered first.
func (p *play) nextTimer() (*store.Run, time.Time) {
	var run *store.Run
	var due time.Time
	for _, r := range p.runs {
		if r.Status == store.Active && !r.NextWakeAt.IsZero() && (run == nil || r.NextWakeAt.Before(due)) {
			run, due = r, r.NextWakeAt
		}
	}
	return run, due
}

// home is the zone in which the person lives by now.
func (p *play) home() *time.Location {
	return journey.Facts{Zone: p.deployment.Settings.Zone(), Profile: p.person}.Home()
}

func (p *play) line(run *store.Run, l Line) {
	l.At = p.now.In(p.home())
	l.Since = p.now.Sub(p.c.At)
	if run != nil {
		l.Journey, l.Key = run.Journey, run.Key
	}
	p.lines = append(p.lines, l)
}

// tell keeps what the ledger is told; what it refuses is a line of its own.
func (p *play) tell(d store.Decision) {
	p.told = append(p.told, Told{p.now.In(p.home()), d})
	key, _ := d.Inputs["key"].(string)
	switch {
	case d.Kind == "entry" && d.Reason != "entered":
		p.line(nil, Line{Kind: Refuse, Name: d.Reason, Journey: d.Journey, Key: key, Words: d.Words})
	case d.Kind == "collect" && d.Reason != "waiting":
		count, _ := d.Inputs["count"].(int)
		p.line(p.walking, Line{Kind: Collect, Name: d.Step, Count: count, Words: d.Words})
	}
}

// remember lets the history happen: it is known, and nobody acts on it.
func (p *play) remember() error {
	for _, h := range p.c.History {
		at := h.At.Instant(p.c.At, p.home())
		if at.After(p.c.At) {
			return fmt.Errorf("history at %s lies behind the start; write a negative offset such as -3d, or put it under events", h.At)
		}
		p.now = at
		if err := p.apply(context.Background(), &h); err != nil {
			return err
		}
		p.dispatched = int64(len(p.events))
	}
	p.now, p.lines, p.told = p.c.At, nil, nil
	return nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// first is the earlier of two instants, where zero means never.
func first(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
