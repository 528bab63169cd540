package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/spelling"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// Previews hand a preview to the provider of its channel, and say what became of it.
type Previews interface {
	Send(ctx context.Context, preview string) (became string, err error)
}

type previewAsked struct {
	Template string            `json:"template" minLength:"1" maxLength:"128" doc:"The template's name: welcome, of templates/welcome.email.liquid."`
	Profile  string            `json:"profile" minLength:"1" doc:"Whose data it is rendered with: your id, an anonymous id, an e-mail address, or Mixtape's own id."`
	Channel  string            `json:"channel,omitempty" doc:"The channel; without one, the first for which there is a template and they have an address."`
	Locale   string            `json:"locale,omitempty" doc:"The locale; without one, the person's."`
	Event    map[string]any    `json:"event,omitempty" doc:"What the template reads as event and entry."`
	Results  map[string]any    `json:"results,omitempty" doc:"What it reads as results."`
	Files    map[string]string `json:"files,omitempty" doc:"Templates and partials by file name; without them, what is published."`
	SendTo   string            `json:"send_to,omitempty" maxLength:"320" doc:"Send it there, by the real channel: an address, a phone number."`
}

type emptyName struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Why    string `json:"why"`
}

type previewView struct {
	Template  string      `json:"template"`
	File      string      `json:"file" doc:"The template's file, as its locale was chosen."`
	Channel   string      `json:"channel"`
	Topic     string      `json:"topic,omitempty"`
	From      string      `json:"from,omitempty"`
	Subject   string      `json:"subject,omitempty"`
	Preheader string      `json:"preheader,omitempty"`
	Title     string      `json:"title,omitempty"`
	Link      string      `json:"link,omitempty"`
	Image     string      `json:"image,omitempty"`
	HTML      string      `json:"html,omitempty"`
	Text      string      `json:"text"`
	Bytes     int         `json:"bytes" doc:"Of HTML and text; Gmail cuts HTML above 102 KB."`
	Parts     int         `json:"parts,omitempty" doc:"Of a short message, as it is billed."`
	Empty     []emptyName `json:"empty" doc:"What the template names and is empty for this person, and why."`
	SentTo    string      `json:"sent_to,omitempty"`
}

func (s *server) previewAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "preview", Method: http.MethodPost, Path: "/api/preview", Tags: []string{"Messages"}, Summary: "Render a message for somebody",
		Description: "As production would, with links that do nothing. Nothing is counted, tracked or written down. With send_to it goes there once, outside of caps, consent and reports; the sending mode holds.",
	}, func(ctx context.Context, in *struct{ Body previewAsked }) (*body[previewView], error) {
		view, err := s.preview(ctx, in.Body)
		if err != nil {
			return nil, s.apiError("preview", err)
		}
		return &body[previewView]{Body: view}, nil
	})
}

func (s *server) preview(ctx context.Context, asked previewAsked) (view previewView, err error) {
	p, err := s.Store.FindProfile(ctx, asked.Profile)
	if errors.Is(err, store.ErrNotFound) {
		return view, huma.Error404NotFound("nobody has the id " + tracking.Cut(asked.Profile) + "; write your id of a person, or an e-mail address")
	}
	if err != nil {
		return view, err
	}
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return view, err
	}
	set, catalogs, err := s.templatesFor(ctx, asked, &d.Settings)
	if err != nil {
		return view, err
	}
	t, err := chooseTemplate(set, asked, p)
	if err != nil {
		return view, err
	}
	data := message.Data{
		User: p.Attributes, Event: asked.Event, Entry: asked.Event, Results: asked.Results, Brand: anyOf(d.Settings.Brand), Catalogs: catalogs,
		Now: s.Handler.Clock.ToVirtual(time.Now()), Zone: journey.Facts{Profile: p, Zone: d.Settings.Zone()}.Home(), Links: s.inert(),
	}
	if data.Previous, err = s.previous(ctx, p.ID, t); err != nil {
		return view, err
	}
	rendered, err := t.Render(data)
	var bad *message.RenderError
	if errors.As(err, &bad) {
		return view, huma.Error422UnprocessableEntity(bad.Error())
	}
	if err != nil {
		return view, err
	}
	view = previewView{
		Template: t.Name, File: t.File, Channel: t.Channel, Topic: t.Topic, From: cmp.Or(rendered.From, d.Settings.Channels[t.Channel].From), Subject: rendered.Subject,
		Preheader: rendered.Preheader, Title: rendered.Title, Link: rendered.Link, Image: rendered.Image, HTML: rendered.HTML, Text: rendered.Text,
		Bytes: len(rendered.HTML) + len(rendered.Text), Empty: []emptyName{},
	}
	if t.Channel == "sms" {
		view.Parts, _ = channels.Segments(rendered.Text)
	}
	for _, e := range t.Empty(data) {
		view.Empty = append(view.Empty, emptyName{e.String(), e.File, e.Line, e.Col, e.Why})
	}
	if asked.SendTo != "" {
		view.SentTo, err = s.sendPreview(ctx, d, p.ID, asked.SendTo, view)
	}
	return view, err
}

// templatesFor are the templates that came along, else what is published under the name.
func (s *server) templatesFor(ctx context.Context, asked previewAsked, settings *store.Settings) (*message.Set, map[string]rules.Catalog, error) {
	if len(asked.Files) > 0 {
		set, wrong := message.Parse(asked.Files)
		if len(wrong) > 0 {
			problems := make([]error, len(wrong))
			for i, p := range wrong {
				problems[i] = &huma.ErrorDetail{Message: p.String()}
			}
			return nil, nil, huma.Error422UnprocessableEntity("the templates do not pass lint", problems...)
		}
		catalogs, err := s.library.Catalogs(ctx, settings)
		return set, catalogs, err
	}
	name, no := s.singleJourney(ctx, single{Template: asked.Template})
	if no != nil {
		return nil, nil, huma.NewError(no.status, no.Detail)
	}
	all, err := s.Store.Journeys(ctx)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(all, func(p store.Published) bool { return p.Journey == name })
	if i < 0 {
		return nil, nil, store.ErrNotFound
	}
	c, err := s.Handler.Library.Compiled(ctx, name, all[i].Version, settings)
	if err != nil {
		return nil, nil, err
	}
	return c.Templates, c.Catalogs, nil
}

func chooseTemplate(set *message.Set, asked previewAsked, p *profile.Profile) (*message.Template, error) {
	all := set.Channels(asked.Template)
	if len(all) == 0 {
		names := map[string]bool{}
		for _, t := range set.Templates() {
			names[t.Name] = true
		}
		return nil, huma.Error404NotFound("there is no template " + tracking.Cut(asked.Template) + "; write " + spelling.Instead(asked.Template, slices.Sorted(maps.Keys(names))))
	}
	channel := asked.Channel
	if channel == "" {
		channel = all[0]
		for _, c := range all {
			if _, ok := gate.Address(p, c); ok {
				channel = c
				break
			}
		}
	}
	if !slices.Contains(all, channel) {
		return nil, huma.Error422UnprocessableEntity("there is no template " + asked.Template + " for " + tracking.Cut(channel) + "; write " + spelling.Instead(channel, all))
	}
	locale := asked.Locale
	if locale == "" {
		locale, _ = p.Text("locale")
	}
	t, _ := set.Find(asked.Template, channel, locale) // the file without locale is always there
	return t, nil
}

// previous is what was sent before to the person, as far as the template reads it.
func (s *server) previous(ctx context.Context, profileID string, t *message.Template) (map[string]message.Sent, error) {
	all := map[string]message.Sent{}
	if len(t.Previous()) == 0 {
		return all, nil
	}
	err := s.Store.InProfile(ctx, profileID, func(tx *store.Tx) error {
		for _, channel := range t.Previous() {
			p, err := tx.PreviousMessage(ctx, channel)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			all[channel] = message.Sent{Template: p.Template, Subject: p.Subject, At: *p.SentAt}
		}
		return nil
	})
	return all, err
}

// inert are links that lead to our own pages and do nothing there.
func (s *server) inert() message.Links {
	base := "https://mixtape.invalid"
	if s.Links != nil {
		base = s.Links.base
	}
	return message.Links{Unsubscribe: base + "/u/this-is-a-preview", Preferences: base + "/p/this-is-a-preview"}
}

// sendPreview has a preview handed over, within the sending mode.
func (s *server) sendPreview(ctx context.Context, d store.Deployment, profileID, to string, view previewView) (string, error) {
	if s.Previews == nil {
		return "", huma.Error503ServiceUnavailable("no preview can be sent from here")
	}
	p := store.Preview{
		ID: store.NewID("v"), ProfileID: profileID, Channel: view.Channel, Address: to, Sender: view.From, Subject: view.Subject, Html: view.HTML, Body: view.Text,
	}
	switch d.Mode {
	case store.SendingOff:
		return "", huma.Error409Conflict("nothing leaves this deployment: its sending mode is off; `mixtape mode live`, or `mixtape mode redirect ADDRESS`, changes that")
	case store.SendingRedirect:
		if view.Channel != "email" {
			return "", huma.Error409Conflict("only e-mail leaves this deployment: its sending mode is redirect")
		}
		p.Address, p.OriginallyTo = d.RedirectTo, to
	case store.SendingLive:
	}
	if err := s.Store.AddPreview(ctx, p); err != nil {
		return "", err
	}
	became, err := s.Previews.Send(ctx, p.ID)
	switch {
	case err != nil:
		s.Log.Warn("a preview was not sent", zap.Error(err))
		return "", huma.Error503ServiceUnavailable("no worker has sent it; is one running? Nothing will be sent later")
	case became != "sent":
		return "", huma.Error422UnprocessableEntity(fmt.Sprintf("it was not sent: %s; the worker's log says more", became))
	}
	return p.Address, nil
}

func anyOf(texts map[string]string) map[string]any {
	all := make(map[string]any, len(texts))
	for name, text := range texts {
		all[name] = text
	}
	return all
}
