package starter

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// RunView is a run.
type RunView struct {
	ID         string     `json:"id" doc:"Also the workflow's id in Temporal."`
	Journey    string     `json:"journey"`
	Version    string     `json:"version"`
	Profile    string     `json:"profile"`
	Key        string     `json:"key,omitempty"`
	Status     string     `json:"status" enum:"active,ended,held_out"`
	Phase      string     `json:"phase" doc:"waiting, held, delivering, calling, paused, stuck or ended."`
	Step       string     `json:"step,omitempty"`
	Why        string     `json:"why,omitempty" doc:"Where it is and what comes next, in words."`
	NextWakeAt *time.Time `json:"next_wake_at,omitempty"`
	EnteredAt  time.Time  `json:"entered_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	ExitReason string     `json:"exit_reason,omitempty"`
	ExitWanted string     `json:"exit_wanted,omitempty" doc:"It was told to end and has not looked yet."`
	GoalAt     *time.Time `json:"goal_at,omitempty"`
	GoalValue  *float64   `json:"goal_value,omitempty"`
	Stuck      string     `json:"stuck,omitempty"`
}

type moveView struct {
	Seq   int             `json:"seq"`
	At    time.Time       `json:"at"`
	Move  json.RawMessage `json:"move"`
	Cause json.RawMessage `json:"cause"`
}

type runDetails struct {
	RunView
	Decisions []decisionView `json:"decisions"`
	Moves     []moveView     `json:"moves" doc:"Kept while the run lives."`
	Calls     []callView     `json:"calls" doc:"What it asked of web services. Kept as long as bodies of messages."`
}

func viewRun(r *store.Run) RunView {
	v := RunView{
		ID: r.ID, Journey: r.Journey, Version: r.Version, Profile: r.ProfileID, Key: r.Key, Status: string(r.Status), Phase: string(r.Phase),
		Step: r.Step, Why: r.Why, NextWakeAt: given(r.NextWakeAt), EnteredAt: r.EnteredAt, EndedAt: given(r.EndedAt), ExitReason: r.ExitReason,
		GoalAt: given(r.GoalAt), GoalValue: r.GoalValue, Stuck: r.StuckCode,
	}
	if r.Status == store.Active {
		v.ExitWanted = r.State.Exit
	}
	return v
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *server) runAPI(api huma.API) {
	type runList struct {
		Runs []RunView `json:"runs"`
		Next string    `json:"next,omitempty" doc:"Give it as after to go on."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-runs", Method: http.MethodGet, Path: "/api/runs", Tags: []string{"Runs"}, Summary: "List runs",
	}, func(ctx context.Context, in *struct {
		Page
		Journey    string `query:"journey"`
		Status     string `query:"status" enum:"active,ended,held_out"`
		Phase      string `query:"phase"`
		Step       string `query:"step"`
		ExitReason string `query:"exit_reason"`
		Single     bool   `query:"single" doc:"Also the runs of messages that POST /v1/send asked for; they are listed for a profile or a journey in any case."`
		Profile    string `query:"profile" doc:"Your id of the person, or ours."`
	}) (*body[runList], error) {
		f := store.RunFilter{Journey: in.Journey, Status: in.Status, Phase: in.Phase, Step: in.Step, ExitReason: in.ExitReason, Written: !in.Single && in.Journey == "" && in.Profile == ""}
		if in.Profile != "" {
			p, err := s.Store.FindProfile(ctx, in.Profile)
			if err != nil {
				return nil, s.apiError("profile "+in.Profile, err)
			}
			f.Profile = p.ID
		}
		rows, err := s.Store.Runs(ctx, f, in.After, in.most())
		if err != nil {
			return nil, s.apiError("runs", err)
		}
		out := &body[runList]{runList{Runs: make([]RunView, len(rows))}}
		for i, r := range rows {
			out.Body.Runs[i] = viewRun(r)
		}
		out.Body.Next = next(len(rows), in.most(), func() string { return rows[len(rows)-1].ID })
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-run", Method: http.MethodGet, Path: "/api/runs/{journey}/{profile}/{n}", Tags: []string{"Runs"}, Summary: "Read a run, its decisions and moves",
		Description: "The last three parts of the path are the run's id as it stands.",
	}, func(ctx context.Context, in *struct {
		OneJourney
		Profile string `path:"profile"`
		N       string `path:"n"`
	}) (*body[runDetails], error) {
		id := in.Journey + "/" + in.Profile + "/" + in.N
		d, err := s.runDetails(ctx, id)
		if err != nil {
			return nil, s.apiError("run "+id, err)
		}
		return &body[runDetails]{d}, nil
	})
	s.runCommands(api)
}

func (s *server) runDetails(ctx context.Context, id string) (d runDetails, err error) {
	r, err := s.Store.Run(ctx, id)
	if err != nil {
		return d, err
	}
	d.RunView = viewRun(r)
	decisions, err := s.Store.DecisionsOfRun(ctx, id, 1000)
	if err != nil {
		return d, err
	}
	d.Decisions = viewDecisions(decisions)
	calls, err := s.Store.CallsOfRun(ctx, id)
	if err != nil {
		return d, err
	}
	d.Calls = viewCalls(calls)
	moves, err := s.Store.Moves(ctx, id)
	if err != nil {
		return d, err
	}
	d.Moves = make([]moveView, len(moves))
	for i, m := range moves {
		d.Moves[i] = moveView{Seq: int(m.Seq), At: m.At, Move: m.Move, Cause: m.Cause}
	}
	return d, nil
}

func (s *server) runCommands(api huma.API) {
	type runChoice struct {
		Run     string `json:"run,omitempty"`
		Profile string `json:"profile,omitempty" doc:"Your id of the person, or ours, together with journey."`
		Journey string `json:"journey,omitempty"`
	}
	type runNames struct {
		Runs []string `json:"runs" doc:"Those that this reached."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "stop-runs", Method: http.MethodPost, Path: "/api/runs/stop", Tags: []string{"Runs"}, Summary: "End a run, or a person's runs of a journey",
		Description: "With the exit reason stopped. What was not handed over is not sent.",
	}, func(ctx context.Context, in *body[runChoice]) (*body[runNames], error) {
		ids := []string{in.Body.Run}
		switch one, pair := in.Body.Run != "", in.Body.Profile != "" && in.Body.Journey != ""; {
		case one == pair:
			return nil, huma.Error422UnprocessableEntity("write run, or profile and journey")
		case pair:
			p, err := s.Store.FindProfile(ctx, in.Body.Profile)
			if err != nil {
				return nil, s.apiError("profile "+in.Body.Profile, err)
			}
			if ids, err = s.Store.ActiveRunsOf(ctx, p.ID, in.Body.Journey); err != nil {
				return nil, s.apiError("runs", err)
			}
		}
		out := &body[runNames]{runNames{Runs: []string{}}}
		for _, id := range ids {
			stopped, err := s.stop(ctx, id)
			if err != nil {
				return nil, s.apiError("run "+id, err)
			}
			if stopped {
				out.Body.Runs = append(out.Body.Runs, id)
			}
		}
		s.Relay.Ring()
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "retry-stuck", Method: http.MethodPost, Path: "/api/runs/retry-stuck", Tags: []string{"Runs"}, Summary: "Let stuck runs try again",
		Description: "One, or without a run all: after a release that can walk them.",
	}, func(ctx context.Context, in *struct {
		Body *struct {
			Run string `json:"run,omitempty"`
		}
	}) (*body[runNames], error) {
		run := ""
		if in.Body != nil {
			run = in.Body.Run
		}
		ids, err := s.Store.RetryStuck(ctx, run)
		if err != nil {
			return nil, s.apiError("stuck runs", err)
		}
		s.Relay.Ring()
		return &body[runNames]{runNames{Runs: ids}}, nil
	})
}

// stop writes on a run's row that it is to end, and tells its workflow to look. A run that is over,
// or about to be, is left alone.
func (s *server) stop(ctx context.Context, id string) (stopped bool, err error) {
	err = s.again(ctx, func() error {
		return s.Store.InRun(ctx, id, func(tx *store.Tx) error {
			stopped = false
			run, _, err := tx.Run(ctx, id)
			if err != nil || run.Status != store.Active || run.State.Exit != "" {
				return err
			}
			stopped, run.State.Exit = true, journey.ReasonStopped
			if err := tx.SaveRun(ctx, run); err != nil {
				return err
			}
			if err := tx.Wake(ctx, run, "exit"); err != nil {
				return err
			}
			return tx.Decide(ctx, store.Decision{
				RunID: run.ID, Journey: run.Journey, Version: run.Version, Step: run.Step, Kind: "operator", Reason: journey.ReasonStopped,
				Words: "told to stop by " + operator(ctx),
			})
		})
	})
	return stopped, err
}
