package activities

import (
	"context"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// hold parks the run until its message may go, or until a rule may come to hold that ends it. Then the
// gate looks again. Nothing is rendered and no place under a cap is taken.
func (k *walk) hold(ctx context.Context, a journey.Action, v gate.Verdict) (journey.Move, error) {
	state := k.run.State
	words := v.Channel + ": held for " + spelt(v.Reason)
	if !state.Held || !state.Until.Equal(v.Until) {
		v.Looked["until"] = v.Until
		err := k.decide(ctx, store.Decision{Step: a.Step, Kind: "gate", Reason: v.Reason, Words: words, Inputs: v.Looked})
		if err != nil {
			return journey.Move{}, err
		}
		k.trail(a.Step + ": " + words)
	}
	state.Held, state.Until, state.Wake = true, v.Until, v.Until
	if !a.FlipsAt.IsZero() && a.FlipsAt.Before(v.Until) {
		state.Wake = a.FlipsAt
	}
	return k.park(journey.Held, state.Wake, a.Step+": "+words), nil
}

func spelt(reason string) string {
	switch reason {
	case gate.QuietHours:
		return "quiet hours"
	case gate.BestTime:
		return "the best time"
	}
	return reason
}

// leaves tells whether the run has left the step at which it stood before, with its message unsent: a
// repeat that is over ends what is in it, too.
func (k *walk) leaves(before journey.State) bool {
	unsent := before.Held || k.run.Phase == journey.Delivering && !before.Done
	return unsent && k.run.State.Visit != before.Visit
}

// drop skips what was rendered, or held at the step where the run stood before, and will not go.
func (k *walk) drop(ctx context.Context, before journey.State) error {
	if err := k.dropHeld(ctx, before); err != nil {
		return err
	}
	dropped, err := k.tx.SkipRendered(ctx, k.run.ID, gate.Ended)
	if err != nil {
		return err
	}
	for _, m := range dropped {
		if err := k.dropped(ctx, m.ID, m.Step, m.Channel); err != nil {
			return err
		}
	}
	return nil
}

// dropHeld skips the message that the run was holding: nothing of it was written down before.
func (k *walk) dropHeld(ctx context.Context, before journey.State) error {
	step, ok := k.journey.SendStep(before.Step)
	if !before.Held || !ok {
		return nil
	}
	k.run.State.Held = false
	q, templates, err := k.question(ctx, step)
	if err != nil {
		return err
	}
	m := k.message(step, gate.Verdict{Channel: gate.Decide(q).Channel})
	m.Visit, m.State, m.Reason = int32(before.Visit), store.Skipped, gate.Ended
	if t := templates[m.Channel]; t != nil {
		m.Topic = t.Topic
	}
	id, _, err := k.tx.AddMessage(ctx, m, store.Body{})
	if err != nil {
		return err
	}
	return k.dropped(ctx, id, step.ID, m.Channel)
}

func (k *walk) dropped(ctx context.Context, message, step, channel string) error {
	words := channel + ": not sent: the run went on without it"
	if k.run.State.Exit != "" {
		words = channel + ": not sent: the run was over first"
	}
	return k.decide(ctx, store.Decision{Step: step, Kind: "gate", Reason: gate.Ended, Words: words, Inputs: map[string]any{"message": message}})
}
