package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Erasure is a person who is being erased, or was.
type Erasure = queries.Erasure

// The states of an erasure.
const (
	ErasureOpen     = "open"
	ErasureSettling = "settling" // done once; looked at again when what was under way has ended
	ErasureDone     = "done"
)

// ErrErased says that somebody was erased, and is not made anew.
var ErrErased = errors.New("this person was erased")

// ErrSeveral says that a name is that of several people.
var ErrSeveral = errors.New("several people have this e-mail address; name one of them by an id")

// Erase makes a person nobody, with all who were merged into them: from its commit on they have no ids,
// no attributes and no running journey, nothing is sent to them, and no late event makes them anew. What
// is left of them in other tables, and in Temporal, is worked off afterwards. Doing so again changes nothing.
func (s *Store) Erase(ctx context.Context, name, by string) (Erasure, error) {
	p, err := s.FindProfile(ctx, name)
	if err != nil {
		return Erasure{}, err
	}
	if err := s.isOne(ctx, name, p.UserID, p.AnonymousIDs); err != nil {
		return Erasure{}, err
	}
	for range maxMerges {
		e, moved, err := s.erase(ctx, p.ID, by)
		if err != nil || !moved {
			return e, err
		}
		if p, err = s.Profile(ctx, p.ID); err != nil {
			return Erasure{}, err
		}
	}
	return Erasure{}, fmt.Errorf("profile %s: merged too often", p.ID)
}

// isOne refuses an e-mail address that several people have: erasing the wrong one cannot be taken back.
func (s *Store) isOne(ctx context.Context, name, userID string, anonymous []string) error {
	if name == userID || slices.Contains(anonymous, name) {
		return nil
	}
	same, err := s.q.PeopleByEmail(ctx, []string{name})
	if err == nil && len(same) > 1 {
		err = ErrSeveral
	}
	return err
}

// erase is one try: moved says that somebody was merged in the meantime.
func (s *Store) erase(ctx context.Context, id, by string) (e Erasure, moved bool, err error) {
	all, err := s.q.ProfilesOfPerson(ctx, id)
	if err != nil {
		return e, false, err
	}
	err = s.inTx(ctx, func(t *Tx) error {
		if _, err := t.q.LockProfiles(ctx, all); err != nil {
			return err
		}
		now, err := t.q.ProfilesOfPerson(ctx, id)
		if err != nil {
			return err
		}
		row, err := t.q.Profile(ctx, id)
		if err != nil {
			return notFound(err)
		}
		if moved = row.MergedInto != nil || !slices.Equal(now, all); moved {
			return nil
		}
		if row.ErasedAt != nil {
			e, err = t.q.ErasureOf(ctx, id)
			return notFound(err)
		}
		if err := t.eraseProfiles(ctx, id, all, by); err != nil {
			return err
		}
		e, err = t.q.ErasureOf(ctx, id)
		return err
	})
	return e, moved, err
}

func (t *Tx) eraseProfiles(ctx context.Context, id string, all []string, by string) error {
	skipped, err := t.q.EraseMessagesInHand(ctx, all)
	if err != nil {
		return err
	}
	ended, err := t.q.EndErasedRuns(ctx, all)
	if err != nil {
		return err
	}
	for _, m := range skipped {
		t.decided = append(t.decided, Decision{ProfileID: id, RunID: m.RunID, Journey: m.Journey, Version: m.Version, Step: m.Step, Kind: "gate", Reason: gate.Erased})
	}
	for _, r := range ended {
		t.decided = append(t.decided, Decision{ProfileID: id, RunID: r.ID, Journey: r.Journey, Version: r.Version, Step: r.Step, Kind: "exit", Reason: journey.ReasonErased})
	}
	t.decided = append(t.decided, Decision{ProfileID: id, Kind: "operator", Reason: journey.ReasonErased})
	for _, do := range []func(context.Context, []string) error{
		t.later.EraseLetters, t.later.EraseRuns, t.later.EraseIDs, t.later.EraseAnonymousIDs, t.later.EraseProfiles,
	} {
		if err := do(ctx, all); err != nil {
			return err
		}
	}
	return t.later.InsertErasure(ctx, queries.InsertErasureParams{ID: NewID("x"), ProfileID: id, Profiles: all, AskedBy: by})
}

// NextErasure takes an erasure that is due, for a minute, or returns ErrNotFound.
func (s *Store) NextErasure(ctx context.Context) (Erasure, error) {
	e, err := s.q.TakeErasure(ctx)
	return e, notFound(err)
}

// Erasure reads an erasure.
func (s *Store) Erasure(ctx context.Context, id string) (Erasure, error) {
	e, err := s.q.Erasure(ctx, id)
	return e, notFound(err)
}

// PostponeErasure has an erasure tried again later.
func (s *Store) PostponeErasure(ctx context.Context, id string) error {
	return s.q.PostponeErasure(ctx, id)
}

// SettleErasure says that all is done. The first time it is looked at again after a while: a delivery
// that was under way when it began may have written what its provider said.
func (s *Store) SettleErasure(ctx context.Context, id string, after time.Duration) error {
	return s.q.SettleErasure(ctx, queries.SettleErasureParams{ID: id, AfterMs: after.Milliseconds()})
}

// RunsOfErasure pages through the runs of the erased that had a workflow.
func (s *Store) RunsOfErasure(ctx context.Context, e Erasure, after string, most int) ([]string, error) {
	return s.q.RunsOfErasure(ctx, queries.RunsOfErasureParams{Ids: e.Profiles, After: after, Most: int32(most)})
}

// wipeBite is how many rows of a table one statement takes: locks are held briefly.
const wipeBite = 500

// Wipe takes the erased out of all tables, in small bites. It may be stopped and run again at any time.
// Its statements are of erased people only, whom nobody else writes any more.
func (s *Store) Wipe(ctx context.Context, e Erasure) error {
	for _, w := range s.wipes() {
		for {
			n, err := w.bite(ctx, e.Profiles)
			if err != nil {
				return fmt.Errorf("%s: %w", w.table, err)
			}
			if n < wipeBite || w.whole {
				break
			}
		}
	}
	return nil
}

// wipe is what is done about one table.
type wipe struct {
	table string
	bite  func(ctx context.Context, profiles []string) (int64, error)
	whole bool // one statement does all: the rows are few
}

func (s *Store) wipes() []wipe {
	q := s.q
	return []wipe{
		{table: "moves", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeMoves(ctx, queries.WipeMovesParams{Ids: ids, Most: wipeBite})
		}},
		{table: "message_bodies", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeBodies(ctx, queries.WipeBodiesParams{Ids: ids, Most: wipeBite})
		}},
		{table: "messages", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeMessages(ctx, queries.WipeMessagesParams{Ids: ids, Most: wipeBite})
		}},
		{table: "calls", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeCalls(ctx, queries.WipeCallsParams{Ids: ids, Most: wipeBite})
		}},
		{table: "event_days", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeEventDays(ctx, queries.WipeEventDaysParams{Ids: ids, Most: wipeBite})
		}},
		{table: "events", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeEvents(ctx, queries.WipeEventsParams{Ids: ids, Most: wipeBite})
		}},
		{table: "decisions", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeDecisions(ctx, queries.WipeDecisionsParams{Ids: ids, Most: wipeBite})
		}},
		{table: "verdicts", bite: func(ctx context.Context, ids []string) (int64, error) {
			return q.WipeVerdicts(ctx, queries.WipeVerdictsParams{Ids: ids, Most: wipeBite})
		}},
		{table: "assignments", bite: q.WipeAssignments, whole: true},
		{table: "training_samples", bite: q.WipeSamples, whole: true},
		{table: "previews", bite: q.WipePreviews, whole: true},
		{table: "dispatch_failures", bite: q.WipeFailures, whole: true},
		{table: "segment_changes", bite: q.WipeSegmentChanges, whole: true},
		{table: "segment_due", bite: q.WipeSegmentDue, whole: true},
		{table: "segment_work", bite: q.WipeSegmentWork, whole: true},
		{table: "enrolment_ids", bite: q.WipeEnrolmentIDs, whole: true},
	}
}

// mayCome is ErrErased for ids that were an erased person's.
func (s *Store) mayCome(ctx context.Context, userID, anonymousID string) error {
	at, _, err := s.ErasedAt(ctx, userID, anonymousID)
	if err == nil && !at.IsZero() {
		err = ErrErased
	}
	return err
}

// ErasedAt is when a person with one of these ids was erased, and the database's clock; zero: none was.
func (s *Store) ErasedAt(ctx context.Context, userID, anonymousID string) (at, now time.Time, err error) {
	row, err := s.q.ErasedAt(ctx, queries.ErasedAtParams{UserID: userID, AnonymousID: anonymousID})
	if row.At.Unix() > 0 {
		at = row.At
	}
	return at, row.Now, err
}

// Readmit lets ids of the erased belong to somebody again, who starts from nothing.
func (s *Store) Readmit(ctx context.Context, userID, anonymousID string) error {
	return s.q.Readmit(ctx, queries.ReadmitParams{UserID: userID, AnonymousID: anonymousID})
}
