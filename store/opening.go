package store

import (
	"context"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/segment"
)

// CountFitting counts those whom a journey's entry would let in that its schedule asks. Where only each one
// by itself can be asked, it is everybody.
func (s *Store) CountFitting(ctx context.Context, c *Compiled, settings Settings) (int64, error) {
	now, err := s.now(ctx)
	if err != nil {
		return 0, err
	}
	a := &Audience{Enrolment: &Enrolment{Source: BySchedule}, Compiled: c, Settings: settings, rule: c.EntryRule()}
	return s.CountAudience(ctx, a, now, nil)
}

// CountJoining counts those who are not in a segment and would be by the rule that the settings give it.
func (s *Store) CountJoining(ctx context.Context, key string, settings Settings) (int64, error) {
	now, err := s.now(ctx)
	if err != nil {
		return 0, err
	}
	set, err := segment.New(settings.Segments, settings.Topics.Defaults())
	if set == nil {
		return 0, err
	}
	c, problems := set.Rule(key).SQL(rules.SQLOptions{
		Now: now, Home: settings.Zone(), Catalogs: settings.Catalogs, Calendars: settings.Calendars, Trends: settings.Trends,
	})
	if len(problems) > 0 {
		return 0, fmt.Errorf("the rule of segment %s cannot be put to the database: %s", key, problems[0].Message)
	}
	for _, form := range []*rules.Condition{&c, c.Everyone, c.Narrow} {
		if form != nil {
			form.Args = append(form.Args[:len(form.Args):len(form.Args)], key)
			form.Where = fmt.Sprintf("(%s) and not p.segments @> array[$%d::text]", form.Where, len(form.Args))
		}
	}
	return s.CountMatching(ctx, c)
}

// Everybody is how many people there are: exactly where these are no more than some, else about how many, and
// more than those. It is told at once.
func (s *Store) Everybody(ctx context.Context, some int64) (n int64, err error) {
	err = s.pool.QueryRow(ctx, "select count(*) from (select from profiles p where "+people+" limit $1) p", some+1).Scan(&n)
	if err != nil || n <= some {
		return n, err
	}
	var about int64
	err = s.pool.QueryRow(ctx, "select reltuples::bigint from pg_class where oid = 'profiles'::regclass").Scan(&about)
	return max(n, about), err
}

func (s *Store) now(ctx context.Context) (now time.Time, err error) {
	err = s.pool.QueryRow(ctx, "select clock_timestamp()").Scan(&now)
	return now, err
}
