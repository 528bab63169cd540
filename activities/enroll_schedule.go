package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// occurrenceForm is how an occurrence stands at the end of its enrolment's id, as Temporal writes it
// behind the id that a schedule gives its workflows.
const occurrenceForm = "2006-01-02T15:04:05Z"

// OccurrenceID is the id of the enrolment that an occurrence of a journey's schedule is.
func OccurrenceID(journey string, begin time.Time) string {
	return journey + "-" + begin.UTC().Format(occurrenceForm)
}

// tooLate is how long after its time an occurrence, or its part in a zone, still lets people in.
const tooLate = 24 * time.Hour

// open makes the enrolment of an occurrence, the first time. False: the schedule has no such occurrence.
func (p *enrolPage) open(ctx context.Context) (bool, error) {
	_, _, err := p.Store.Enrolment(ctx, p.in.Enrolment)
	if !errors.Is(err, store.ErrNotFound) {
		return err == nil, err
	}
	begin, err := time.Parse(occurrenceForm, strings.TrimPrefix(p.in.Enrolment, p.in.Journey+"-"))
	if err != nil {
		return false, nil //nolint:nilerr // somebody gave the workflow an id of their own
	}
	e := &store.Enrolment{
		ID: p.in.Enrolment, Journey: p.in.Journey, Source: store.BySchedule, Occurrence: begin, State: store.EnrolRunning, CreatedBy: "schedule",
		StartedAt: time.Now(),
	}
	audience, err := p.Library.Audience(ctx, e)
	if err != nil {
		return false, err
	}
	schedule := audience.Compiled.Entry().Schedule
	if schedule == nil || !schedule.NextBegin(begin.Add(-time.Microsecond), audience.Settings.Zone()).Equal(begin) {
		return false, nil
	}
	// Clocks that came to it before it was published let nobody in.
	since, err := p.Store.ScheduledSince(ctx, e.Journey)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return false, err
	case err == nil && since.After(begin) && !audience.ByZone():
		return false, nil
	case err == nil && since.After(begin):
		e.Place.Part = since
	}
	if e.Total, err = p.Store.CountAudience(ctx, audience, time.Now(), nil); err != nil {
		p.Log.Warn("an audience could not be counted", zap.String("enrolment", e.ID), zap.Error(err)) // nothing hangs on it
	}
	return true, p.Store.AddEnrolment(ctx, e)
}

// scheduled takes the next few people of an occurrence, which goes from instant to instant as the clocks
// of the zones come to it.
func (p *enrolPage) scheduled(ctx context.Context, e *store.Enrolment, out EnrolProgress) (EnrolProgress, bool, error) {
	if p.parts == nil {
		p.parts = newParts(p.audience)
	}
	part := e.Place.Part
	switch late := p.standing.Now.Sub(part); {
	case part.IsZero():
		return p.turnTo(ctx, e, e.Counts)
	case late < 0:
		out.Next = part
		return out, false, nil
	case late > tooLate:
		return p.refuse(ctx, e, "stale")
	}
	if held := held(p.standing); held != "" {
		if e.Place.Zone == "" && e.Place.After == "" {
			return p.refuse(ctx, e, "paused")
		}
		out.Held = held
		return out, false, nil
	}
	if !p.audience.ByZone() {
		return p.take(ctx, e, nil, func() (bool, error) { return p.turn(ctx, e, e.Counts) })
	}
	zone, ok, err := p.parts.zone(ctx, p.Store, part, e.Place.Zone, true)
	if err != nil {
		return out, false, err
	}
	if !ok {
		return p.turnTo(ctx, e, e.Counts)
	}
	if zone != e.Place.Zone { // nobody is in the one before
		return p.move(ctx, e, store.EnrolPlace{Part: part, Zone: zone}, e.Counts)
	}
	return p.take(ctx, e, &zone, func() (bool, error) {
		next, ok, err := p.parts.zone(ctx, p.Store, part, zone, false)
		if err != nil {
			return false, err
		}
		if !ok {
			return p.turn(ctx, e, e.Counts)
		}
		_, more, err := p.move(ctx, e, store.EnrolPlace{Part: part, Zone: next}, e.Counts)
		return more, err
	})
}

// refuse passes over the people whose clocks come to the occurrence at the instant in hand: too late, or
// during a pause.
func (p *enrolPage) refuse(ctx context.Context, e *store.Enrolment, reason string) (EnrolProgress, bool, error) {
	counts := e.Counts.Clone()
	n, err := p.parts.count(ctx, p.Store, p.standing.Now, e.Place.Part)
	if err != nil {
		p.Log.Warn("the refused could not be counted", zap.String("enrolment", e.ID), zap.Error(err))
	}
	counts.Seen += n
	counts.Refused[reason] += n
	if e.Why == "" {
		e.Why = reason
	}
	return p.turnTo(ctx, e, counts)
}

func (p *enrolPage) turnTo(ctx context.Context, e *store.Enrolment, counts store.EnrolCounts) (EnrolProgress, bool, error) {
	more, err := p.turn(ctx, e, counts)
	return progress(e), more, err
}

// turn goes on to the next instant, or ends behind the last.
func (p *enrolPage) turn(ctx context.Context, e *store.Enrolment, counts store.EnrolCounts) (bool, error) {
	if next, ok := p.parts.next(e.Place.Part); ok {
		_, more, err := p.move(ctx, e, store.EnrolPlace{Part: next}, counts)
		return more, err
	}
	if counts.Seen != e.Counts.Seen || len(counts.Refused) != len(e.Counts.Refused) {
		if _, more, err := p.move(ctx, e, e.Place, counts); err != nil || !more {
			return more, err
		}
	}
	why := ""
	if counts.Entered == 0 {
		for _, reason := range []string{"stale", "paused"} {
			if _, refused := counts.Refused[reason]; refused {
				why = reason
			}
		}
	}
	return false, p.end(ctx, e, store.EnrolDone, why)
}

func (p *enrolPage) move(ctx context.Context, e *store.Enrolment, to store.EnrolPlace, counts store.EnrolCounts) (EnrolProgress, bool, error) {
	err := p.Store.MoveEnrolment(ctx, e, to, counts)
	if err != nil && !errors.Is(err, store.ErrEnded) { // who comes too late looks again
		return progress(e), false, fmt.Errorf("moving enrolment %s: %w", e.ID, err)
	}
	return progress(e), true, nil
}

// parts are the instants at which an occurrence comes to the zones, whether anybody lives there or not.
type parts struct {
	audience *store.Audience
	instants []time.Time
	zones    map[time.Time][]string
	present  map[time.Time][]string // of zones, those in which somebody lives, as far as it was asked
}

func newParts(a *store.Audience) *parts {
	p := &parts{audience: a, zones: map[time.Time][]string{}, present: map[time.Time][]string{}}
	if !a.ByZone() {
		p.instants = []time.Time{a.Occurrence}
		return p
	}
	add := func(zone string) {
		at := a.Comes(zone).UTC()
		if at.IsZero() {
			return
		}
		if len(p.zones[at]) == 0 {
			p.instants = append(p.instants, at)
		}
		p.zones[at] = append(p.zones[at], zone)
	}
	add("")
	for _, zone := range calendar.Zones() {
		add(zone)
	}
	slices.SortFunc(p.instants, time.Time.Compare)
	return p
}

// next is the first instant after one.
func (p *parts) next(after time.Time) (time.Time, bool) {
	for _, at := range p.instants {
		if at.After(after) {
			return at, true
		}
	}
	return time.Time{}, false
}

// zone is the next zone whose clocks come to the occurrence at the instant, behind one or at it. Profiles
// may have names there that are no zone's: those go by the workspace's.
func (p *parts) zone(ctx context.Context, s *store.Store, part time.Time, from string, inclusive bool) (string, bool, error) {
	part = part.UTC()
	if !p.audience.Comes("").Equal(part) {
		present, asked := p.present[part]
		if !asked {
			var err error
			if present, err = s.ZonesPresent(ctx, p.zones[part]); err != nil {
				return "", false, err
			}
			slices.Sort(present)
			p.present[part] = present
		}
		for _, zone := range present {
			if zone > from || inclusive && zone == from {
				return zone, true, nil
			}
		}
		return "", false, nil
	}
	if inclusive && p.audience.Comes(from).Equal(part) {
		return from, true, nil
	}
	for {
		zone, ok, err := s.NextZone(ctx, from)
		if err != nil || !ok || p.audience.Comes(zone).Equal(part) {
			return zone, ok, err
		}
		from = zone
	}
}

// count counts those whose clocks come to the occurrence at the instant.
func (p *parts) count(ctx context.Context, s *store.Store, now, part time.Time) (total int64, err error) {
	if !p.audience.ByZone() {
		return s.CountAudience(ctx, p.audience, now, nil)
	}
	zone, ok, err := p.zone(ctx, s, part, "", true)
	for err == nil && ok {
		var n int64
		if n, err = s.CountAudience(ctx, p.audience, now, &zone); err != nil {
			break
		}
		total += n
		zone, ok, err = p.zone(ctx, s, part, zone, false)
	}
	return total, err
}
