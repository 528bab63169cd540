package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Message is one rendered thing for one profile through one channel; its body lies apart.
type Message = queries.Message

// Body is what a message says. It is kept for 30 days.
type Body = queries.MessageBody

// The states of a message.
const (
	Rendered = "rendered"
	Claimed  = "claimed"
	Sent     = "sent"
	Skipped  = "skipped"
	Unknown  = "unknown"
)

// AddMessage stores a rendered message, or renews the one that this step visit made before. It
// returns the message's id and state: a message that was claimed before is left as it is.
func (t *Tx) AddMessage(ctx context.Context, m Message, b Body) (id, state string, err error) {
	row, err := t.q.InsertMessage(ctx, queries.InsertMessageParams{
		ID: cmp.Or(m.ID, NewID("m")), RunID: m.RunID, Journey: m.Journey, Version: m.Version, Step: m.Step, Visit: m.Visit, ProfileID: m.ProfileID,
		Channel: m.Channel, Provider: m.Provider, Template: m.Template, Locale: m.Locale, Topic: m.Topic, Priority: m.Priority,
		Address: m.Address, OriginallyTo: m.OriginallyTo, Subject: m.Subject, State: m.State, Reason: m.Reason, SendBefore: m.SendBefore, TakenAt: m.TakenAt,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		old, err := t.q.MessageOfVisit(ctx, queries.MessageOfVisitParams{RunID: m.RunID, Visit: m.Visit, Channel: m.Channel})
		return old.ID, old.State, err
	}
	if err != nil || m.State != Rendered {
		return row.ID, row.State, err
	}
	t.waiting = true
	return row.ID, row.State, t.later.SaveBody(ctx, queries.SaveBodyParams{MessageID: row.ID, Sender: b.Sender, Html: b.Html, Body: b.Body})
}

// SkipRendered skips what a run has rendered and not handed over, because the run is over.
func (t *Tx) SkipRendered(ctx context.Context, run, reason string) ([]SkippedMessage, error) {
	if m := t.handed; m != nil && m.RunID == run && !t.waiting { // Finish has seen that there is nothing
		return nil, nil
	}
	return t.q.SkipRendered(ctx, queries.SkipRenderedParams{RunID: run, Reason: reason})
}

// Message reads a message.
func (t *Tx) Message(ctx context.Context, id string) (Message, error) {
	m, err := t.q.Message(ctx, id)
	return m, notFound(err)
}

// Message reads a message.
func (s *Store) Message(ctx context.Context, id string) (Message, error) {
	m, err := s.q.Message(ctx, id)
	return m, notFound(err)
}

// Body reads what a message says.
func (s *Store) Body(ctx context.Context, id string) (Body, error) {
	b, err := s.q.MessageBody(ctx, id)
	return b, notFound(err)
}

// Claim is the right to hand a message over, until it runs out: the message and its body, as they
// stood when the claim was had.
type Claim struct {
	Message
	Sender, HTML, Text string
}

// Claim takes the message, if nothing forbids it at this moment: the point of no return. From a
// holder whose lease has run out it is taken only where that does no harm: a transactional one, or
// one through a channel of resends, whose provider knows a message that it had before. A holder that
// did not hear whether it had the claim may ask again.
func (s *Store) Claim(ctx context.Context, id, holder string, lease time.Duration, resends []string) (Claim, bool, error) {
	row, err := s.q.ClaimMessage(ctx, queries.ClaimMessageParams{ID: id, Holder: holder, LeaseMs: lease.Milliseconds(), Resends: resends})
	if errors.Is(err, pgx.ErrNoRows) {
		return Claim{}, false, nil
	}
	return Claim{Message: row.Message, Sender: row.Sender, HTML: row.Html, Text: row.Body}, err == nil, err
}

// GiveBack gives up a claim that the holder may have had without hearing of it.
func (s *Store) GiveBack(ctx context.Context, id, holder string) error {
	_, err := s.q.GiveBackMessage(ctx, queries.GiveBackMessageParams{ID: id, Holder: holder})
	return err
}

// Lapse gives up a message whose claim ran out and may not be taken again: nobody knows what became
// of it. It returns false while the claim is still held.
func (t *Tx) Lapse(ctx context.Context, m Message) (bool, error) {
	n, err := t.q.LapseMessage(ctx, queries.LapseMessageParams{ID: m.ID, Attempt: m.Attempt})
	return n == 1, err
}

// Unclaim gives a message back that the provider definitely did not take.
func (t *Tx) Unclaim(ctx context.Context, c Claim, code, detail string) error {
	_, err := t.q.UnclaimMessage(ctx, queries.UnclaimMessageParams{ID: c.ID, Attempt: c.Attempt, Reason: code, Detail: detail})
	return err
}

// MessagesOfProfile reads a profile's newest messages.
func (s *Store) MessagesOfProfile(ctx context.Context, id string, most int) ([]Message, error) {
	return s.q.MessagesOfProfile(ctx, queries.MessagesOfProfileParams{ProfileID: id, Limit: int32(most)})
}

// ListMessages reads messages in the order of their ids, by journey and state where given.
func (s *Store) ListMessages(ctx context.Context, journey, state, after string, most int) ([]Message, error) {
	return s.q.ListMessages(ctx, queries.ListMessagesParams{Journey: journey, State: state, After: after, Most: int32(most)})
}

// SkippedMessage is one that was rendered and will not go.
type SkippedMessage = queries.SkipRenderedRow

// MessageOfVisit reads the message of a run's step visit, the newest of several channels.
func (t *Tx) MessageOfVisit(ctx context.Context, run string, visit int) (Message, error) {
	if m := t.handed; m != nil && m.RunID == run && int(m.Visit) == visit {
		return *m, nil
	}
	m, err := t.q.LatestOfVisit(ctx, queries.LatestOfVisitParams{RunID: run, Visit: int32(visit)})
	return m, notFound(err)
}

// MessageCount counts messages that stand alike.
type MessageCount = queries.MessageCountsRow

// MessageCounts counts the messages of a journey, or with an empty name of all, by step, channel, state and reason.
func (s *Store) MessageCounts(ctx context.Context, journey string) ([]MessageCount, error) {
	return s.q.MessageCounts(ctx, journey)
}
