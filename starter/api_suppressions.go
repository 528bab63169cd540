package starter

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

type suppressionSet struct {
	Suppressed map[string]bool `json:"suppressed" doc:"By channel: true lets nothing go through it any more, transactional messages neither; false lifts that, whatever the reason was."`
}

type suppressionState struct {
	Suppressed map[string]string `json:"suppressed" doc:"Channels that nothing goes through, and why: bounced, complained, opted_out, manual."`
}

func (s *server) suppressionAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "set-suppressions", Method: http.MethodPut, Path: "/api/profiles/{name}/suppressions", Tags: []string{"Profiles"}, Summary: "Suppress channels or lift that",
		Description: "Channels that are not named stay as they are. A bounce is lifted by itself when the address changes.",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Body suppressionSet
	}) (*body[suppressionState], error) {
		for channel := range in.Body.Suppressed {
			if !slices.Contains(channelOrder(), channel) {
				return nil, huma.Error422UnprocessableEntity("there is no channel " + tracking.Cut(channel) + "; write one of " + strings.Join(channelOrder(), ", "))
			}
		}
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		out := &body[suppressionState]{}
		err = s.again(ctx, func() error {
			return s.Store.InProfile(ctx, p.ID, func(tx *store.Tx) error {
				if err := suppressByHand(ctx, tx, in.Body.Suppressed); err != nil {
					return err
				}
				out.Body.Suppressed = maps.Clone(tx.Profile().Suppressed)
				return nil
			})
		})
		if err != nil {
			return nil, s.apiError("suppressions", err)
		}
		if out.Body.Suppressed == nil {
			out.Body.Suppressed = map[string]string{}
		}
		return out, nil
	})
}

func suppressByHand(ctx context.Context, tx *store.Tx, wanted map[string]bool) error {
	for _, channel := range slices.Sorted(maps.Keys(wanted)) {
		why := ""
		if wanted[channel] {
			why = profile.Manual
		}
		if !profile.Suppress(tx.Profile(), channel, why) {
			continue
		}
		if err := tx.Decide(ctx, store.Suppression(channel, why, operator(ctx))); err != nil {
			return err
		}
	}
	return tx.SaveProfile(ctx)
}
