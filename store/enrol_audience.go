package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store/queries"
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
func (l *Library) Rule(ctx context.Context, text string, s *Settings, more ...rules.Option) (*rules.Rule, []rules.Problem, error) {
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
	env, err := rules.New(append(more, rules.Attributes(kinds), rules.Topics(s.Topics.Defaults()), rules.Segments(segments), rules.Affinities(s.AffinityNames()),
		rules.Catalogs(orEmpty(reference.Catalogs)), rules.Calendars(orEmpty(reference.Calendars)))...)
	if err != nil {
		return nil, nil, err
	}
	rule, problems := env.Compile(text, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
	return rule, problems, nil
}

// Holds asks whether the locked profile is in the audience, now by a clock. Of a schedule the entry's rule is asked
// with the entry's own event, which is not here.
func (a *Audience) Holds(ctx context.Context, t *Tx, clock calendar.Clock) (bool, error) {
	switch a.Source {
	case BySegment:
		return t.profile.Segments[a.Enrolment.Audience], nil
	case ByRule:
		now := clock.ToVirtual(t.now)
		past, err := t.History(ctx, Wants(journey.Needs{Events: a.rule.Reads().Events}, Sight{Now: now, Clock: clock, UpTo: Everything}))
		if err != nil {
			return false, err
		}
		past.InClock(clock)
		return a.rule.Holds(&rules.Facts{
			Now: now, Zone: a.Home(t.profile), Profile: t.profile, History: past.Events, Days: past.Days, Segments: t.profile.Segments,
			Catalogs: a.Compiled.Catalogs, Calendars: a.Compiled.Calendars, Trends: a.Settings.Trends,
		}).True, nil
	default:
		return true, nil
	}
}

// EventID names the event that lets somebody in: of an enrolment, who they are; so each comes once.
func (a *Audience) EventID(profile string) (source, id string) {
	return "enroll/" + a.Journey, "enrol/" + a.ID + "/" + profile
}

// crowdTakes is longer than it takes to let a crowd in, which is read for ahead.
const crowdTakes = time.Minute

// wants are what a verdict on somebody's entry reads of their past.
func (a *Audience) wants(now time.Time, clock calendar.Clock) []Want {
	needs := a.Compiled.EntryNeeds()
	if a.Source == ByRule {
		needs.Events = append(slices.Clone(needs.Events), a.rule.Reads().Events...)
	}
	virtual := clock.ToVirtual(now)
	needs.Until = clock.ToVirtual(now.Add(crowdTakes))
	return Wants(needs, Sight{Now: virtual, Clock: clock, UpTo: Everything})
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

// condition puts the audience to the database, in a zone as profiles have it (nil: in all). What only an
// evaluation one by one can answer, such as a rule that asks for the event in hand, it leaves out: then
// everybody is asked.
func (a *Audience) condition(now time.Time, zone *string) rules.Condition {
	var parts []string
	var args []any
	add := func(format string, arg any) {
		args = append(args, arg)
		parts = append(parts, fmt.Sprintf(format, len(args)))
	}
	if zone != nil {
		add("coalesce(p.attributes ->> 'timezone', '') = $%d::text", *zone)
	}
	if a.Source == BySegment {
		add("p.segments @> array[$%d::text]", a.Enrolment.Audience)
	}
	whole := func(c rules.Condition) rules.Condition {
		all := parts
		if c.Where != "" {
			all = append(slices.Clone(parts), c.Where)
		}
		where := "true"
		if len(all) > 0 {
			where = strings.Join(all, " and ")
		}
		return rules.Condition{Text: "((" + where + ") is true)", Where: where, Args: append(slices.Clone(args), c.Args...)}
	}
	if a.rule == nil || a.rule.Reads().Event {
		return whole(rules.Condition{})
	}
	rule, problems := a.rule.SQL(rules.SQLOptions{
		Now: now, Home: a.Settings.Zone(), Catalogs: a.Compiled.Catalogs, Calendars: a.Compiled.Calendars, First: len(args) + 1,
	})
	if len(problems) > 0 {
		return whole(rules.Condition{})
	}
	c := whole(rule)
	if rule.Everyone != nil {
		everyone, narrow := whole(*rule.Everyone), whole(*rule.Narrow)
		c.Everyone, c.Narrow = &everyone, &narrow
	}
	return c
}

// AudiencePage reads the next profiles of an audience behind an id, in a zone as profiles have it (nil:
// in any).
func (s *Store) AudiencePage(ctx context.Context, a *Audience, now time.Time, zone *string, after string, most int) ([]string, error) {
	if a.Source == ByIDs {
		return s.q.EnrolmentIDs(ctx, queries.EnrolmentIDsParams{Enrolment: a.ID, After: after, Most: int32(most)})
	}
	return s.Matching(ctx, a.condition(now, zone), after, most)
}

// CountAudience counts an audience, in a zone as profiles have it (nil: in all).
func (s *Store) CountAudience(ctx context.Context, a *Audience, now time.Time, zone *string) (int64, error) {
	if a.Source == ByIDs {
		return a.Total, nil
	}
	return s.CountMatching(ctx, a.condition(now, zone))
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
