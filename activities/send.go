package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// Links makes the addresses that a message offers its reader.
type Links interface {
	// Unsubscribe is the page on which a reader withdraws consent to the topic.
	Unsubscribe(messageID, profileID, topic string) (string, error)
	// OneClick is where a mail client posts to, to the same end (RFC 8058).
	OneClick(messageID, profileID, topic string) (string, error)
	// Preferences is the page on which a reader chooses what to get.
	Preferences(profileID string) string
	// Click is where a reader is led who follows a link of the message: there, and it is told.
	Click(messageID, link string) string
	// Open is the picture whose loading tells that the message was opened; empty: it is not told.
	Open(messageID string) string
	// Ours tells whether a link leads to this deployment itself, which no one is to watch.
	Ours(link string) bool
}

// send puts a message through the gate. done says that the move is found; else the walk goes on
// behind a skipped step.
func (k *walk) send(ctx context.Context, a journey.Action) (_ journey.Move, done bool, _ error) {
	step, state := a.Send, k.run.State
	q, templates, err := k.question(ctx, *step)
	if err != nil {
		return journey.Move{}, false, err
	}
	verdict := gate.Decide(q)
	state.Chosen, state.ChosenIn = verdict.Chosen, q.Zone.String()
	if verdict.Kind == gate.Hold {
		move, err := k.hold(ctx, a, verdict)
		return move, true, err
	}
	state.Held, state.Until = false, time.Time{}
	m := k.message(*step, verdict)
	var body store.Body
	if t := templates[verdict.Channel]; t != nil {
		m.Topic = t.Topic
	}
	if verdict.Kind == gate.Now {
		if m.ID, err = k.madeBefore(ctx, m); err != nil {
			return journey.Move{}, false, err
		}
		taken := k.run.Clock.ToReal(k.facts.Now)
		m.TakenAt = &taken
		if !verdict.SendBefore.IsZero() {
			before := k.run.Clock.ToReal(verdict.SendBefore)
			m.SendBefore = &before
		}
		previous, err := k.previous(ctx, templates[verdict.Channel])
		if err != nil {
			return journey.Move{}, false, err
		}
		if err := k.render(&m, &body, templates[verdict.Channel], previous); err != nil {
			verdict.Kind, verdict.Reason = gate.Skip, gate.RenderError
			verdict.Looked["error"] = err.Error()
		}
	}
	if verdict.Kind == gate.Skip {
		m.State, m.Reason, m.Address, m.OriginallyTo = store.Skipped, verdict.Reason, "", ""
	}
	id, became, err := k.tx.AddMessage(ctx, m, body)
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
	switch became {
	case store.Rendered, store.Claimed:
	case store.Skipped:
		k.journey.Resolve(state, journey.Skipped)
		return journey.Move{}, false, nil
	case store.Unknown:
		k.journey.Resolve(state, journey.Unknown)
		return journey.Move{}, false, nil
	default: // handed over before: a walk after a restored backup
		k.journey.Resolve(state, journey.Sent)
		return journey.Move{}, false, nil
	}
	move := journey.Move{
		Kind: journey.MoveDeliver, Phase: journey.Delivering, Step: a.Step, Message: id, Queue: k.Queue(verdict.Channel, m.Provider),
		Urgency: urgency(step.Priority),
	}
	k.describe(&move, a.Step+": "+verdict.Channel+" "+step.Template, time.Time{})
	return move, true, nil
}

// question gathers what the gate looks at, and the templates by channel.
func (k *walk) question(ctx context.Context, step journey.SendStep) (gate.Question, map[string]*message.Template, error) {
	p, settings, zone := k.tx.Profile(), &k.standing.Deployment.Settings, k.facts.Home()
	q := gate.Question{
		Now: k.facts.Now, Zone: zone, Profile: p, Topics: settings, Off: k.standing.Deployment.Mode == store.SendingOff,
		Transactional: step.Priority == journey.Transactional, Priority: string(step.Priority), Expires: step.ExpiresAt,
		HeldOut: k.heldOut(settings.Holdout), IgnoreCaps: step.Cap == "ignore", Quiet: step.Quiet,
		Paused: k.run.State.Skips,
	}
	if k.standing.Deployment.Mode == store.SendingRedirect {
		q.RedirectTo = k.standing.Deployment.RedirectTo
	}
	if b := step.Best; b != nil {
		q.Best = &gate.Best{Until: b.Within.AddTo(k.run.State.Counted(), zone), Receptive: p.Computed.Receptive, Fallback: b.Fallback}
		if k.run.State.ChosenIn == zone.String() { // a best time is one of the clock that it was chosen by
			q.Best.Chosen = k.run.State.Chosen
		}
	}
	locale, _ := p.Text("locale")
	templates := map[string]*message.Template{}
	for _, channel := range k.channels(step) {
		c := gate.Candidate{Channel: channel}
		if t, ok := k.journey.Templates.Find(step.Template, channel, locale); ok {
			templates[channel], c.Template, c.Topic = t, true, t.Topic
			if t.Season != nil {
				c.Season = *t.Season
			}
		}
		_, c.Provider = k.Walker.Provider(channel)
		c.Address = k.standing.Deployment.Settings.Channels[channel].URL
		q.Candidates = append(q.Candidates, c)
	}
	var err error
	if q.QuietHours, err = settings.Quiet(); err != nil {
		return q, nil, err
	}
	return q, templates, k.caps(ctx, &q)
}

// caps reads the workspace's caps, and what was taken under them by other messages than this one.
func (k *walk) caps(ctx context.Context, q *gate.Question) (err error) {
	if q.Transactional || q.IgnoreCaps {
		return nil
	}
	if q.Caps, err = k.standing.Deployment.Settings.CapRules(); err != nil {
		return err
	}
	since, any := gate.EarliestSlot(q.Caps, q.Now, q.Zone)
	if !any {
		return nil
	}
	taken, err := k.tx.Slots(ctx, since, k.run.Clock)
	for _, s := range taken {
		if s.Run != k.run.ID || s.Visit != k.run.State.Visit {
			q.Slots = append(q.Slots, s)
		}
	}
	return err
}

// channels are those that a send names; of `best` all for which there is a template, first those that the person answers most, as far
// as that was learned.
func (k *walk) channels(step journey.SendStep) []string {
	if !step.AnyChannel {
		return step.Channels
	}
	all, learned := k.journey.Templates.Channels(step.Template), k.tx.Profile().Computed.Channels
	place := func(channel string) int {
		if i := slices.Index(learned, channel); i >= 0 {
			return i
		}
		return len(learned)
	}
	slices.SortStableFunc(all, func(a, b string) int { return place(a) - place(b) })
	return all
}

func (k *walk) heldOut(share float64) bool {
	if k.Walker.HeldOut != nil {
		return share > 0 && *k.Walker.HeldOut
	}
	return gate.HeldOut(share, k.tx.Profile().ID)
}

// message is the row of a send's message.
func (k *walk) message(step journey.SendStep, v gate.Verdict) store.Message {
	m := store.Message{
		ID: store.NewID("m"), RunID: k.run.ID, Journey: k.run.Journey, Version: k.run.Version, Step: step.ID, Visit: int32(k.run.State.Visit),
		ProfileID: k.tx.Profile().ID, Channel: v.Channel, Template: step.Template, Priority: string(step.Priority),
		Address: v.Address, OriginallyTo: v.OriginallyTo, State: store.Rendered,
	}
	m.Locale, _ = k.tx.Profile().Text("locale")
	m.Provider, _ = k.Walker.Provider(v.Channel)
	return m
}

// madeBefore is the id that the message has by now, so that links in it, which name it, stay true when
// it is rendered anew.
func (k *walk) madeBefore(ctx context.Context, m store.Message) (id string, err error) {
	if k.run.State.Visit != k.began { // the run has only just come to this step
		return m.ID, nil
	}
	old, err := k.tx.MessageOfVisit(ctx, k.run.ID, k.run.State.Visit)
	if errors.Is(err, store.ErrNotFound) || err == nil && old.Channel != m.Channel {
		return m.ID, nil
	}
	return old.ID, err
}

func reasonOf(v gate.Verdict) string {
	if v.Kind == gate.Now {
		return string(gate.Now)
	}
	return v.Reason
}

func (k *walk) render(m *store.Message, body *store.Body, t *message.Template, previous map[string]message.Sent) error {
	unsubscribe, err := k.Links.Unsubscribe(m.ID, m.ProfileID, m.Topic)
	if err != nil {
		return err
	}
	data := k.data()
	data.Previous = previous
	data.Links = message.Links{Unsubscribe: unsubscribe, Preferences: k.Links.Preferences(m.ProfileID)}
	r, err := t.Render(data)
	if err != nil {
		return err
	}
	m.Subject, m.Locale = r.Subject, t.Locale
	*body = store.Body{Sender: r.From, Html: k.track(r.HTML, m, t), Body: r.Text}
	return nil
}

// data is what templates at the step where the run stands are rendered with.
func (k *walk) data() message.Data {
	state := k.run.State
	brand := map[string]any{}
	for name, value := range k.standing.Deployment.Settings.Brand {
		brand[name] = value
	}
	return message.Data{
		User: k.tx.Profile().Attributes, Event: inTemplates(k.journey.Event(state)), Entry: state.Entry.Properties,
		Results: state.Results, Brand: brand, Computed: computed(k.tx.Profile(), k.facts.Trends), Catalogs: k.facts.Catalogs, Now: k.facts.Now, Zone: k.facts.Home(),
	}
}

// trendingOver is the time over which templates read what is on the rise.
const trendingOver = 7 * 24 * time.Hour

// computed is what was learned of somebody, and of all, as templates read it.
func computed(p *profile.Profile, trends map[rules.Trend]string) map[string]map[string]any {
	all := map[string]map[string]any{"affinity": {}, "score": {}, "trending": {}}
	for name, value := range p.Computed.Affinities {
		all["affinity"][name] = value
	}
	for name, value := range p.Computed.Scores {
		all["score"][name] = value
	}
	for trend, value := range trends {
		if trend.Within == trendingOver {
			all["trending"][trend.Of] = value
		}
	}
	return all
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
