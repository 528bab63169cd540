package activities

import (
	"context"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// migrate lets the run go on by another version, where it is told to. What it is asking of the world
// it finishes by the old one: that message, or call, is on its way.
func (k *walk) migrate(ctx context.Context, cause journey.Cause) error {
	to, state := k.standing.MigrateTo, k.run.State
	asking := (k.run.Phase == journey.Delivering || k.run.Phase == journey.Calling) && !state.Done
	if to == nil || state.Exit != "" || asking {
		return nil
	}
	before, from := *state, k.journey
	landing := to.Migrate(from.Journey, state)
	if !landing.Stays {
		if err := k.drop(ctx, before); err != nil {
			return err
		}
	}
	k.journey, k.run.Version, k.run.MigrateTo = to, to.Version, ""
	if err := k.look(ctx, cause); err != nil { // at what this version wants to know
		return err
	}
	k.run.GoalUntil = to.GoalUntil(state.Entered, k.facts.Home(), k.run.Clock)
	if err := k.tx.MigrateRun(ctx, k.run); err != nil {
		return err
	}
	words := "goes on by version " + short(to.Version) + " instead of " + short(from.Version)
	switch {
	case landing.Stays:
	case landing.Step == "":
		words += ": nothing is left of it behind " + before.Step
	default:
		words += ", with " + landing.Step
	}
	state.Edited = true
	k.trail(words)
	return k.decide(ctx, store.Decision{
		Step: before.Step, Kind: "operator", Reason: "migrated", Words: words, Inputs: map[string]any{"from": from.Version, "to": to.Version, "step": landing.Step},
	})
}

// short is a version as people compare it.
func short(version string) string { return version[:min(len(version), 7)] }
