package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// Scheduler keeps one Temporal schedule for each journey whose entry has one. The calendar here stays the
// truth, of skipped and doubled hours, too: Temporal is told the next instants, and is told again in time.
type Scheduler struct {
	Client   *Client
	Store    *store.Store
	Library  *store.Library
	Enroller *Enroller
	Log      *zap.Logger
	Bell     *dispatch.Bell // rung when something was published; nil: it looks by itself
	Every    time.Duration  // 15 s
}

const (
	foreseen     = 10                    // occurrences that Temporal is told of
	foreseenLow  = 5                     // it is told again below
	scheduleLate = 20 * time.Second      // an occurrence that Temporal has not begun by then is begun here
	longAgo      = 7 * 24 * time.Hour    // earlier ones are not looked for
	catchUp      = 24 * time.Hour        // that Temporal itself begins after an outage
	allZones     = (14 + 12) * time.Hour // from the first clocks that come to a local time to the last
)

// Run keeps the schedules until the context ends. Several may: all that they do is safe to do twice.
func (s *Scheduler) Run(ctx context.Context) {
	every(ctx, s.Every, s.Bell, func() {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("schedules will be looked after again", zap.Error(err))
		}
	})
}

// Once makes the schedules in Temporal those of what is published, and begins the occurrences that it
// missed. One journey that fails does not keep the others from theirs.
func (s *Scheduler) Once(ctx context.Context) error {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return err
	}
	all, err := s.Store.Journeys(ctx)
	if err != nil {
		return err
	}
	rows, err := s.Store.Schedules(ctx)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	var failures []error
	for _, p := range all {
		if p.Archived {
			continue
		}
		c, err := s.Library.Compiled(ctx, p.Journey, p.Version, &d.Settings)
		switch {
		case err != nil:
			kept[p.Journey] = true
		case c.Entry().Schedule != nil:
			kept[p.Journey] = true
			err = s.keep(ctx, p, c.Entry().Schedule, d)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("the schedule of %s: %w", p.Journey, err))
		}
	}
	for _, row := range rows {
		if !kept[row.Journey] {
			if err := errors.Join(s.remove(ctx, row.Journey), s.Store.DeleteSchedule(ctx, row.Journey)); err != nil {
				failures = append(failures, fmt.Errorf("the schedule of %s: %w", row.Journey, err))
			}
		}
	}
	return errors.Join(failures...)
}

// keep makes one journey's schedule what it is to be.
func (s *Scheduler) keep(ctx context.Context, p store.Published, schedule *journey.Schedule, d store.Deployment) error {
	zone := d.Settings.Zone()
	since, err := s.Store.SaveSchedule(ctx, p.Journey, schedule.String()+" in "+zone.String())
	if err != nil {
		return err
	}
	now := time.Now()
	var next []time.Time
	for at := schedule.NextBegin(now, zone); !at.IsZero() && len(next) < foreseen; at = schedule.NextBegin(at, zone) {
		next = append(next, at.UTC())
	}
	note := "kept by Mixtape"
	if d.PausedAt != nil || p.PausedAt != nil {
		note = "kept by Mixtape; while the journey is paused its occurrences let nobody in, and say so"
	}
	stopped, err := s.tell(ctx, p.Journey, next, note)
	if err != nil {
		return err
	}
	return s.missed(ctx, p.Journey, schedule, zone, since, now, stopped)
}

// tell tells Temporal the next occurrences, where it does not know them. stopped: an operator has paused
// the schedule there.
func (s *Scheduler) tell(ctx context.Context, name string, next []time.Time, note string) (stopped bool, err error) {
	handle := s.Client.Temporal.ScheduleClient().GetHandle(ctx, s.scheduleID(name))
	now, err := handle.Describe(ctx)
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone) && len(next) == 0:
		return false, nil
	case errors.As(err, &gone):
		return false, s.create(ctx, name, next, note)
	case err != nil:
		return false, err
	case len(next) == 0:
		return now.Schedule.State.Paused, s.remove(ctx, name)
	case foretold(now.Info.NextActionTimes, next) && now.Schedule.State.Note == note:
		return now.Schedule.State.Paused, nil
	}
	return now.Schedule.State.Paused, handle.Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			updated := in.Description.Schedule
			updated.Spec, updated.State.Note = spec(next), note
			return &client.ScheduleUpdate{Schedule: &updated}, nil
		},
	})
}

// foretold tells whether Temporal knows enough of the next occurrences, and no others.
func foretold(known, next []time.Time) bool {
	if len(known) < min(foreseenLow, len(next)) {
		return false
	}
	for i, at := range known {
		if i < len(next) && !at.Equal(next[i]) {
			return false
		}
	}
	return true
}

func (s *Scheduler) create(ctx context.Context, name string, next []time.Time, note string) error {
	keys := SearchAttributes()
	_, err := s.Client.Temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: s.scheduleID(name), Spec: *spec(next), Overlap: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, CatchupWindow: catchUp, Note: note,
		Action: &client.ScheduleWorkflowAction{
			// Temporal puts the instant behind it: the id of an occurrence is the same whoever begins it.
			ID: s.Client.enrolmentID(name), Workflow: EnrollType, Args: []any{EnrollInput{Journey: name}}, TaskQueue: s.Client.Queue,
			TypedSearchAttributes: temporal.NewSearchAttributes(keys.JourneyKey.ValueSet(name), keys.JourneyState.ValueSet(stateEntering)),
			StaticSummary:         "enrolment into " + name + " by schedule",
		},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) { // another process was faster
		return nil
	}
	return err
}

// spec is nothing but instants.
func spec(next []time.Time) *client.ScheduleSpec {
	only := func(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n, End: n}} }
	all := make([]client.ScheduleCalendarSpec, len(next))
	for i, at := range next {
		all[i] = client.ScheduleCalendarSpec{
			Second: only(at.Second()), Minute: only(at.Minute()), Hour: only(at.Hour()),
			DayOfMonth: only(at.Day()), Month: only(int(at.Month())), Year: only(at.Year()),
		}
	}
	return &client.ScheduleSpec{Calendars: all}
}

func (s *Scheduler) remove(ctx context.Context, name string) error {
	err := s.Client.Temporal.ScheduleClient().GetHandle(ctx, s.scheduleID(name)).Delete(ctx)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// scheduleID is that of a journey's schedule in Temporal.
func (s *Scheduler) scheduleID(name string) string { return s.Client.prefix() + "entry/" + name }

// missed begins the occurrences that came to nothing: Temporal was away, or was not told of them in time.
// What is older than a day, or came while an operator had stopped the schedule, is written down as refused.
func (s *Scheduler) missed(ctx context.Context, name string, schedule *journey.Schedule, zone *time.Location, since, now time.Time, stopped bool) error {
	zones := allZones
	if schedule.Workspace {
		zones = 0
	}
	from := now.Add(-longAgo)
	if first := since.Add(-zones); first.After(from) { // one that is under way when it is published, too
		from = first
	}
	var known map[time.Time]bool
	for at := schedule.NextBegin(from, zone); !at.IsZero() && at.Before(now.Add(-scheduleLate)); at = schedule.NextBegin(at, zone) {
		if known == nil {
			all, err := s.Store.OccurrencesSince(ctx, name, from)
			if err != nil {
				return err
			}
			known = make(map[time.Time]bool, len(all))
			for _, one := range all {
				known[one.UTC()] = true
			}
		}
		if known[at.UTC()] {
			continue
		}
		id, last := activities.OccurrenceID(name, at), at.Add(zones)
		var err error
		switch {
		case stopped:
			err = s.refuse(ctx, id, name, at, "paused")
		case now.Sub(last) > catchUp:
			err = s.refuse(ctx, id, name, at, "stale")
		default:
			err = s.Enroller.Begin(ctx, store.OpenEnrolment{ID: id, Journey: name, Source: string(store.BySchedule)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse writes down that an occurrence let nobody in.
func (s *Scheduler) refuse(ctx context.Context, id, name string, at time.Time, why string) error {
	s.Log.Warn("an occurrence of a schedule lets nobody in", zap.String("journey", name), zap.Time("occurrence", at), zap.String("why", why))
	now := time.Now()
	return s.Store.AddEnrolment(ctx, &store.Enrolment{
		ID: id, Journey: name, Source: store.BySchedule, Occurrence: at, State: store.EnrolDone, Why: why, CreatedBy: "schedule", StartedAt: now, FinishedAt: now,
	})
}
