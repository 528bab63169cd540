package starter

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

type profileView struct {
	ID           string            `json:"id" doc:"Mixtape's own."`
	UserID       string            `json:"user_id,omitempty"`
	AnonymousIDs []string          `json:"anonymous_ids,omitempty"`
	Attributes   map[string]any    `json:"attributes"`
	Consents     map[string]bool   `json:"consents,omitempty" doc:"What was said; a topic that is not here follows the workspace."`
	Suppressed   map[string]string `json:"suppressed,omitempty" doc:"Channels that nothing goes through, and why."`
	Devices      []profile.Device  `json:"devices,omitempty"`
	Segments     []string          `json:"segments,omitempty" doc:"That they are in."`
	computedView
	CreatedAt *time.Time `json:"created_at,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
	Runs      []RunView  `json:"runs,omitempty"`
}

// OneProfile is a request about a person.
type OneProfile struct {
	Name string `path:"name" doc:"Your id of the person, an anonymous id, an e-mail address, or Mixtape's own id; a slash in it is written %2F."`
}

func viewProfile(p *profile.Profile) profileView {
	v := profileView{
		ID: p.ID, UserID: p.UserID, AnonymousIDs: p.AnonymousIDs, Attributes: p.Attributes, Consents: p.Consents, Suppressed: p.Suppressed, Devices: p.Devices, Segments: p.SegmentKeys(),
		computedView: viewComputed(p.Computed),
	}
	if v.Attributes == nil {
		v.Attributes = map[string]any{}
	}
	return v
}

func (s *server) profileAPI(api huma.API) {
	type profileList struct {
		Profiles []profileView `json:"profiles"`
		Next     string        `json:"next,omitempty" doc:"Give it as after to go on."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-profiles", Method: http.MethodGet, Path: "/api/profiles", Tags: []string{"Profiles"}, Summary: "List profiles",
	}, func(ctx context.Context, in *Page) (*body[profileList], error) {
		rows, err := s.Store.ListProfiles(ctx, in.After, in.most())
		if err != nil {
			return nil, s.apiError("profiles", err)
		}
		out := &body[profileList]{profileList{Profiles: make([]profileView, len(rows))}}
		for i, p := range rows {
			out.Body.Profiles[i] = viewProfile(p)
		}
		out.Body.Next = next(len(rows), in.most(), func() string { return rows[len(rows)-1].ID })
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-profile", Method: http.MethodGet, Path: "/api/profiles/{name}", Tags: []string{"Profiles"}, Summary: "Read a profile and its latest runs",
	}, func(ctx context.Context, in *OneProfile) (*body[profileView], error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		v := viewProfile(p)
		created, updated, err := s.Store.ProfileTimes(ctx, p.ID)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		v.CreatedAt, v.UpdatedAt = &created, &updated
		runs, err := s.Store.Runs(ctx, store.RunFilter{Profile: p.ID}, "", 100)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		for _, r := range runs {
			v.Runs = append(v.Runs, viewRun(r))
		}
		return &body[profileView]{v}, nil
	})
	s.storyAPI(api)
	s.consentsAPI(api)
	s.suppressionAPI(api)
	s.computedAPI(api)
	s.previewAPI(api)
	s.reportAPI(api)
	s.modelsAPI(api)
	s.privacyAPI(api)
}
