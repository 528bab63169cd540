package starter

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// A channel is suppressed when messages came back for now on this many days within this time: nobody
// has read that mailbox for long.
const (
	softBounceDays   = 3
	softBounceWithin = 30 * 24 * time.Hour
)

// reportSource is where the ids of reports are unique.
const reportSource = "a provider's report"

// feedback is a report that is being taken, under the lock of the profile whose message it is about.
type feedback struct {
	tx      *store.Tx
	message store.Message // without an id: it is about the channel alone
	report  channels.Report
}

func (f *feedback) take(ctx context.Context) error {
	p, m, r := f.tx.Profile(), &f.message, &f.report
	switch {
	case p.Erased:
		return nil
	case m.State == store.Claimed:
		return errEarly
	}
	if r.ID != "" {
		// Of several people who share a phone, each hears of it.
		fresh, err := f.tx.TakeEventID(ctx, reportSource, r.ID+" "+cmp.Or(m.ID, p.ID))
		if err != nil || !fresh {
			return err
		}
	}
	switch r.Kind {
	case channels.Delivered:
		if moved, err := f.tx.Reported(ctx, m.ID, store.Delivered, ""); err != nil || !moved {
			return err
		}
		return f.event(ctx, "message_delivered", nil)
	case channels.Bounced:
		return f.bounced(ctx)
	case channels.Complained:
		if err := f.tx.MarkMessage(ctx, m.ID, store.DidComplain); err != nil {
			return err
		}
		if err := f.event(ctx, "message_complained", nil); err != nil {
			return err
		}
		if err := f.decide(ctx, "they reported it as spam"); err != nil {
			return err
		}
		return f.suppress(ctx, profile.Complained)
	case channels.Opened:
		did := store.DidOpen
		if f.machine() {
			did = store.DidOpenMachine
		}
		if err := f.tx.MarkMessage(ctx, m.ID, did); err != nil {
			return err
		}
		return f.event(ctx, "message_opened", map[string]any{"machine": f.machine()})
	case channels.Clicked:
		if !f.machine() {
			if err := f.tx.MarkMessage(ctx, m.ID, store.DidClick); err != nil {
				return err
			}
		}
		return f.event(ctx, "message_clicked", map[string]any{"machine": f.machine(), "url": r.URL})
	case channels.Received:
		return f.event(ctx, "message_received", map[string]any{"text": r.Text})
	case channels.OptedOut:
		return f.suppress(ctx, profile.OptedOut)
	case channels.OptedIn:
		if p.Suppressed[m.Channel] != profile.OptedOut {
			return nil
		}
		return f.setSuppressed(ctx, "")
	case channels.Unsubscribed: // by its link's page
	}
	return nil
}

// machine tells whether no reader did this.
func (f *feedback) machine() bool {
	sent := f.message.SentAt
	return f.report.Machine || sent != nil && f.report.At.Sub(*sent) < tooSoon
}

func (f *feedback) bounced(ctx context.Context) error {
	r, m := &f.report, &f.message
	if _, err := f.tx.Reported(ctx, m.ID, store.Bounced, strings.TrimSpace(r.Code+" "+r.Detail)); err != nil {
		return err
	}
	if err := f.event(ctx, "message_bounced", map[string]any{"permanent": r.Permanent}); err != nil {
		return err
	}
	words := "it came back"
	if r.Permanent {
		words = "it came back for good"
	}
	if f.elsewhere() {
		return f.decide(ctx, words+", from another address than they have now")
	}
	if err := f.decide(ctx, words); err != nil {
		return err
	}
	if !r.Permanent {
		days, err := f.tx.SoftBounceDays(ctx, m.Channel, softBounceWithin)
		if err != nil || days < softBounceDays {
			return err
		}
	}
	return f.suppress(ctx, profile.Bounced)
}

// elsewhere tells whether the message went to another address than the profile has: one of the
// deployment's own in redirect mode, or one that was changed since. An old address is forgotten.
func (f *feedback) elsewhere() bool {
	now, _ := gate.Address(f.tx.Profile(), f.message.Channel)
	return f.message.OriginallyTo != "" || f.message.Address != "" && f.message.Address != now
}

func (f *feedback) suppress(ctx context.Context, why string) error {
	if f.message.OriginallyTo != "" || !profile.SuppressReported(f.tx.Profile(), f.message.Channel, why) {
		return nil
	}
	return f.suppressed(ctx, why)
}

func (f *feedback) setSuppressed(ctx context.Context, why string) error {
	if !profile.Suppress(f.tx.Profile(), f.message.Channel, why) {
		return nil
	}
	return f.suppressed(ctx, why)
}

func (f *feedback) suppressed(ctx context.Context, why string) error {
	if err := f.tx.SaveProfile(ctx); err != nil {
		return err
	}
	by := "a report of the provider"
	switch {
	case why == profile.OptedOut, why == "":
		by = "their answer"
	case why == profile.Bounced && !f.report.Permanent:
		by = "reports of several days"
	}
	d := store.Suppression(f.message.Channel, why, by)
	d.RunID, d.Journey, d.Version, d.Step = f.message.RunID, f.message.Journey, f.message.Version, f.message.Step
	return f.tx.Decide(ctx, d)
}

// decide tells the ledger, with the provider's own words.
func (f *feedback) decide(ctx context.Context, words string) error {
	m, r := &f.message, &f.report
	inputs := map[string]any{"message": m.ID}
	if said := strings.TrimSpace(r.Code + " " + r.Detail); said != "" {
		inputs["provider"] = said
	}
	return f.tx.Decide(ctx, store.Decision{
		RunID: m.RunID, Journey: m.Journey, Version: m.Version, Step: m.Step, Kind: "deliver", Reason: string(r.Kind),
		Words: m.Channel + ": " + string(r.Kind) + ": " + words, Inputs: inputs,
	})
}

// event lets others hear of it: journeys, segments and rules.
func (f *feedback) event(ctx context.Context, name string, more map[string]any) error {
	m := &f.message
	properties := map[string]any{"channel": m.Channel}
	e := store.NewEvent{Name: name, Properties: properties, Time: f.report.At}
	if m.ID != "" {
		properties["message"], properties["journey"], properties["step"], properties["template"], properties["topic"] = m.ID, m.Journey, m.Step, m.Template, m.Topic
		run, _, err := f.tx.Run(ctx, m.RunID)
		if err != nil {
			return err
		}
		e.Chain = activities.Chain(run, run.Clock.ToVirtual(f.tx.Now()))
	}
	for key, value := range more {
		properties[key] = value
	}
	_, err := f.tx.AddEvent(ctx, e)
	return err
}
