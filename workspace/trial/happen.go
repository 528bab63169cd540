package trial

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// happen lets one thing happen to the person.
func (p *play) happen(ctx context.Context, h *Happening) error {
	if h.Enroll != nil {
		return p.enroll(ctx, p.c.Journey, h.Enroll)
	}
	return p.apply(ctx, h)
}

func (p *play) apply(ctx context.Context, h *Happening) error {
	event := store.NewEvent{Source: "case", Name: h.Event, Properties: h.Properties}
	switch {
	case h.Event != "": // as it is
	case h.Identify != nil:
		if event.Changed = profile.Identify(p.person, h.Identify); len(event.Changed) == 0 {
			return nil
		}
		p.before = maps.Clone(p.person.Attributes)
	case h.Device != nil:
		profile.AddDevice(p.person, *h.Device)
		return nil
	case h.Consent != nil:
		return p.consent(ctx, h)
	case h.Segment != nil:
		return p.move(ctx, h.Segment)
	case h.Learned != nil:
		return p.learn(ctx, h.Learned)
	}
	_, err := p.AddEvent(ctx, event)
	return err
}

// consent lets the person agree, or not any more; what is to be confirmed is asked for, as the page does.
func (p *play) consent(ctx context.Context, h *Happening) error {
	changed, asked := profile.Choose(p.person, h.Consent, func(topic string) bool {
		return !h.Confirmed && p.deployment.Settings.DoubleOptIn(topic)
	}, p.now)
	for _, key := range slices.Concat(changed, asked) {
		topic, channel := profile.SplitConsent(key)
		e := store.NewEvent{Name: "consent_changed", Properties: map[string]any{"topic": topic}}
		if channel != "" {
			e.Properties["channel"] = channel
		}
		if slices.Contains(asked, key) {
			e.Name, e.Properties["confirm_url"] = "consent_requested", "https://mixtape.invalid/c/"+topic
		} else {
			e.Properties["given"] = p.person.Consents[key]
		}
		if _, err := p.AddEvent(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// enroll lets the person in by hand, as an application does.
func (p *play) enroll(ctx context.Context, name string, properties map[string]any) error {
	if c, err := p.compiled(name); err == nil && !c.Entry().API {
		return errors.New("nobody can be enrolled in " + name + "; write api: true under its entry")
	}
	return p.letIn(ctx, name, "enrolment", profile.Event{Name: dispatch.EnrolledEvent, Properties: properties})
}

// letIn puts an entry without an event before the judge of production.
func (p *play) letIn(ctx context.Context, name, by string, e profile.Event) error {
	if err := p.settle(ctx); err != nil { // what happened before comes first
		return err
	}
	event, err := p.AddEvent(ctx, store.NewEvent{Name: e.Name, Properties: e.Properties})
	if err != nil {
		return err
	}
	p.dispatched = event.Number
	_, err = p.handler.Enroll(ctx, p.memory, name, dispatch.Entrance{Event: event, ByAPI: true, By: by})
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("there is no journey " + name)
	}
	return err
}

// saved notes what a walk has changed of the person.
func (p *play) saved() {
	if p.walking != nil {
		changed := map[string]any{}
		for name, value := range p.person.Attributes {
			if old, had := p.before[name]; !had || !reflect.DeepEqual(old, value) {
				changed[name] = value
			}
		}
		for name := range p.before {
			if _, has := p.person.Attributes[name]; !has {
				changed[name] = nil
			}
		}
		if len(changed) > 0 {
			p.line(p.walking, Line{Kind: Update, Update: changed, Name: p.walking.State.Step})
		}
	}
	p.before = maps.Clone(p.person.Attributes)
}

// move changes which segments the person is a member of; the judge lets in who became one.
func (p *play) move(ctx context.Context, memberships map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(memberships)) {
		was, is := p.person.Segments[name], memberships[name]
		if was == is {
			continue
		}
		if p.person.Segments == nil {
			p.person.Segments = map[string]bool{}
		}
		p.person.Segments[name] = is
		if _, err := p.AddEvent(ctx, store.NewEvent{Changed: []string{profile.SegmentChange(name)}}); err != nil {
			return err
		}
	}
	return nil
}

// nextEntry is the next time at which a schedule lets the person in.
func (p *play) nextEntry() time.Time {
	c, err := p.compiled(p.c.Journey)
	if err != nil || c.Entry().Schedule == nil {
		return time.Time{}
	}
	// This very moment counts, unless it has let the person in already; what a move of the zone has
	// brought into the past does not.
	after := later(p.entered, p.now.Add(-time.Microsecond))
	schedule, workspace := c.Entry().Schedule, p.deployment.Settings.Zone()
	at := schedule.Next(after, p.home(), workspace)
	if !at.IsZero() && !p.occurrence.IsZero() && schedule.Comes(p.occurrence, p.home(), workspace).Equal(at) {
		// Whoever moves to where the clocks are behind meets it again, and enters once.
		at = schedule.Next(at, p.home(), workspace)
	}
	return at
}

// enterBySchedule lets the person in at a time of the journey's schedule.
func (p *play) enterBySchedule(ctx context.Context, at time.Time) error {
	c, err := p.compiled(p.c.Journey)
	if err != nil {
		return err
	}
	p.now, p.entered, p.occurrence = at, at, c.Entry().Schedule.Begins(at, p.home(), p.deployment.Settings.Zone())
	return p.letIn(ctx, p.c.Journey, "schedule", profile.Event{Name: dispatch.ScheduledEvent})
}
