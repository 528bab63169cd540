package starter

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

func (s *server) consentsAPI(api huma.API) {
	type consentSet struct {
		Consents map[string]bool `json:"consents" doc:"By topic; the topic \"\" is everything that is not transactional."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "set-consents", Method: http.MethodPut, Path: "/api/profiles/{name}/consents", Tags: []string{"Profiles"}, Summary: "Give or withdraw consents",
		Description: "Topics that are not named stay as they are.",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Body consentSet
	}) (*body[consentSet], error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		d, err := s.Store.Deployment(ctx)
		if err != nil {
			return nil, s.apiError("consents", err)
		}
		for topic := range in.Body.Consents {
			if _, known := d.Settings.Topics[topic]; !known && topic != "" && len(d.Settings.Topics) > 0 {
				return nil, huma.Error422UnprocessableEntity("there is no topic " + tracking.Cut(topic) + " in the workspace")
			}
			if bad := profile.CheckTopic("consents", topic); bad != nil {
				return nil, huma.Error422UnprocessableEntity(bad.Error())
			}
		}
		out := &body[consentSet]{}
		err = s.again(ctx, func() error {
			return s.Store.InProfile(ctx, p.ID, func(tx *store.Tx) error {
				changed := profile.SetConsents(tx.Profile(), in.Body.Consents)
				out.Body.Consents = tx.Profile().Consents
				if len(changed) == 0 {
					return nil
				}
				if err := tx.SaveProfile(ctx); err != nil {
					return err
				}
				return recordConsents(ctx, tx, changed, operator(ctx), nil)
			})
		})
		if err != nil {
			return nil, s.apiError("consents", err)
		}
		s.Bell.Ring()
		return out, nil
	})
}
