package starter

import (
	"context"
	"net/http"
	"net/mail"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

type deploymentView struct {
	Settings       store.Settings `json:"settings" doc:"Of workspace.yaml, as published."`
	Version        string         `json:"version" doc:"Of Mixtape."`
	SendingMode    string         `json:"sending_mode" enum:"off,live,redirect"`
	RedirectTo     string         `json:"redirect_to,omitempty"`
	PausedAt       *time.Time     `json:"paused_at,omitempty"`
	ActiveRuns     int64          `json:"active_runs"`
	Backlog        int64          `json:"backlog" doc:"Starts and wakes that Temporal is yet to be told."`
	BacklogSeconds float64        `json:"backlog_seconds" doc:"For how long the oldest has been due."`
}

type sendingMode struct {
	Mode       string `json:"mode" enum:"off,live,redirect" doc:"off: nothing leaves. redirect: e-mail goes to one address, and nothing else leaves. live: to the people."`
	RedirectTo string `json:"redirect_to,omitempty" doc:"The e-mail address that gets all e-mail; with redirect only."`
}

func (s *server) deploymentAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-deployment", Method: http.MethodGet, Path: "/api/deployment", Tags: []string{"Deployment"}, Summary: "Read what holds for all journeys",
	}, func(ctx context.Context, _ *struct{}) (*body[deploymentView], error) {
		d, err := s.Store.Deployment(ctx)
		if err != nil {
			return nil, s.apiError("deployment", err)
		}
		v := deploymentView{Settings: d.Settings, Version: s.Version, SendingMode: string(d.Mode), RedirectTo: d.RedirectTo, PausedAt: d.PausedAt}
		if v.ActiveRuns, _, err = s.Store.CountActive(ctx); err != nil {
			return nil, s.apiError("deployment", err)
		}
		if v.Backlog, v.BacklogSeconds, err = s.Store.Backlog(ctx); err != nil {
			return nil, s.apiError("deployment", err)
		}
		return &body[deploymentView]{v}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-sending-mode", Method: http.MethodGet, Path: "/api/sending-mode", Tags: []string{"Deployment"}, Summary: "Read whether messages leave",
	}, func(ctx context.Context, _ *struct{}) (*body[sendingMode], error) {
		d, err := s.Store.Deployment(ctx)
		if err != nil {
			return nil, s.apiError("sending mode", err)
		}
		return &body[sendingMode]{sendingMode{Mode: string(d.Mode), RedirectTo: d.RedirectTo}}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "set-sending-mode", Method: http.MethodPut, Path: "/api/sending-mode", Tags: []string{"Deployment"}, Summary: "Say whether messages leave",
	}, func(ctx context.Context, in *body[sendingMode]) (*body[sendingMode], error) {
		redirect := in.Body.Mode == string(store.SendingRedirect)
		if parsed, err := mail.ParseAddress(in.Body.RedirectTo); redirect && (err != nil || parsed.Address != in.Body.RedirectTo) {
			return nil, huma.Error422UnprocessableEntity("redirect needs an address; write redirect_to: you@example.com")
		}
		if !redirect && in.Body.RedirectTo != "" {
			return nil, huma.Error422UnprocessableEntity("redirect_to stands only beside the mode redirect")
		}
		if err := s.Store.SetSendingMode(ctx, store.SendingMode(in.Body.Mode), in.Body.RedirectTo); err != nil {
			return nil, s.apiError("sending mode", err)
		}
		return &body[sendingMode]{in.Body}, nil
	})
}
