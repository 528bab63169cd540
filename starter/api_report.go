package starter

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

type experimentsView struct {
	Experiments []string `json:"experiments" doc:"JOURNEY: its holdout; JOURNEY/STEP: one of its experiments; imported/NAME: one that ran elsewhere."`
}

type experimentView struct {
	Name   string             `json:"experiment"`
	Result insight.Experiment `json:"result"`
}

func (s *server) reportAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "report", Method: http.MethodGet, Path: "/api/journeys/{journey}/report", Tags: []string{"Reports"}, Summary: "What a journey did and what that was worth",
		Description: "The funnel by step, what became of messages, goals over time; against the holdout, what would not have happened without it, with 95 % intervals; experiments, with intervals that hold however often one looks.",
	}, func(ctx context.Context, in *OneJourney) (*body[insight.Report], error) {
		r, err := s.report(ctx, in.Journey)
		if err != nil {
			return nil, s.apiError("journey "+tracking.Cut(in.Journey), err)
		}
		return &body[insight.Report]{r}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "list-experiments", Method: http.MethodGet, Path: "/api/experiments", Tags: []string{"Reports"}, Summary: "List all that people were assigned in",
	}, func(ctx context.Context, _ *struct{}) (*body[experimentsView], error) {
		all, err := s.Store.Experiments(ctx)
		if err != nil {
			return nil, s.apiError("experiments", err)
		}
		out := &body[experimentsView]{experimentsView{Experiments: []string{}}}
		out.Body.Experiments = append(out.Body.Experiments, all...)
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "imported-experiment", Method: http.MethodGet, Path: "/api/experiments/imported/{name}", Tags: []string{"Reports"}, Summary: "What an experiment that ran elsewhere came to",
	}, func(ctx context.Context, in *struct {
		Name    string `path:"name" doc:"As it was imported."`
		Control string `query:"control" doc:"The variant to measure against; without it the one called control, else the first."`
	}) (*body[experimentView], error) {
		name := "imported/" + in.Name
		counts, err := s.Store.Tallies(ctx, name)
		if err == nil && len(counts) == 0 {
			err = store.ErrNotFound
		}
		if err != nil {
			return nil, s.apiError("experiment "+tracking.Cut(in.Name), err)
		}
		return &body[experimentView]{experimentView{name, insight.Compare(insight.Arms(counts), cmp.Or(in.Control, "control"), false, insight.Level)}}, nil
	})
}

func (s *server) report(ctx context.Context, name string) (insight.Report, error) {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return insight.Report{}, err
	}
	all, err := s.Store.Journeys(ctx)
	if err != nil {
		return insight.Report{}, err
	}
	i := slices.IndexFunc(all, func(p store.Published) bool { return p.Journey == name })
	if i < 0 {
		return insight.Report{}, store.ErrNotFound
	}
	p := all[i]
	c, err := s.Handler.Library.Compiled(ctx, name, p.Version, &d.Settings)
	if err != nil {
		return insight.Report{}, err
	}
	input := insight.ReportInput{Journey: name, Costs: d.Settings.Costs, Now: time.Now(), Level: insight.Level}
	for _, step := range c.Steps() {
		input.Steps = append(input.Steps, step.ID)
	}
	if goal, ok := c.Goal(); ok {
		if input.Goal = strings.Join(goal.Events, " or "); goal.Within != (calendar.Duration{}) {
			input.Goal += " within " + goal.Within.String()
		}
	}
	if input.Counts, err = s.Store.Tallies(ctx, name); err != nil {
		return insight.Report{}, err
	}
	versions := &intended{server: s, ctx: ctx, journey: name, settings: &d.Settings, known: map[string]*store.Compiled{p.Version: c}}
	input.Meant = versions.holdout
	for _, t := range c.Trials() {
		counts, err := s.Store.Tallies(ctx, name+"/"+t.Step)
		if err != nil {
			return insight.Report{}, err
		}
		var personal *insight.Personal
		if t.Personal {
			if personal, err = s.Store.Personal(ctx, name, t.Step); err != nil {
				return insight.Report{}, err
			}
		}
		input.Trials = append(input.Trials, insight.TrialInput{
			Personal: personal,
			Step:     t.Step, Metric: cmp.Or(t.Metric, input.Goal), Control: t.Control, Bandit: t.Bandit, Counts: counts, Meant: versions.shares(t.Step),
		})
	}
	return insight.NewReport(input), nil
}

// intended tells the shares that versions of a journey gave.
type intended struct {
	*server
	ctx      context.Context //nolint:containedctx // of one report
	journey  string
	settings *store.Settings
	known    map[string]*store.Compiled
}

func (w *intended) version(v string) (*store.Compiled, bool) {
	if c := w.known[v]; c != nil {
		return c, true
	}
	c, err := w.Handler.Library.Compiled(w.ctx, w.journey, v, w.settings)
	if err != nil {
		return nil, false
	}
	w.known[v] = c
	return c, true
}

func (w *intended) holdout(version, arm string) (float64, bool) {
	c, ok := w.version(version)
	if !ok {
		return 0, false
	}
	if arm == store.HeldOutArm {
		return c.Entry().Holdout, true
	}
	return 1 - c.Entry().Holdout, true
}

func (w *intended) shares(step string) func(version, arm string) (float64, bool) {
	return func(version, arm string) (float64, bool) {
		c, ok := w.version(version)
		if !ok {
			return 0, false
		}
		for _, t := range c.Trials() {
			if t.Step != step {
				continue
			}
			for i, v := range t.Variants {
				if v == arm {
					return t.Shares[i], true
				}
			}
		}
		return 0, true // that version did not have it
	}
}
