package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Slots reads which places under the caps the profile's messages have taken since a moment, both in
// the clock: those of runs with that clock, except what is transactional.
func (t *Tx) Slots(ctx context.Context, since time.Time, clock calendar.Clock) ([]gate.Slot, error) {
	rows, err := t.q.SlotsTaken(ctx, queries.SlotsTakenParams{ProfileID: t.profile.ID, Since: clock.ToReal(since), Clock: clockOf(clock)})
	all := make([]gate.Slot, len(rows))
	for i, r := range rows {
		all[i] = gate.Slot{Channel: r.Channel, Topic: r.Topic, Priority: r.Priority, At: clock.ToVirtual(r.Taken), Run: r.RunID, Visit: int(r.Visit)}
	}
	return all, err
}

// EntriesSince counts the entries of a journey by anybody since a moment of the clock, in runs with
// that clock; the held-out do not count.
func (t *Tx) EntriesSince(ctx context.Context, journey string, since time.Time, clock calendar.Clock) (int, error) {
	period := clock.ToReal(since)
	n, err := t.q.EntryCount(ctx, queries.EntryCountParams{Journey: journey, Period: period})
	if !errors.Is(err, pgx.ErrNoRows) {
		return int(n), err
	}
	entries, err := t.q.CountEntries(ctx, queries.CountEntriesParams{Journey: journey, Since: period, Clock: clockOf(clock)})
	if err != nil {
		return 0, err
	}
	t.limited = true
	return int(entries), t.later.SeedEntryCount(ctx, queries.SeedEntryCountParams{Journey: journey, Period: period, Entries: int32(entries)})
}

// TakeEntry takes one of the entries that a journey allows in the period that began then (in real
// time); EntriesSince has counted those before. False: there are no more. Until the transaction ends,
// others who would take one wait.
func (t *Tx) TakeEntry(ctx context.Context, journey string, period time.Time, most int) (bool, error) {
	t.limited = true
	n, err := t.q.TakeEntry(ctx, queries.TakeEntryParams{Journey: journey, Period: period, Most: int32(most)})
	return n == 1, err
}

// HoldsLimit tells whether others who would enter a journey with a limit wait for this transaction.
func (t *Tx) HoldsLimit() bool { return t.limited }

// clockOf is how a run's clock is stored: real time is null.
func clockOf(c calendar.Clock) json.RawMessage {
	if c == (calendar.Clock{}) {
		return nil
	}
	return encode(c)
}
