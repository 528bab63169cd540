package starter

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

// JourneyView is a journey with its counts.
type JourneyView struct {
	Journey  string           `json:"journey"`
	Name     string           `json:"name,omitempty"`
	Version  string           `json:"version" doc:"What new runs get."`
	PausedAt *time.Time       `json:"paused_at,omitempty"`
	Archived bool             `json:"archived" doc:"Gone from the workspace: no new runs, the others go on."`
	Active   int64            `json:"active"`
	Ended    int64            `json:"ended"`
	HeldOut  int64            `json:"held_out"`
	Goals    int64            `json:"goals"`
	Steps    []stepView       `json:"steps" doc:"Where the active runs are."`
	Exits    map[string]int64 `json:"exits" doc:"Ended runs by reason."`
	Refused  map[string]int64 `json:"refused" doc:"Refused entries by reason."`
}

type stepView struct {
	Version string `json:"version"`
	Step    string `json:"step"`
	Phase   string `json:"phase"`
	Runs    int64  `json:"runs"`
}

type versionView struct {
	Version     string    `json:"version"`
	PublishedAt time.Time `json:"published_at"`
	Active      int64     `json:"active" doc:"Runs that are on it."`
}

type journeyDetails struct {
	JourneyView
	Source    string            `json:"source"`
	Templates map[string]string `json:"templates"`
	Versions  []versionView     `json:"versions"`
}

// OneJourney is a request about a journey.
type OneJourney struct {
	Journey string `path:"journey" doc:"The journey's key."`
}

type body[T any] struct{ Body T }

func (s *server) journeyAPI(api huma.API) {
	type journeyList struct {
		Journeys []JourneyView `json:"journeys"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-journeys", Method: http.MethodGet, Path: "/api/journeys", Tags: []string{"Journeys"}, Summary: "List journeys with their counts",
	}, func(ctx context.Context, in *struct {
		Single bool `query:"single" doc:"Also those that nobody wrote, which send one template for POST /v1/send."`
	}) (*body[journeyList], error) {
		out := &body[journeyList]{}
		all, err := s.Store.Journeys(ctx)
		if err != nil {
			return nil, s.apiError("journeys", err)
		}
		if !in.Single {
			all = handWritten(all)
		}
		out.Body.Journeys = make([]JourneyView, len(all))
		for i, p := range all {
			if out.Body.Journeys[i], err = s.journeyView(ctx, p); err != nil {
				return nil, s.apiError("journeys", err)
			}
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-journey", Method: http.MethodGet, Path: "/api/journeys/{journey}", Tags: []string{"Journeys"}, Summary: "Read a journey, its source and versions",
	}, func(ctx context.Context, in *OneJourney) (*body[journeyDetails], error) {
		d, err := s.journeyDetails(ctx, in.Journey)
		if err != nil {
			return nil, s.apiError("journey "+in.Journey, err)
		}
		return &body[journeyDetails]{d}, nil
	})
}

func (s *server) published(ctx context.Context, journey string) (store.Published, error) {
	all, err := s.Store.Journeys(ctx)
	if err != nil {
		return store.Published{}, err
	}
	for _, p := range all {
		if p.Journey == journey {
			return p, nil
		}
	}
	return store.Published{}, store.ErrNotFound
}

func (s *server) journeyView(ctx context.Context, p store.Published) (JourneyView, error) {
	v := JourneyView{Journey: p.Journey, Version: p.Version, PausedAt: p.PausedAt, Archived: p.Archived, Steps: []stepView{}, Exits: map[string]int64{}}
	if c, err := s.Handler.Library.Compiled(ctx, p.Journey, p.Version, nil); err == nil {
		v.Name = c.Name()
	}
	counts, err := s.Store.RunCounts(ctx, p.Journey)
	if err != nil {
		return v, err
	}
	for _, c := range counts {
		v.Goals += c.Goals
		switch store.RunStatus(c.Status) {
		case store.Active:
			v.Active += c.Runs
			v.Steps = append(v.Steps, stepView{Version: c.Version, Step: c.Step, Phase: c.Phase, Runs: c.Runs})
		case store.Over:
			v.Ended += c.Runs
			v.Exits[c.ExitReason] += c.Runs
		case store.HeldOut:
			v.HeldOut += c.Runs
		}
	}
	v.Refused, err = s.Store.RefusalCounts(ctx, p.Journey)
	return v, err
}

func (s *server) journeyDetails(ctx context.Context, journey string) (d journeyDetails, err error) {
	p, err := s.published(ctx, journey)
	if err != nil {
		return d, err
	}
	if d.JourneyView, err = s.journeyView(ctx, p); err != nil {
		return d, err
	}
	v, err := s.Store.Version(ctx, journey, p.Version)
	if err != nil {
		return d, err
	}
	d.Source, d.Templates = v.Source, v.Templates
	rows, err := s.Store.VersionsOf(ctx, journey)
	if err != nil {
		return d, err
	}
	active := map[string]int64{}
	for _, c := range d.Steps {
		active[c.Version] += c.Runs
	}
	for _, r := range rows {
		d.Versions = append(d.Versions, versionView{Version: r.Version, PublishedAt: r.CreatedAt, Active: active[r.Version]})
	}
	return d, nil
}
