package starter

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/store"
)

type erasureView struct {
	ID       string     `json:"id"`
	Profile  string     `json:"profile" doc:"Mixtape's own id of who it was; nothing else is known of them."`
	State    string     `json:"state" enum:"open,settling,done" doc:"open: the person is nobody already, and what is left of them in other tables and in Temporal is being removed. settling: that was done, and is done once more when what was under way has ended."`
	By       string     `json:"by"`
	Tries    int        `json:"tries,omitempty" doc:"So often it was begun; more than a few say that Temporal or the database is away."`
	ErasedAt time.Time  `json:"erased_at"`
	DoneAt   *time.Time `json:"done_at,omitempty"`
}

func viewErasure(e store.Erasure) erasureView {
	return erasureView{ID: e.ID, Profile: e.ProfileID, State: e.State, By: e.AskedBy, Tries: int(e.Attempts), ErasedAt: e.ErasedAt, DoneAt: e.DoneAt}
}

// privacyAPI erases people and hands out what is held about them.
func (s *server) privacyAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "erase-profile", Method: http.MethodDelete, Path: "/api/profiles/{name}", Tags: []string{"Privacy"}, Summary: "Erase a person",
		Description:   "It cannot be taken back. From the answer on they have no ids, no attributes and no running journey, and nothing is sent to them; the rest is removed within minutes. Late events do not bring them back; an identify call with a server key does.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *OneProfile) (*body[erasureView], error) {
		var e store.Erasure
		err := s.again(ctx, func() (err error) {
			e, err = s.Store.Erase(ctx, in.Name, operator(ctx))
			return err
		})
		if errors.Is(err, store.ErrSeveral) {
			return nil, huma.Error409Conflict(err.Error())
		}
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		return &body[erasureView]{viewErasure(e)}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "export-profile", Method: http.MethodGet, Path: "/api/profiles/{name}/export", Tags: []string{"Privacy"}, Summary: "Export everything that is held about a person",
		Description: "One JSON object, as it was at one moment: profile, and the lists consents (their history), events, runs, messages (with their bodies, as long as these are kept), calls, decisions, refusals, segments and assignments (the variants of experiments, and what came of it). See docs/privacy.md. An answer that breaks off is not whole, and no JSON.",
	}, func(ctx context.Context, in *OneProfile) (*huma.StreamResponse, error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		return &huma.StreamResponse{Body: func(out huma.Context) { s.export(out, p.ID) }}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-erasure", Method: http.MethodGet, Path: "/api/erasures/{id}", Tags: []string{"Privacy"}, Summary: "Read how far an erasure is",
	}, func(ctx context.Context, in *struct {
		ID string `path:"id"`
	}) (*body[erasureView], error) {
		e, err := s.Store.Erasure(ctx, in.ID)
		if err != nil {
			return nil, s.apiError("erasure "+in.ID, err)
		}
		return &body[erasureView]{viewErasure(e)}, nil
	})
}

// exportTime is how long a slow reader may take for an export.
const exportTime = 10 * time.Minute

func (s *server) export(out huma.Context, profileID string) {
	out.SetHeader("Content-Type", "application/json")
	if w, ok := out.BodyWriter().(http.ResponseWriter); ok {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTime)) // else that of all answers holds
	}
	if err := s.Store.Export(out.Context(), profileID, out.BodyWriter()); err != nil {
		_ = s.failed("exporting a profile", err)
		panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
	}
}
