package activities

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

// pace chooses how many people come next, by how long those before held their locks.
func (p *enrolPage) pace(held time.Duration) {
	switch {
	case held > enrolHold:
		p.chunk = max(1, p.chunk/2)
	case held < enrolHold/2:
		p.chunk = min(2*p.chunk, enrolChunk)
	}
}

// admit judges the next people. One on whom the judge stumbles does not hold up the others: each half is tried
// by itself, until that one is passed over.
func (p *enrolPage) admit(ctx context.Context, e *store.Enrolment, people []string) error {
	to := e.Place
	to.After = people[len(people)-1]
	counts, err := p.judge(ctx, e, to, people)
	switch half := len(people) / 2; {
	case err == nil:
		e.Place, e.Counts = to, counts
		return nil
	case !errors.Is(err, errStumbled) && !store.Unfit(err): // else it will be so the next time, too
		return err
	case half > 0:
		if err := p.admit(ctx, e, people[:half]); err != nil {
			return err
		}
		return p.admit(ctx, e, people[half:])
	}
	p.Log.Error("somebody could not be judged and is passed over", zap.String("enrolment", e.ID), zap.String("profile", to.After), zap.Error(err))
	counts = e.Counts.Clone()
	counts.Add(enrolFailed)
	return p.Store.MoveEnrolment(ctx, e, to, counts)
}

// judge lets people in by one transaction, with the note of what became of them and how far that is.
func (p *enrolPage) judge(ctx context.Context, e *store.Enrolment, to store.EnrolPlace, people []string) (counts store.EnrolCounts, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errStumbled, r, debug.Stack())
		}
	}()
	err = p.Store.InCrowd(ctx, p.audience, p.Clock, people, func(c *store.Crowd) error {
		counts = e.Counts.Clone()
		err := c.Each(func(tx *store.Tx) error {
			refused, err := p.Entrances.EnrolPerson(ctx, tx, p.audience)
			switch {
			case errors.Is(err, store.ErrNotYet), errors.Is(err, store.ErrNotFound):
				return nil
			case err != nil:
				return err
			}
			counts.Add(refused)
			p.Walker.failpoint("enrol:person")
			return nil
		})
		if err != nil {
			return err
		}
		p.Walker.failpoint("enrol:entered")
		return c.MoveEnrolment(ctx, e, to, counts)
	})
	return counts, err
}

// errStumbled says that the judge panicked.
var errStumbled = errors.New("the judge stumbled")

// enrolFailed is counted like a refusal.
const enrolFailed = "failed"
