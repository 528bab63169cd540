package activities

import (
	"context"
	"time"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Links makes the addresses that a message offers its reader.
type Links interface {
	// Unsubscribe is the page on which a reader withdraws consent to the topic.
	Unsubscribe(messageID, profileID, topic string) (string, error)
	// OneClick is where a mail client posts to, to the same end (RFC 8058).
	OneClick(messageID, profileID, topic string) (string, error)
}

// send puts a message through the gate. done says that the move is found; else the walk goes on
// behind a skipped step.
func (k *walk) send(ctx context.Context, a journey.Action) (_ journey.Move, done bool, _ error) {
	step := a.Send
	p := k.tx.Profile()
	locale, _ := p.Text("locale")
	transactional := step.Priority == journey.Transactional
	q := gate.Question{
		Now: k.facts.Now, Profile: p, Topics: &k.standing.Deployment.Settings, Off: k.standing.Deployment.Mode == store.SendingOff,
		Transactional: transactional, Expires: step.ExpiresAt,
	}
	if k.standing.Deployment.Mode == store.SendingRedirect {
		q.RedirectTo = k.standing.Deployment.RedirectTo
	}
	templates := map[string]*message.Template{}
	for _, channel := range step.Channels {
		c := gate.Candidate{Channel: channel}
		if t, ok := k.journey.Templates.Find(step.Template, channel, locale); ok {
			templates[channel], c.Template, c.Topic = t, true, t.Topic
		}
		_, c.Provider = k.Walker.Provider(channel)
		q.Candidates = append(q.Candidates, c)
	}
	verdict := gate.Decide(q)
	m := store.Message{
		ID: store.NewID("m"), RunID: k.run.ID, Journey: k.run.Journey, Version: k.run.Version, Step: a.Step, Visit: int32(k.run.State.Visit),
		ProfileID: p.ID, Channel: verdict.Channel, Template: step.Template, Locale: locale, Priority: string(step.Priority),
		Address: verdict.Address, OriginallyTo: verdict.OriginallyTo, State: store.Rendered,
	}
	m.Provider, _ = k.Walker.Provider(verdict.Channel)
	var body store.Body
	if t := templates[verdict.Channel]; t != nil {
		m.Topic = t.Topic
	}
	if verdict.Kind == gate.Now {
		if !verdict.SendBefore.IsZero() {
			before := k.run.Clock.ToReal(verdict.SendBefore)
			m.SendBefore = &before
		}
		if err := k.render(&m, &body, templates[verdict.Channel]); err != nil {
			verdict.Kind, verdict.Reason = gate.Skip, gate.RenderError
			verdict.Looked["error"] = err.Error()
		}
	}
	if verdict.Kind == gate.Skip {
		m.State, m.Reason, m.Address, m.OriginallyTo = store.Skipped, verdict.Reason, "", ""
	}
	id, state, err := k.tx.AddMessage(ctx, m, body)
	if err != nil {
		return journey.Move{}, false, err
	}
	words := verdict.Channel + ": may go now"
	if verdict.Kind == gate.Skip {
		words = verdict.Channel + ": not sent: " + verdict.Reason
	}
	verdict.Looked["message"] = id
	err = k.decide(ctx, store.Decision{Step: a.Step, Kind: "gate", Reason: reasonOf(verdict), Words: words, Inputs: verdict.Looked})
	if err != nil {
		return journey.Move{}, false, err
	}
	k.trail(a.Step + ": " + words)
	switch state {
	case store.Skipped:
		k.journey.Resolve(k.run.State, journey.Skipped)
		return journey.Move{}, false, nil
	case store.Unknown:
		k.journey.Resolve(k.run.State, journey.Unknown)
		return journey.Move{}, false, nil
	case store.Rendered, store.Claimed:
	default: // handed over before: a walk after a restored backup
		k.journey.Resolve(k.run.State, journey.Sent)
		return journey.Move{}, false, nil
	}
	move := journey.Move{
		Kind: journey.MoveDeliver, Phase: journey.Delivering, Step: a.Step, Message: id, Queue: k.Queue(verdict.Channel, m.Provider),
	}
	k.describe(&move, a.Step+": "+verdict.Channel+" "+step.Template, time.Time{})
	return move, true, nil
}

func reasonOf(v gate.Verdict) string {
	if v.Kind == gate.Now {
		return string(gate.Now)
	}
	return v.Reason
}

func (k *walk) render(m *store.Message, body *store.Body, t *message.Template) error {
	unsubscribe, err := k.Links.Unsubscribe(m.ID, m.ProfileID, m.Topic)
	if err != nil {
		return err
	}
	state := k.run.State
	brand := map[string]any{}
	for name, value := range k.standing.Deployment.Settings.Brand {
		brand[name] = value
	}
	r, err := t.Render(message.Data{
		User: k.tx.Profile().Attributes, Event: inTemplates(k.journey.Event(state)), Entry: state.Entry.Properties,
		Results: state.Results, Brand: brand, Now: k.facts.Now, Zone: k.facts.Home(), Links: message.Links{Unsubscribe: unsubscribe},
	})
	if err != nil {
		return err
	}
	m.Subject, m.Locale = r.Subject, t.Locale
	*body = store.Body{Sender: r.From, Html: r.HTML, Body: r.Text}
	return nil
}

// update does what an update step asks of the profile, and lets dispatch tell the others.
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
	if err := k.consent(ctx, a.Update.Consent); err != nil {
		return err
	}
	if err := k.tx.SaveProfile(ctx); err != nil {
		return err
	}
	if len(changed) > 0 {
		if _, err := k.tx.AddEvent(ctx, store.NewEvent{Changed: changed}); err != nil {
			return err
		}
	}
	k.facts.Latest = k.tx.LastNumber()
	return nil
}

func (k *walk) consent(ctx context.Context, change map[string]bool) error {
	p := k.tx.Profile()
	for topic, given := range change {
		if p.Consents == nil {
			p.Consents = map[string]bool{}
		}
		p.Consents[topic] = given
		_, err := k.tx.AddEvent(ctx, store.NewEvent{Name: "consent_changed", Properties: map[string]any{
			"topic": topic, "given": given, "journey": k.run.Journey, "step": k.run.State.Step,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// inTemplates is an event as templates read it: its properties, and under name, time and properties
// the event's own.
func inTemplates(e profile.Event) map[string]any {
	view := make(map[string]any, len(e.Properties)+3)
	for name, value := range e.Properties {
		view[name] = value
	}
	view["name"], view["time"], view["properties"] = e.Name, e.Time, e.Properties
	return view
}
