package activities

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// pause holds the run where it is, and notes since when.
func (k *walk) pause() journey.Move {
	k.run.State.Pause(k.run.Clock.ToVirtual(k.standing.Since))
	return k.park(journey.Paused, time.Time{}, "paused")
}

// resume lets a run go on that was held by a pause, as whoever lifted it said, and writes that down
// for the person who asks why. A run that nothing holds, or of which nothing had come due, is left alone.
func (k *walk) resume(ctx context.Context) error {
	state := k.run.State
	since, lifted := state.Paused, k.run.Clock.ToVirtual(k.standing.Lifted)
	if since.IsZero() {
		return nil
	}
	did := k.journey.Resume(state, k.facts, lifted, k.standing.Due)
	var words string
	switch did {
	case journey.DueSend:
		words = "the pause is over: what came due goes on"
	case journey.DueSkip:
		words = "the pause is over: the messages that came due are skipped"
	case journey.DueShift:
		words = "the pause is over and does not count as time: what came due waits on"
	default:
		return nil
	}
	err := k.decide(ctx, store.Decision{
		Step: state.Step, Kind: "operator", Reason: "resumed", Words: words,
		Inputs: map[string]any{"due": did, "paused": since, "resumed": lifted},
	})
	if err != nil {
		return err
	}
	k.trail(words)
	return nil
}
