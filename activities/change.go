package activities

import (
	"context"
	"slices"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// update does what an update step asks of the profile. The next step sees it; dispatch tells the
// others when this walk is committed.
func (k *walk) update(ctx context.Context, a journey.Action) error {
	p := k.tx.Profile()
	var changed []string
	if p.Attributes == nil {
		p.Attributes = map[string]any{}
	}
	for name, value := range a.Update.Set {
		p.Attributes[name] = value
		changed = append(changed, name)
	}
	for _, name := range a.Update.Unset {
		delete(p.Attributes, name)
		changed = append(changed, name)
	}
	for _, channel := range profile.LiftBounces(p, changed) {
		d := store.Suppression(channel, "", "the change of the address")
		d.Step = a.Step
		if err := k.decide(ctx, d); err != nil {
			return err
		}
	}
	if err := k.consent(ctx, a); err != nil {
		return err
	}
	if err := k.tx.SaveProfile(ctx); err != nil || len(changed) == 0 {
		return err
	}
	return k.happen(ctx, store.NewEvent{Changed: changed})
}

func (k *walk) consent(ctx context.Context, a journey.Action) error {
	p := k.tx.Profile()
	for _, key := range profile.SetConsents(p, a.Update.Consent) {
		given := p.Consents[key]
		d := store.ConsentDecision(key, given, "a step of "+k.run.Journey)
		d.Step = a.Step
		if err := k.decide(ctx, d); err != nil {
			return err
		}
		topic, channel := profile.SplitConsent(key)
		said := map[string]any{"topic": topic, "given": given, "journey": k.run.Journey, "step": a.Step}
		if channel != "" {
			said["channel"] = channel
		}
		if err := k.happen(ctx, store.NewEvent{Name: "consent_changed", Properties: said}); err != nil {
			return err
		}
	}
	return nil
}

// emit lets an event happen to the profile.
func (k *walk) emit(ctx context.Context, a journey.Action) error {
	err := k.decide(ctx, store.Decision{Step: a.Step, Kind: "emit", Reason: "emitted", Words: "emits " + a.Emit.Event, Inputs: map[string]any{"event": a.Emit.Event}})
	if err != nil {
		return err
	}
	k.trail(a.Step + ": emits " + a.Emit.Event)
	return k.happen(ctx, store.NewEvent{Name: a.Emit.Event, Properties: a.Emit.Properties})
}

// start asks for an entry into another journey; dispatch gives the verdict on it.
func (k *walk) start(ctx context.Context, a journey.Action) error {
	err := k.decide(ctx, store.Decision{Step: a.Step, Kind: "start", Reason: "asked", Words: "starts " + a.Start.Journey, Inputs: map[string]any{"journey": a.Start.Journey}})
	if err != nil {
		return err
	}
	k.trail(a.Step + ": starts " + a.Start.Journey)
	return k.happen(ctx, store.NewEvent{Start: a.Start.Journey, Properties: a.Start.With})
}

// happen lets an event be caused by the run, at its present. The steps behind see it at once.
func (k *walk) happen(ctx context.Context, e store.NewEvent) error {
	e.Time, e.Chain = k.run.Clock.ToReal(k.facts.Now), Chain(k.run, k.facts.Now)
	event, err := k.tx.AddEvent(ctx, e)
	if err != nil {
		return err
	}
	k.facts.Latest = event.Number
	if event.Name == "" || !slices.ContainsFunc(k.wants, func(w store.Want) bool { return w.Name == event.Name }) {
		return nil
	}
	event = store.EventInClock(event, k.run.Clock)
	if event.Time.After(k.facts.Now) { // a clock that goes fast is read in larger steps than it is written
		event.Time = k.facts.Now
	}
	if k.facts.History == nil {
		k.facts.History = map[string][]profile.Event{}
	}
	k.facts.History[event.Name] = append(k.facts.History[event.Name], event)
	return nil
}
