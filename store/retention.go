package store

import (
	"context"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store/queries"
)

// What is kept for how long when the workspace does not say.
const (
	keepSeenEvents = 30 * 24 * time.Hour
	keepBodies     = 30 * 24 * time.Hour
	keepVerdicts   = 30 * 24 * time.Hour
	keepCounts     = 62 * 24 * time.Hour // a month that is over, and then some
	keepReference  = 30 * 24 * time.Hour // what rules looked things up in before
	keepEnrolments = 400 * 24 * time.Hour
	keepImports    = 400 * 24 * time.Hour // then the same file would be taken for another one
	keepModels     = 400 * 24 * time.Hour
	keepDrafts     = 24 * time.Hour // of lists that were never begun
	keepDecisions  = 13             // months

	keepSegmentChanges = 400 * 24 * time.Hour // as long as the ledger
)

// Forgotten counts what Forget took away, by table.
type Forgotten map[string]int64

// Forget takes away what is older than the workspace's retention, in small bites, and readies the
// coming months of the ledger. It may be stopped and run again at any time.
func (s *Store) Forget(ctx context.Context, now time.Time) (Forgotten, error) {
	d, err := s.Deployment(ctx)
	if err != nil {
		return nil, err
	}
	before := func(table string, otherwise time.Duration) time.Time {
		if keep, err := calendar.ParseDuration(d.Settings.Retention[table]); err == nil {
			return now.Add(-keep.AddTo(now, time.UTC).Sub(now))
		}
		if otherwise == 0 {
			return time.Time{}
		}
		return now.Add(-otherwise)
	}
	gone := Forgotten{}
	const bite = 5000
	for _, f := range []struct {
		table  string
		before time.Time
		bite   func(before time.Time) (int64, error)
	}{
		{"seen_events", now.Add(-keepSeenEvents), func(b time.Time) (int64, error) {
			return s.q.ForgetSeenEvents(ctx, queries.ForgetSeenEventsParams{Before: b, Most: bite})
		}},
		{"verdicts", now.Add(-keepVerdicts), func(b time.Time) (int64, error) {
			return s.q.ForgetVerdicts(ctx, queries.ForgetVerdictsParams{Before: b, Most: bite})
		}},
		{"bodies", before("bodies", keepBodies), func(b time.Time) (int64, error) {
			return s.q.ForgetBodies(ctx, queries.ForgetBodiesParams{Before: b, Most: bite})
		}},
		{"calls", before("bodies", keepBodies), func(b time.Time) (int64, error) {
			return s.q.ForgetCalls(ctx, queries.ForgetCallsParams{Before: b, Most: bite})
		}},
		{"entry_counts", now.Add(-keepCounts), func(b time.Time) (int64, error) {
			return s.q.ForgetEntryCounts(ctx, queries.ForgetEntryCountsParams{Before: b, Most: bite})
		}},
		{"enrolments", now.Add(-keepEnrolments), func(b time.Time) (int64, error) {
			return s.q.ForgetEnrolments(ctx, queries.ForgetEnrolmentsParams{Before: b, Most: bite})
		}},
		{"enrolment_ids", now.Add(-keepDrafts), func(b time.Time) (int64, error) {
			return s.q.ForgetEnrolmentIDs(ctx, queries.ForgetEnrolmentIDsParams{Before: b, Most: bite})
		}},
		{"imports", now.Add(-keepImports), func(b time.Time) (int64, error) {
			return s.q.ForgetImports(ctx, queries.ForgetImportsParams{Before: &b, Most: bite})
		}},
		{"models", now.Add(-keepModels), func(b time.Time) (int64, error) {
			return s.q.ForgetModels(ctx, queries.ForgetModelsParams{Before: b, Most: bite})
		}},
		{"reference", now.Add(-keepReference), func(b time.Time) (int64, error) { return s.q.ForgetReference(ctx, b) }},
		{"segment_changes", before("segment_changes", keepSegmentChanges), func(b time.Time) (int64, error) {
			return s.q.ForgetSegmentChanges(ctx, queries.ForgetSegmentChangesParams{Before: b, Most: bite})
		}},
		{"messages", before("messages", 0), func(b time.Time) (int64, error) {
			return s.q.ForgetMessages(ctx, queries.ForgetMessagesParams{Before: b, Most: bite})
		}},
		{"events", before("events", 0), func(b time.Time) (int64, error) {
			return s.q.ForgetEvents(ctx, queries.ForgetEventsParams{Before: b, Most: bite})
		}},
	} {
		for !f.before.IsZero() {
			n, err := f.bite(f.before)
			if err != nil {
				return gone, fmt.Errorf("%s: %w", f.table, err)
			}
			gone[f.table] += n
			if n < bite {
				break
			}
		}
	}
	oldest := now.AddDate(0, -keepDecisions, 0)
	if said := before("decisions", 0); !said.IsZero() {
		oldest = said
	}
	n, err := s.partitionLedger(ctx, now, oldest)
	gone["decisions_months"] = n
	return gone, err
}

// partitionLedger makes the ledger's partitions of this and the next two months, and drops those
// that are older than it is kept, by whole months. What came before a month had its partition lies in the default one.
func (s *Store) partitionLedger(ctx context.Context, now, before time.Time) (dropped int64, err error) {
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for i := 1; i <= 3; i++ { // the running month may have rows in the default partition
		from := month.AddDate(0, i, 0)
		_, err := s.pool.Exec(ctx, fmt.Sprintf("create table if not exists decisions_%s partition of decisions for values from ('%s') to ('%s')",
			from.Format("200601"), from.Format(time.DateOnly), from.AddDate(0, 1, 0).Format(time.DateOnly)))
		if err != nil {
			return 0, fmt.Errorf("decisions: %w", err)
		}
	}
	oldest := time.Date(before.Year(), before.Month(), 1, 0, 0, 0, 0, time.UTC)
	rows, err := s.pool.Query(ctx, `select relname from pg_class where relname ~ '^decisions_\d{6}$' and relname < $1 and relkind = 'r' order by 1`, "decisions_"+oldest.Format("200601"))
	if err != nil {
		return 0, err
	}
	var old []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return 0, err
		}
		old = append(old, name)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, name := range old {
		if _, err := s.pool.Exec(ctx, "drop table "+name); err != nil {
			return dropped, fmt.Errorf("decisions: %w", err)
		}
		dropped++
	}
	_, err = s.pool.Exec(ctx, "delete from decisions_default where at < $1", oldest)
	return dropped, err
}
