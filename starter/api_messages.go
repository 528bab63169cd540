package starter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

// MessageView is a message without what it says.
type MessageView struct {
	ID           string     `json:"id"`
	Run          string     `json:"run"`
	Journey      string     `json:"journey"`
	Version      string     `json:"version"`
	Step         string     `json:"step"`
	Profile      string     `json:"profile"`
	Channel      string     `json:"channel"`
	Provider     string     `json:"provider,omitempty"`
	Template     string     `json:"template"`
	Locale       string     `json:"locale,omitempty"`
	Topic        string     `json:"topic,omitempty"`
	Priority     string     `json:"priority"`
	Address      string     `json:"address,omitempty" doc:"Kept as long as the body."`
	OriginallyTo string     `json:"originally_to,omitempty" doc:"Whom it was for, where the sending mode redirected it."`
	Subject      string     `json:"subject,omitempty"`
	State        string     `json:"state" doc:"rendered, claimed, sent, delivered, bounced, skipped or unknown."`
	Reason       string     `json:"reason,omitempty"`
	SendBefore   *time.Time `json:"send_before,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	SentAt       *time.Time `json:"sent_at,omitempty"`
}

type messageDetails struct {
	MessageView
	Sender string `json:"sender,omitempty"`
	HTML   string `json:"html,omitempty"`
	Text   string `json:"text,omitempty"`
	Kept   bool   `json:"kept" doc:"Whether the body is still there; bodies are kept for 30 days."`
}

type decisionView struct {
	At      time.Time       `json:"at"`
	Profile string          `json:"profile"`
	Run     string          `json:"run,omitempty"`
	Journey string          `json:"journey,omitempty"`
	Version string          `json:"version,omitempty"`
	Step    string          `json:"step,omitempty"`
	Kind    string          `json:"kind"`
	Reason  string          `json:"reason"`
	Words   string          `json:"words"`
	Inputs  json.RawMessage `json:"inputs,omitempty"`
	RunTime *time.Time      `json:"run_time,omitempty" doc:"In the run's own clock, where that is not real time."`
}

func viewMessage(m store.Message) MessageView {
	return MessageView{
		ID: m.ID, Run: m.RunID, Journey: m.Journey, Version: m.Version, Step: m.Step, Profile: m.ProfileID, Channel: m.Channel, Provider: m.Provider,
		Template: m.Template, Locale: m.Locale, Topic: m.Topic, Priority: m.Priority, Address: m.Address, OriginallyTo: m.OriginallyTo,
		Subject: m.Subject, State: m.State, Reason: m.Reason, SendBefore: m.SendBefore, CreatedAt: m.CreatedAt, SentAt: m.SentAt,
	}
}

func viewDecisions(rows []store.DecisionRow) []decisionView {
	all := make([]decisionView, len(rows))
	for i, d := range rows {
		all[i] = decisionView{
			At: d.At, Profile: d.ProfileID, Run: d.RunID, Journey: d.Journey, Version: d.Version, Step: d.Step, Kind: d.Kind, Reason: d.Reason,
			Words: d.Words, Inputs: d.Inputs, RunTime: d.RunTime,
		}
	}
	return all
}

func (s *server) messageAPI(api huma.API) {
	type messageList struct {
		Messages []MessageView `json:"messages"`
		Next     string        `json:"next,omitempty" doc:"Give it as after to go on."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/api/messages", Tags: []string{"Messages"}, Summary: "List messages",
		Description: "In the order of their ids; those of one profile newest first, without pages.",
	}, func(ctx context.Context, in *struct {
		Page
		Journey string `query:"journey"`
		State   string `query:"state"`
		Profile string `query:"profile" doc:"Your id of the person, or ours."`
	}) (*body[messageList], error) {
		rows, err := s.messages(ctx, in.Profile, in.Journey, in.State, in.After, in.most())
		if err != nil {
			return nil, s.apiError("messages", err)
		}
		out := &body[messageList]{messageList{Messages: make([]MessageView, len(rows))}}
		for i, m := range rows {
			out.Body.Messages[i] = viewMessage(m)
		}
		if in.Profile == "" {
			out.Body.Next = next(len(rows), in.most(), func() string { return rows[len(rows)-1].ID })
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-message", Method: http.MethodGet, Path: "/api/messages/{id}", Tags: []string{"Messages"}, Summary: "Read a message and what it says",
	}, func(ctx context.Context, in *struct {
		ID string `path:"id"`
	}) (*body[messageDetails], error) {
		m, err := s.Store.Message(ctx, in.ID)
		if err != nil {
			return nil, s.apiError("message "+in.ID, err)
		}
		d := messageDetails{MessageView: viewMessage(m)}
		b, err := s.Store.Body(ctx, in.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, s.apiError("message "+in.ID, err)
		}
		d.Kept, d.Sender, d.HTML, d.Text = err == nil, b.Sender, b.Html, b.Body
		return &body[messageDetails]{d}, nil
	})
	s.decisionAPI(api)
}

// messages reads those of a profile, by journey and state where given, or a page of all.
func (s *server) messages(ctx context.Context, name, journey, state, after string, most int) ([]store.Message, error) {
	if name == "" {
		return s.Store.ListMessages(ctx, journey, state, after, most)
	}
	p, err := s.Store.FindProfile(ctx, name)
	if err != nil {
		return nil, err
	}
	rows, err := s.Store.MessagesOfProfile(ctx, p.ID, most)
	var wanted []store.Message
	for _, m := range rows {
		if (journey == "" || m.Journey == journey) && (state == "" || m.State == state) {
			wanted = append(wanted, m)
		}
	}
	return wanted, err
}

func (s *server) decisionAPI(api huma.API) {
	type decisionList struct {
		Decisions []decisionView `json:"decisions"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-decisions", Method: http.MethodGet, Path: "/api/decisions", Tags: []string{"Messages"}, Summary: "Read the ledger of a person or a run",
		Description: "Of a person newest first, of a run in order.",
	}, func(ctx context.Context, in *struct {
		Profile string `query:"profile" doc:"Your id of the person, or ours."`
		Run     string `query:"run"`
		Limit   int    `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	}) (*body[decisionList], error) {
		var rows []store.DecisionRow
		switch {
		case (in.Profile == "") == (in.Run == ""):
			return nil, huma.Error422UnprocessableEntity("write profile or run")
		case in.Run != "":
			var err error
			if rows, err = s.Store.DecisionsOfRun(ctx, in.Run, in.Limit); err != nil {
				return nil, s.apiError("decisions", err)
			}
		default:
			p, err := s.Store.FindProfile(ctx, in.Profile)
			if err != nil {
				return nil, s.apiError("profile "+in.Profile, err)
			}
			if rows, err = s.Store.DecisionsOfProfile(ctx, p.ID, in.Limit); err != nil {
				return nil, s.apiError("decisions", err)
			}
		}
		return &body[decisionList]{decisionList{Decisions: viewDecisions(rows)}}, nil
	})
}
