package starter

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/journey"
)

// Sweeper wakes the runs that a lifted pause held, in the background and at a bounded rate.
type Sweeper interface {
	// Resume is called after the pause of a journey, or with an empty name of everything, was lifted.
	Resume(ctx context.Context, journey string) error
	// Migrate is called after a version was published that runs in flight are to go on by.
	Migrate(ctx context.Context, journey, version string) error
	// Segments is called when there are segments whose members are to be computed.
	Segments(ctx context.Context) error
}

// Resumption says what a resume does.
type Resumption struct {
	Body *struct {
		Confirm int64       `json:"confirm,omitempty" doc:"How many runs this may release; wanted above the workspace's confirm_above."`
		Due     journey.Due `json:"due,omitempty" enum:"send,skip,shift" default:"send" doc:"What becomes of what came due during the pause: send (it goes on now, through quiet hours and expiry), skip (its messages are skipped as paused, the runs go on behind them) or shift (the pause does not count as time)."`
	}
}

func (r Resumption) asked() (confirmed int64, due journey.Due) {
	if r.Body == nil {
		return 0, journey.DueSend
	}
	return r.Body.Confirm, cmp.Or(r.Body.Due, journey.DueSend)
}

type resumedView struct {
	pausedView
	Due journey.Due `json:"due" doc:"What becomes of what came due. Of a pause that was lifted before, what was chosen then."`
}

type pausedView struct {
	Paused bool  `json:"paused"`
	Runs   int64 `json:"runs" doc:"Runs that this concerns: living ones for a pause, held ones for resume."`
}

func (s *server) pauseAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "pause-journey", Method: http.MethodPost, Path: "/api/journeys/{journey}/pause", Tags: []string{"Pause"}, Summary: "Hold a journey",
		Description: "From this moment nothing of it is sent and nobody enters. Its runs are held, none is lost.",
	}, func(ctx context.Context, in *OneJourney) (*body[pausedView], error) { return s.pause(ctx, in.Journey) })
	huma.Register(api, huma.Operation{
		OperationID: "pause-all", Method: http.MethodPost, Path: "/api/pause", Tags: []string{"Pause"}, Summary: "Hold everything",
	}, func(ctx context.Context, _ *struct{}) (*body[pausedView], error) { return s.pause(ctx, "") })
	huma.Register(api, huma.Operation{
		OperationID: "resume-journey", Method: http.MethodPost, Path: "/api/journeys/{journey}/resume", Tags: []string{"Pause"}, Summary: "Let a journey go on",
	}, func(ctx context.Context, in *struct {
		OneJourney
		Resumption
	}) (*body[resumedView], error) {
		return s.resume(ctx, in.Journey, in.Resumption)
	})
	huma.Register(api, huma.Operation{
		OperationID: "resume-all", Method: http.MethodPost, Path: "/api/resume", Tags: []string{"Pause"}, Summary: "Let everything go on",
		Description: "Journeys that are paused by themselves stay so.",
	}, func(ctx context.Context, in *Resumption) (*body[resumedView], error) {
		return s.resume(ctx, "", *in)
	})
}

func (s *server) pause(ctx context.Context, journey string) (*body[pausedView], error) {
	if err := s.Store.Pause(ctx, journey); err != nil {
		return nil, s.apiError("pausing "+journey, err)
	}
	counts, err := s.Store.ActiveByVersion(ctx)
	if err != nil {
		return nil, s.apiError("pausing "+journey, err)
	}
	s.holdsChanged(ctx, journey)
	out := &body[pausedView]{pausedView{Paused: true}}
	for _, c := range counts {
		if journey == "" || c.Journey == journey {
			out.Body.Runs += c.Runs
		}
	}
	return out, nil
}

func (s *server) resume(ctx context.Context, journey string, r Resumption) (*body[resumedView], error) {
	confirmed, due := r.asked()
	held, err := s.Store.CountPaused(ctx, journey)
	if err != nil {
		return nil, s.apiError("resuming "+journey, err)
	}
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return nil, s.apiError("resuming "+journey, err)
	}
	if held > d.Settings.Unasked() && confirmed < held {
		return nil, huma.Error409Conflict(fmt.Sprintf(`this releases %d runs; confirm it with {"confirm": %d}`, held, held))
	}
	if due, err = s.Store.Resume(ctx, journey, due); err != nil {
		return nil, s.apiError("resuming "+journey, err)
	}
	if err := s.Sweeper.Resume(ctx, journey); err != nil {
		return nil, s.apiError("the pause is lifted, waking the runs is not yet begun; resume again", err)
	}
	s.holdsChanged(ctx, journey)
	return &body[resumedView]{resumedView{pausedView{Paused: journey != "" && d.PausedAt != nil, Runs: held}, due}}, nil
}
