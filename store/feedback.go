package store

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// What providers say of a message after they took it.
const (
	Delivered = "delivered"
	Bounced   = "bounced"
)

// MessageByProviderID reads the message that its provider knows by this id.
func (s *Store) MessageByProviderID(ctx context.Context, id string) (Message, error) {
	m, err := s.q.MessageByProviderID(ctx, id)
	return m, notFound(err)
}

// Reported moves a message on to Delivered or Bounced, and keeps the provider's words. It never goes
// back: false says that the message had gone further before.
func (t *Tx) Reported(ctx context.Context, id, state, detail string) (bool, error) {
	since := []string{Sent, Unknown}
	if state == Bounced {
		since = append(since, Delivered)
	}
	n, err := t.q.MoveMessage(ctx, queries.MoveMessageParams{ID: id, State: state, Detail: detail, Since: since})
	return n == 1, err
}

// ProfilesByPhone finds those whose phone number it is, however they write it.
func (s *Store) ProfilesByPhone(ctx context.Context, phone string) ([]string, error) {
	return s.q.ProfilesByPhone(ctx, phone)
}

// SoftBounceDays counts the days on which messages through a channel came back for now, within a time
// and since something arrived or the address changed.
func (t *Tx) SoftBounceDays(ctx context.Context, channel string, within time.Duration) (int, error) {
	n, err := t.q.SoftBounceDays(ctx, queries.SoftBounceDaysParams{
		ProfileID: t.profile.ID, Channel: channel, Since: t.now.Add(-within), Address: profile.AddressOf(channel),
	})
	return int(n), err
}

// Suppression is what the ledger says of a channel that nothing goes through any more, or with an empty
// why of one that is open again. by is who did it.
func Suppression(channel, why, by string) Decision {
	d := Decision{
		Kind: "suppression", Reason: "suppressed", Words: channel + " was suppressed (" + why + ") by " + by,
		Inputs: map[string]any{"channel": channel, "why": why, "source": by},
	}
	if why == "" {
		d.Reason, d.Words = "lifted", channel+" is no longer suppressed, by "+by
	}
	return d
}

// LiftBounces opens the channels whose bounced address is among the changed attributes of the locked
// profile. The caller saves it.
func (t *Tx) LiftBounces(ctx context.Context, changed []string) error {
	for _, channel := range profile.LiftBounces(t.profile, changed) {
		if err := t.Decide(ctx, Suppression(channel, "", "the change of the address")); err != nil {
			return err
		}
	}
	return nil
}
