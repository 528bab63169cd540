package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Audience is whom an enrolment concerns: asked of one profile in memory, which is the truth, and of
// everybody in the database, which says whom to ask.
type Audience struct {
	*Enrolment
	Compiled *Compiled // the journey's version that new runs get
	Settings Settings

	rule *rules.Rule // of ByRule, and of BySchedule the entry's own; nil: everybody
}

// Audience readies an enrolment's audience.
func (l *Library) Audience(ctx context.Context, e *Enrolment) (*Audience, error) {
	d, err := l.store.Deployment(ctx)
	if err != nil {
		return nil, err
	}
	all, err := l.store.Journeys(ctx)
	if err != nil {
		return nil, err
	}
	a := &Audience{Enrolment: e, Settings: d.Settings}
	for _, p := range all {
		if p.Journey == e.Journey {
			if a.Compiled, err = l.Compiled(ctx, p.Journey, p.Version, &d.Settings); err != nil {
				return nil, err
			}
		}
	}
	if a.Compiled == nil {
		return nil, ErrNotFound
	}
	switch e.Source {
	case ByRule:
		var problems []rules.Problem
		if a.rule, problems, err = l.Rule(ctx, e.Audience, &d.Settings); err == nil && len(problems) > 0 {
			err = fmt.Errorf("the rule of enrolment %s does not compile any more: %s", e.ID, problems[0].Message)
		}
	case BySchedule:
		a.rule = a.Compiled.EntryRule()
	}
	return a, err
}

// Rule reads a rule over profiles by what the workspace declares.
func (l *Library) Rule(ctx context.Context, text string, s *Settings) (*rules.Rule, []rules.Problem, error) {
	reference, err := l.store.reference(ctx, s.ReferenceID)
	if err != nil {
		return nil, nil, err
	}
	kinds := map[string]rules.Kind{}
	for name, kind := range s.Attributes {
		kinds[name] = rules.Kind(kind)
	}
	segments := make([]string, 0, len(reference.Segments))
	for _, segment := range reference.Segments {
		segments = append(segments, segment.Key)
	}
	env, err := rules.New(rules.Attributes(kinds), rules.Topics(s.Topics.Defaults()), rules.Segments(segments),
		rules.Catalogs(orEmpty(reference.Catalogs)), rules.Calendars(orEmpty(reference.Calendars)))
	if err != nil {
		return nil, nil, err
	}
	rule, problems := env.Compile(text, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
	return rule, problems, nil
}

// Holds asks whether the locked profile is in the audience, now. Of a schedule the entry's rule is asked
// with the entry's own event, which is not here.
func (a *Audience) Holds(ctx context.Context, t *Tx) (bool, error) {
	switch a.Source {
	case BySegment:
		return t.profile.Segments[a.Enrolment.Audience], nil
	case ByRule:
		history, err := t.History(ctx, Wants(journey.Needs{Events: a.rule.Reads().Events}, t.now, calendar.Clock{}))
		if err != nil {
			return false, err
		}
		return a.rule.Holds(&rules.Facts{
			Now: t.now, Zone: a.Home(t.profile), Profile: t.profile, History: history, Segments: t.profile.Segments,
			Catalogs: a.Compiled.Catalogs, Calendars: a.Compiled.Calendars,
		}).True, nil
	default:
		return true, nil
	}
}

// Home is the zone whose clocks count for a profile.
func (a *Audience) Home(p *profile.Profile) *time.Location {
	return journey.Facts{Zone: a.Settings.Zone(), Profile: p}.Home()
}

// Comes is when the occurrence comes to a zone as profiles have it; zero: never. Whoever has a zone
// that does not exist, or none, goes by the workspace's.
func (a *Audience) Comes(zone string) time.Time {
	schedule := a.Compiled.Entry().Schedule
	if schedule == nil {
		return time.Time{}
	}
	workspace := a.Settings.Zone()
	home, ok := calendar.LoadZone(zone)
	if !ok {
		home = workspace
	}
	return schedule.Comes(a.Occurrence, home, workspace)
}

// ByZone tells whether the people come zone by zone.
func (a *Audience) ByZone() bool {
	s := a.Compiled.Entry().Schedule
	return a.Source == BySchedule && s != nil && !s.Workspace
}

// audience is the condition on profiles p, with its arguments.
func (a *Audience) condition(zone *string) (text string, args []any) {
	all := []string{"p.merged_into is null", "p.erased_at is null"}
	add := func(format string, arg any) {
		args = append(args, arg)
		all = append(all, fmt.Sprintf(format, len(args)))
	}
	if zone != nil {
		add("coalesce(p.attributes ->> 'timezone', '') = $%d", *zone)
	}
	if a.Source == BySegment {
		add("p.segments @> array[$%d::text]", a.Enrolment.Audience)
	}
	return strings.Join(all, " and "), args
}

// AudiencePage reads the next profiles of an audience behind an id, in a zone as profiles have it (nil:
// in any).
func (s *Store) AudiencePage(ctx context.Context, a *Audience, zone *string, after string, most int) ([]string, error) {
	condition, args := a.condition(zone)
	n := len(args)
	query := fmt.Sprintf("select p.id from profiles p where %s and p.id > $%d order by p.id limit $%d", condition, n+1, n+2)
	if a.Source == ByIDs {
		query, args = "select profile_id from enrolment_ids where enrolment = $1 and profile_id > $2 order by profile_id limit $3", []any{a.ID}
	}
	rows, err := s.pool.Query(ctx, query, append(args, after, most)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// CountAudience counts an audience, in a zone as profiles have it (nil: in all).
func (s *Store) CountAudience(ctx context.Context, a *Audience, zone *string) (n int64, err error) {
	condition, args := a.condition(zone)
	query := "select count(*) from profiles p where " + condition
	if a.Source == ByIDs {
		query, args = "select count(*) from enrolment_ids where enrolment = $1", []any{a.ID}
	}
	err = s.pool.QueryRow(ctx, query, args...).Scan(&n)
	return n, err
}

// HasSegment tells whether the workspace has a segment.
func (l *Library) HasSegment(ctx context.Context, key string, s *Settings) (bool, error) {
	reference, err := l.store.reference(ctx, s.ReferenceID)
	for _, segment := range reference.Segments {
		if segment.Key == key {
			return true, err
		}
	}
	return false, err
}
