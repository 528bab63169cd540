package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Outcome is what became of a message that was handed over.
type Outcome struct {
	State      string // store.Sent, store.Skipped or store.Unknown
	Reason     string // of what was not sent
	ProviderID string
	Detail     string // the provider's own words; they stay in the database
	Dead       bool   // nobody is reached at the address, now or later
}

// result is an Outcome, or that there is none yet.
type result struct {
	Outcome
	retry error // not taken: the claim is given back, and Temporal tries again
}

func (o Outcome) ending() store.Ending {
	return store.Ending{State: o.State, Reason: o.Reason, ProviderID: o.ProviderID, Detail: o.Detail}
}

func resultOf(receipt channels.Receipt, cause error, resend bool) result {
	var refused *channels.Refused
	var rejected *channels.Rejected
	var unknown *channels.Unknown
	switch {
	case cause == nil:
		return result{Outcome: Outcome{State: store.Sent, ProviderID: receipt.ProviderID, Detail: receipt.Detail}}
	case errors.As(cause, &refused):
		return result{Outcome{Reason: string(refused.Reason), Detail: refused.Detail}, temporal.NewApplicationErrorWithOptions(
			refused.Error(), string(refused.Reason), temporal.ApplicationErrorOptions{NextRetryDelay: refused.Delay})}
	case errors.As(cause, &rejected):
		return result{Outcome: Outcome{State: store.Skipped, Reason: "rejected", Detail: string(rejected.Reason) + " " + rejected.Code + " " + rejected.Detail, Dead: rejected.Dead()}}
	case errors.As(cause, &unknown) && resend:
		return result{Outcome{Reason: "unknown", Detail: unknown.Detail}, temporal.NewApplicationError(unknown.Error(), "unknown")}
	case errors.As(cause, &unknown):
		return result{Outcome: Outcome{State: store.Unknown, Reason: "unknown", Detail: unknown.Detail}}
	default: // a provider that breaks its contract: bytes may have gone out
		return result{Outcome: Outcome{State: store.Unknown, Reason: "unknown", Detail: cause.Error()}}
	}
}

// Record tells the ledger, and the world as an event, what became of a run's message. Cases run it,
// too.
func Record(ctx context.Context, tx Tx, run *store.Run, m store.Message, o Outcome) error {
	d := store.Decision{
		RunID: m.RunID, Journey: m.Journey, Version: m.Version, Step: m.Step, Kind: "deliver", Reason: o.State,
		Words: m.Channel + ": " + o.State, Inputs: map[string]any{"message": m.ID},
	}
	if o.Reason != "" {
		d.Reason, d.Words = o.Reason, d.Words+": "+o.Reason
	}
	if o.Detail != "" {
		d.Inputs["provider"] = o.Detail
	}
	if run.Clock != (calendar.Clock{}) {
		d.RunTime = run.Clock.ToVirtual(tx.Now())
	}
	if err := tx.Decide(ctx, d); err != nil {
		return err
	}
	if o.Dead {
		return bury(ctx, tx, m)
	}
	if o.State != store.Sent {
		return nil
	}
	_, err := tx.AddEvent(ctx, store.NewEvent{
		ID: "sent:" + m.ID, Name: "message_sent", Chain: Chain(run, run.Clock.ToVirtual(tx.Now())), Properties: map[string]any{
			"journey": m.Journey, "step": m.Step, "template": m.Template, "channel": m.Channel, "topic": m.Topic,
		},
	})
	return err
}

// bury lets nothing more go to an address that turned out to be dead, if it is still the profile's.
func bury(ctx context.Context, tx Tx, m store.Message) error {
	now, _ := gate.Address(tx.Profile(), m.Channel)
	if m.OriginallyTo != "" || m.Address != now || !profile.SuppressReported(tx.Profile(), m.Channel, profile.Bounced) {
		return nil
	}
	if err := tx.SaveProfile(ctx); err != nil {
		return err
	}
	d := store.Suppression(m.Channel, profile.Bounced, "the provider, which rejected the address")
	d.RunID, d.Journey, d.Version, d.Step = m.RunID, m.Journey, m.Version, m.Step
	return tx.Decide(ctx, d)
}

// Chain is how many entries, each set off by the one before within an hour of its own entry, led to
// what a run does now.
func Chain(run *store.Run, now time.Time) int {
	if now.Sub(run.State.Entered) >= time.Hour {
		return 0
	}
	return run.State.Chain
}
