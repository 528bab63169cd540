package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/rules"
)

// ErrTooLong says that a question about everybody took longer than it may.
var ErrTooLong = errors.New("the question takes too long")

// audienceTimeout bounds a statement over everybody: they may take longer than those of one run, and
// hold no lock that anybody waits for. Whoever asks by the API is still there then.
const audienceTimeout = 35 * time.Second

// people are those that a rule can be true of.
const people = "p.merged_into is null and p.erased_at is null"

// Plan is a statement and how Postgres means to work it out.
type Plan struct {
	Statement string
	Args      []any
	Plan      string
}

// Matched is somebody of whom a rule is true, by both ids.
type Matched struct {
	ID     string
	UserID string // the caller's, where there is one
}

// Matching returns the next profiles behind an id of which a rule is true, in the order of ids.
func (s *Store) Matching(ctx context.Context, c rules.Condition, after string, most int) (ids []string, err error) {
	all, err := s.PeopleMatching(ctx, c, after, most)
	ids = make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	return ids, err
}

// PeopleMatching is Matching with the caller's own ids.
func (s *Store) PeopleMatching(ctx context.Context, c rules.Condition, after string, most int) (all []Matched, err error) {
	statement, args := matching(c, after, most)
	err = s.audience(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, statement, exactly(args)...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Matched])
		return err
	})
	return all, err
}

func matching(c rules.Condition, after string, most int) (string, []any) {
	n := len(c.Args)
	return fmt.Sprintf("select p.id, coalesce(p.user_id, '') from profiles p where %s and %s and p.id > $%d::text order by p.id limit $%d::bigint", c.Where, people, n+1, n+2),
		append(append([]any{}, c.Args...), after, int64(most))
}

// CountMatching counts the profiles of which a rule is true.
func (s *Store) CountMatching(ctx context.Context, c rules.Condition) (count int64, err error) {
	err = s.audience(ctx, func(tx pgx.Tx) error {
		c, err := cheaper(ctx, tx, c)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, counting(c), exactly(c.Args)...).Scan(&count)
	})
	return count, err
}

func counting(c rules.Condition) string {
	return fmt.Sprintf("select count(*) from profiles p where %s and %s", c.Where, people)
}

// cheaper is the form of a condition over everybody that is likely the cheaper one. Postgres takes what
// a profile did for being worked out of every profile, though it does so only of those who are left by
// the rest of the rule; so that is reckoned here.
func cheaper(ctx context.Context, tx pgx.Tx, c rules.Condition) (rules.Condition, error) {
	if c.Everyone == nil {
		return c, nil
	}
	one, err := planned(ctx, tx, c)
	if err != nil {
		return c, err
	}
	all, err := planned(ctx, tx, *c.Everyone)
	if err != nil {
		return c, err
	}
	narrow, err := planned(ctx, tx, *c.Narrow)
	if err != nil {
		return c, err
	}
	everybody, err := planned(ctx, tx, rules.Condition{Where: "true"})
	if err != nil {
		return c, err
	}
	each := (one.Cost - narrow.Cost) / max(1, everybody.Rows)
	if all.Cost < narrow.Cost+each*narrow.Rows {
		return *c.Everyone, nil
	}
	return c, nil
}

// estimate is what Postgres thinks of a statement.
type estimate struct {
	Cost float64 `json:"Total Cost"`
	Rows float64 `json:"Plan Rows"`
}

func planned(ctx context.Context, tx pgx.Tx, c rules.Condition) (estimate, error) {
	var raw []byte
	statement := fmt.Sprintf("explain (format json) select p.id from profiles p where %s and %s", c.Where, people)
	if err := tx.QueryRow(ctx, statement, exactly(c.Args)...).Scan(&raw); err != nil {
		return estimate{}, err
	}
	var plans []struct{ Plan estimate }
	if err := json.Unmarshal(raw, &plans); err != nil || len(plans) == 0 {
		return estimate{}, fmt.Errorf("read a plan: %w", err)
	}
	return plans[0].Plan, nil
}

// ExplainCount says how CountMatching would work.
func (s *Store) ExplainCount(ctx context.Context, c rules.Condition) (plan Plan, err error) {
	err = s.audience(ctx, func(tx pgx.Tx) error {
		c, err := cheaper(ctx, tx, c)
		if err != nil {
			return err
		}
		plan, err = explain(ctx, tx, counting(c), c.Args)
		return err
	})
	return plan, err
}

// ExplainMatching says how Matching would work.
func (s *Store) ExplainMatching(ctx context.Context, c rules.Condition, after string, most int) (plan Plan, err error) {
	statement, args := matching(c, after, most)
	err = s.audience(ctx, func(tx pgx.Tx) error {
		plan, err = explain(ctx, tx, statement, args)
		return err
	})
	return plan, err
}

func explain(ctx context.Context, tx pgx.Tx, statement string, args []any) (Plan, error) {
	p := Plan{Statement: statement, Args: args}
	rows, err := tx.Query(ctx, "explain "+statement, exactly(args)...)
	if err != nil {
		return p, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, line := range lines {
		p.Plan += line + "\n"
	}
	return p, err
}

// exactly makes Postgres plan a statement for these very arguments: the name of an attribute is one of
// them, and only by it can an index be found.
func exactly(args []any) []any { return append([]any{pgx.QueryExecModeExec}, args...) }

// audience runs a read over many people, with limits of its own.
func (s *Store) audience(ctx context.Context, read func(pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// To compile a statement takes longer than it saves: most of the work is in reading.
		if _, err := tx.Exec(ctx, "set local jit = off; set local statement_timeout = "+milliseconds(audienceTimeout, 0)); err != nil {
			return err
		}
		return read(tx)
	})
	if isCode(err, "57014") && ctx.Err() == nil {
		return ErrTooLong
	}
	return err
}

// Condition puts a rule to the database as the workspace has it now.
func (l *Library) Condition(ctx context.Context, rule *rules.Rule, s *Settings) (rules.Condition, []rules.Problem, error) {
	reference, err := l.store.reference(ctx, s.ReferenceID)
	if err != nil {
		return rules.Condition{}, nil, err
	}
	now, err := l.store.now(ctx)
	if err != nil {
		return rules.Condition{}, nil, err
	}
	c, problems := rule.SQL(rules.SQLOptions{Now: now, Home: s.Zone(), Catalogs: reference.Catalogs, Calendars: reference.Calendars, Trends: s.Trends})
	return c, problems, nil
}
