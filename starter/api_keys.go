package starter

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

type keyView struct {
	Name      string     `json:"name" doc:"The source of the events that come with it."`
	Kind      string     `json:"kind" enum:"server,client,admin"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// NewKey is a key to be made.
type NewKey struct {
	Name string `json:"name" minLength:"1" maxLength:"100" doc:"Unique, such as backend or website."`
	Kind string `json:"kind" enum:"server,client,admin" doc:"server: a backend's. client: a browser's or app's, public and limited. admin: of this API."`
}

type madeKey struct {
	NewKey
	Key string `json:"key" doc:"The key itself, shown this once."`
}

func (s *server) keyAPI(api huma.API) {
	type keyList struct {
		Keys []keyView `json:"keys"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/api/keys", Tags: []string{"Keys"}, Summary: "List keys",
	}, func(ctx context.Context, _ *struct{}) (*body[keyList], error) {
		rows, err := s.Store.Keys(ctx)
		if err != nil {
			return nil, s.apiError("keys", err)
		}
		out := &body[keyList]{keyList{Keys: make([]keyView, len(rows))}}
		for i, r := range rows {
			out.Body.Keys[i] = keyView{Name: r.Name, Kind: r.Kind, CreatedAt: r.CreatedAt, RevokedAt: r.RevokedAt}
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/api/keys", Tags: []string{"Keys"}, Summary: "Make a key", DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *struct{ Body NewKey }) (*body[madeKey], error) {
		name := in.Body.Name
		if name == store.SourceMixtape || strings.HasPrefix(name, enrollSource) || strings.TrimSpace(name) != name {
			return nil, huma.Error422UnprocessableEntity("a key cannot have this name; take another, without spaces around it")
		}
		if taken, err := s.keyExists(ctx, name); err != nil {
			return nil, s.apiError("keys", err)
		} else if taken {
			return nil, huma.Error409Conflict("a key of this name exists, or existed: its events carry the name; take another")
		}
		key, err := s.Store.NewKey(ctx, store.KeyKind(in.Body.Kind), name)
		if err != nil {
			return nil, s.apiError("key "+name, err)
		}
		return &body[madeKey]{madeKey{NewKey: in.Body, Key: key}}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: "/api/keys/{name}", Tags: []string{"Keys"}, Summary: "End a key",
	}, func(ctx context.Context, in *struct {
		Name string `path:"name"`
	}) (*struct{}, error) {
		if operator(ctx) == "the key "+in.Name {
			return nil, huma.Error409Conflict("this is the key that you ask with; end it with another admin key")
		}
		if err := s.Store.RevokeKey(ctx, in.Name); err != nil {
			return nil, s.apiError("key "+in.Name, err)
		}
		return nil, nil
	})
}

func (s *server) keyExists(ctx context.Context, name string) (bool, error) {
	rows, err := s.Store.Keys(ctx)
	for _, r := range rows {
		if r.Name == name {
			return true, nil
		}
	}
	return false, err
}
