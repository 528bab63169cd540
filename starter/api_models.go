package starter

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Trainings have everything learned.
type Trainings interface {
	Begin(ctx context.Context) (id string, err error)
}

type modelView struct {
	Name      string          `json:"name" doc:"Of the score; receptive_hours."`
	Training  string          `json:"training"`
	CreatedAt time.Time       `json:"created_at"`
	DataFrom  time.Time       `json:"data_from"`
	DataTo    time.Time       `json:"data_to"`
	Promoted  bool            `json:"promoted" doc:"It is used. One that is no better than its baseline is not."`
	Why       string          `json:"why"`
	InUse     string          `json:"in_use,omitempty" doc:"The training by whose model people are judged: this one, or an older one, for a month, where this one is not used."`
	Features  json.RawMessage `json:"features"`
	Metrics   json.RawMessage `json:"metrics" doc:"How good it is on a time that it has not seen."`
	Baseline  json.RawMessage `json:"baseline" doc:"How good its baseline is there."`
}

type modelList struct {
	Models []modelView `json:"models"`
}

type trainingView struct {
	Workflow string `json:"workflow" doc:"In Temporal."`
}

func (s *server) modelsAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-models", Method: http.MethodGet, Path: "/api/models", Tags: []string{"Predictions"}, Summary: "List what was learned last, used or not",
	}, func(ctx context.Context, _ *struct{}) (*body[modelList], error) {
		all, err := s.Store.LatestModels(ctx, time.Now())
		if err != nil {
			return nil, s.apiError("models", err)
		}
		out := &body[modelList]{modelList{Models: []modelView{}}}
		for _, row := range all {
			m := row.Model
			out.Body.Models = append(out.Body.Models, modelView{
				Name: m.Name, Training: m.ID, CreatedAt: m.CreatedAt, DataFrom: m.DataFrom, DataTo: m.DataTo, Promoted: m.Promoted, Why: m.Why, InUse: row.InUse,
				Features: m.Features, Metrics: m.Metrics, Baseline: m.Baseline,
			})
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "train", Method: http.MethodPost, Path: "/api/train", Tags: []string{"Predictions"}, Summary: "Learn everything anew, now", DefaultStatus: http.StatusAccepted,
		Description: "It is learned once a day by itself, by a schedule in Temporal.",
	}, func(ctx context.Context, _ *struct{}) (*body[trainingView], error) {
		if s.Trainings == nil {
			return nil, huma.Error503ServiceUnavailable("nothing can be learned from here")
		}
		id, err := s.Trainings.Begin(ctx)
		if err != nil {
			return nil, s.apiError("train", err)
		}
		return &body[trainingView]{trainingView{id}}, nil
	})
}
