package starter

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

const (
	// peopleAtOnce is how many people of one batch are written at the same time.
	peopleAtOnce = 4
	// collisions is how often a transaction is tried that others stood in the way of.
	collisions = 6
)

// take writes good calls down, in order for each person. What it rejects is wrong in a way that only
// shows beside what is known of the person. An error says that some of the calls may be missing.
func (s *server) take(ctx context.Context, key store.Key, calls []tracking.Call) ([]rejected, error) {
	defer s.Bell.Ring() // whatever was committed
	var mu sync.Mutex
	var bad []rejected
	group, working := errgroup.WithContext(ctx) // which ends with the group
	group.SetLimit(peopleAtOnce)
	for _, person := range people(calls) {
		group.Go(func() error {
			no, err := s.takePerson(working, key, person)
			mu.Lock()
			defer mu.Unlock()
			bad = append(bad, no...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.noteNames(ctx, calls)
	return bad, nil
}

// people parts calls into those that may concern the same person, each in order: calls that share an
// id, directly or through other calls, stay together.
func people(calls []tracking.Call) [][]tracking.Call {
	parent := make([]int, len(calls))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[string]int{}
	for i, c := range calls {
		parent[i] = i
		for _, id := range []string{c.UserID, c.AnonymousID, c.PreviousID} {
			if id == "" {
				continue
			}
			if j, seen := first[id]; seen {
				parent[root(i)] = root(j)
			} else {
				first[id] = i
			}
		}
	}
	place := map[int]int{}
	var all [][]tracking.Call
	for i, c := range calls {
		r := root(i)
		at, seen := place[r]
		if !seen {
			at = len(all)
			place[r] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], c)
	}
	return all
}

// takePerson writes the calls of one person: as few transactions as their ids allow.
func (s *server) takePerson(ctx context.Context, key store.Key, calls []tracking.Call) ([]rejected, error) {
	var bad []rejected
	for len(calls) > 0 {
		n := 1
		for n < len(calls) && calls[0].Kind != tracking.Alias && calls[n].Kind != tracking.Alias &&
			calls[n].UserID == calls[0].UserID && calls[n].AnonymousID == calls[0].AnonymousID {
			n++
		}
		no, err := s.takeTogether(ctx, key, calls[:n])
		if err != nil {
			return nil, err
		}
		bad, calls = append(bad, no...), calls[n:]
	}
	return bad, nil
}

// takeTogether writes calls with the same ids in one transaction, again when others were in the way.
// Should the database refuse a value that passed all checks, the calls are written one by one, so
// that it costs nothing but itself.
func (s *server) takeTogether(ctx context.Context, key store.Key, calls []tracking.Call) (bad []rejected, err error) {
	err = s.again(ctx, func() (err error) {
		if calls[0].Kind == tracking.Alias {
			bad, err = s.alias(ctx, key, calls[0])
		} else {
			bad, err = s.write(ctx, key, calls)
		}
		return err
	})
	if err == nil || !unfit(err) {
		return bad, err
	}
	if len(calls) == 1 {
		s.Log.Error("the database refuses a call", zap.Int("index", calls[0].Index), zap.String("kind", calls[0].Kind), zap.String("code", store.Code(err)), zap.Error(err))
		return []rejected{reject(&calls[0], &profile.Problem{Field: "item", Message: "cannot be stored; look for unusual values in it"})}, nil
	}
	bad = nil
	for i := range calls {
		no, err := s.takeTogether(ctx, key, calls[i:i+1])
		if err != nil {
			return nil, err
		}
		bad = append(bad, no...)
	}
	return bad, nil
}

// again runs a transaction until nobody stands in its way.
func (s *server) again(ctx context.Context, fn func() error) error {
	for try := range collisions {
		err := fn()
		if err == nil || try == collisions-1 || !collided(err) && !errors.Is(err, errMoved) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * 20 * time.Millisecond):
		}
	}
	return nil
}

func reject(c *tracking.Call, p *profile.Problem) rejected {
	return rejected{Index: c.Index, MessageID: c.MessageID, Field: p.Field, Error: p.Error()}
}

func sorted(all []rejected) []rejected {
	slices.SortFunc(all, func(a, b rejected) int { return cmp.Compare(a.Index, b.Index) })
	return all
}
