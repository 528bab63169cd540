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
