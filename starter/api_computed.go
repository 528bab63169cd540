package starter

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

type computedView struct {
	Scores     map[string]float64  `json:"scores,omitempty" doc:"What score() reads: by name, from 0 to 1."`
	Affinities map[string]string   `json:"affinities,omitempty" doc:"What affinity() reads: by attribute of things, the value that is liked most."`
	Reasons    map[string][]string `json:"reasons,omitempty" doc:"What moves a score that was learned most, by its name."`
	Channels   []string            `json:"channels,omitempty" doc:"Through which they answer most per message, the best first: what the channel best goes by."`
	BestHours  *bestHours          `json:"best_hours,omitempty" doc:"At which local hours they answer most per message: what best_time goes by."`
}

type bestHours struct {
	Weekdays int `json:"weekdays" doc:"0 to 23."`
	Weekends int `json:"weekends" doc:"0 to 23."`
}

func viewComputed(c profile.Computed) computedView {
	v := computedView{Scores: c.Scores, Affinities: c.Affinities, Reasons: c.Reasons, Channels: c.Channels}
	if week := c.Receptive; len(week) == 7*24 {
		hour := func(day int) int { return slices.Index(week[24*day:24*(day+1)], slices.Max(week[24*day:24*(day+1)])) }
		v.BestHours = &bestHours{Weekdays: hour(0), Weekends: hour(5)}
	}
	return v
}

func (s *server) computedAPI(api huma.API) {
	type findings struct {
		Scores     map[string]*float64 `json:"scores,omitempty" doc:"By name, such as churn: a number from 0 to 1, or null to remove it."`
		Affinities map[string]*string  `json:"affinities,omitempty" doc:"By attribute of things, such as genre: the value that is liked most, or null to remove it."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "set-computed", Method: http.MethodPut, Path: "/api/profiles/{name}/computed", Tags: []string{"Profiles"}, Summary: "Set scores and affinities",
		Description: "What rules read with score() and affinity(). Those that are not named stay as they are. Runs and segments whose rules read what changed look again. The answer is all that is known then.",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Body findings
	}) (*body[computedView], error) {
		found := profile.Findings{Scores: in.Body.Scores, Affinities: in.Body.Affinities}
		if bad := profile.CheckFindings(found); bad != nil {
			return nil, huma.Error422UnprocessableEntity(bad.Error())
		}
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		out := &body[computedView]{}
		err = s.again(ctx, func() error {
			return s.Store.InProfile(ctx, p.ID, func(tx *store.Tx) error {
				changed := profile.SetComputed(tx.Profile(), found)
				if bad := profile.CheckComputed(tx.Profile().Computed); bad != nil {
					return huma.Error422UnprocessableEntity(bad.Error())
				}
				out.Body = viewComputed(tx.Profile().Computed)
				if len(changed) == 0 {
					return nil
				}
				if err := tx.SaveComputed(ctx); err != nil {
					return err
				}
				_, err := tx.AddEvent(ctx, store.NewEvent{Changed: changed})
				return err
			})
		})
		if err != nil {
			return nil, s.apiError("scores and affinities", err)
		}
		s.Bell.Ring()
		return out, nil
	})
}
