package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store/queries"
)

// errSweptByAnother says that somebody else finds out whom a sweep concerns, or that its rule has changed.
var errSweptByAnother = errors.New("another sweep is at it")

// FillSegmentSweep finds out, in one statement, whom a sweep concerns: those who are in the segment and
// should not be or the other way round, and those whom time may move. The statement may take as long as
// it likes. False says that somebody else is at it, or that the rule has changed since.
func (s *Store) FillSegmentSweep(ctx context.Context, w SegmentSweep, l *Library, clock calendar.Clock) (bool, error) {
	d, err := s.Deployment(ctx)
	if err != nil {
		return false, err
	}
	set, err := l.Segments(ctx, &d.Settings)
	if err != nil {
		return false, err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := queries.New(tx)
		if _, err := tx.Exec(ctx, "set local statement_timeout = 0"); err != nil {
			return err
		}
		ours, err := q.TrySweepLock(ctx)
		if err == nil && !ours {
			err = errSweptByAnother
		}
		if err != nil {
			return err
		}
		if err := q.ClearSegmentWork(ctx, w.Segment); err != nil {
			return err
		}
		who, err := concerned(ctx, tx, w, set, d.Settings.Zone(), clock)
		if err != nil {
			return err
		}
		who.args = append(who.args, w.Segment)
		_, err = tx.Exec(ctx, fmt.Sprintf("insert into segment_work (segment, profile_id) select $%d::text, p.id from profiles p where %s and (%s)",
			len(who.args), people, strings.Join(who.any, " or ")), exactly(who.args)...)
		if err != nil {
			return err
		}
		n, err := q.MarkFilled(ctx, queries.MarkFilledParams{Segment: w.Segment, Hash: w.Hash, Look: w.look()})
		if err == nil && n == 0 {
			err = errSweptByAnother
		}
		return err
	})
	if errors.Is(err, errSweptByAnother) {
		return false, nil
	}
	return err == nil, err
}

// whom is a condition over profiles: any of several, with what their placeholders stand for.
type whom struct {
	any  []string
	args []any
}

// arg is the placeholder of a value of a type.
func (w *whom) arg(kind string, value any) string {
	w.args = append(w.args, value)
	return fmt.Sprintf("$%d::%s", len(w.args), kind)
}

// concerned says whom a sweep has to look at. A rule that cannot be put to the database, or is about
// another clock than the database's, is asked of everybody one by one.
func concerned(ctx context.Context, tx pgx.Tx, w SegmentSweep, set *Segments, home *time.Location, clock calendar.Clock) (*whom, error) {
	who := &whom{}
	if set == nil || set.Rule(w.Segment) == nil {
		who.any = append(who.any, who.member(w.Segment)) // it is gone
		return who, nil
	}
	var now time.Time
	if err := tx.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
		return nil, err
	}
	condition, problems := set.Rule(w.Segment).SQL(rules.SQLOptions{Now: now, Home: home, Catalogs: set.Catalogs, Calendars: set.Calendars, Trends: set.Trends})
	if len(problems) > 0 || clock != (calendar.Clock{}) {
		who.any = append(who.any, "true")
		return who, nil
	}
	who.args = append(who.args, condition.Args...)
	who.any = append(who.any, fmt.Sprintf("%s <> %s", condition.Text, who.member(w.Segment)))
	who.movable(w, set.Movable(w.Segment, rules.Facts{Now: now, Zone: home, Catalogs: set.Catalogs, Calendars: set.Calendars, Trends: set.Trends}), now)
	return who, nil
}

func (w *whom) member(segment string) string {
	return fmt.Sprintf("(p.segments @> array[%s])", w.arg("text", segment))
}

// movable adds those whom time may move. For the second look, those of them whose time is known are known.
func (w *whom) movable(sweep SegmentSweep, m segment.Movable, now time.Time) {
	if m.Nobody() {
		return
	}
	var any []string
	if m.Everyone {
		any = append(any, "true")
	}
	for _, e := range m.Events {
		did := fmt.Sprintf("exists (select from events e where e.profile_id = p.id and e.name = %s", w.arg("text", e.Name))
		if e.Within > 0 {
			did += " and e.time > " + w.arg("timestamptz", now.Add(-e.Within).Add(-time.Second))
		}
		any = append(any, did+")")
	}
	if len(m.Attributes) > 0 {
		any = append(any, "p.attributes ?| "+w.arg("text[]", m.Attributes))
	}
	who := "(" + strings.Join(any, " or ") + ")"
	if !sweep.First {
		who += fmt.Sprintf(" and not exists (select from segment_due d where d.profile_id = p.id and d.segment = %s)", w.arg("text", sweep.Segment))
	}
	w.any = append(w.any, "("+who+")")
}
