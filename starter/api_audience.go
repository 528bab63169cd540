package starter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

type planView struct {
	Statement string `json:"statement" doc:"In SQL."`
	Args      []any  `json:"args" doc:"What its placeholders stand for, in order."`
	Plan      string `json:"plan" doc:"How Postgres means to work it out, as EXPLAIN says it."`
}

type countRequest struct {
	Rule    string `json:"rule" minLength:"1" maxLength:"20000" doc:"A rule as segments have it, such as user.plan == \"free\"."`
	Explain bool   `json:"explain,omitempty" doc:"Say how it would be worked out instead."`
}

type listRequest struct {
	Rule    string `json:"rule" minLength:"1" maxLength:"20000" doc:"A rule as segments have it, such as user.plan == \"free\"."`
	Explain bool   `json:"explain,omitempty" doc:"Say how it would be worked out instead."`
	After   string `json:"after,omitempty" doc:"Go on behind this person: the next of the answer before."`
	Limit   int    `json:"limit,omitempty" minimum:"1" maximum:"500" default:"100" doc:"How many at most."`
}

type counted struct {
	Count   int64     `json:"count"`
	Explain *planView `json:"explain,omitempty"`
}

type listed struct {
	People  []SegmentMember `json:"people"`
	Next    string          `json:"next,omitempty" doc:"Give it as after to go on."`
	Explain *planView       `json:"explain,omitempty"`
}

func (s *server) audienceAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "count-audience", Method: http.MethodPost, Path: "/api/audience/count", Tags: []string{"Audiences"}, Summary: "Count the people of whom a rule is true",
	}, func(ctx context.Context, in *body[countRequest]) (*body[counted], error) {
		ctx, cancel := patient(ctx)
		defer cancel()
		condition, err := s.condition(ctx, in.Body.Rule)
		if err != nil {
			return nil, err
		}
		out := &body[counted]{}
		if in.Body.Explain {
			plan, err := s.Store.ExplainCount(ctx, condition)
			out.Body.Explain = viewPlan(plan)
			return out, s.audienceError(err)
		}
		out.Body.Count, err = s.Store.CountMatching(ctx, condition)
		return out, s.audienceError(err)
	})
	huma.Register(api, huma.Operation{
		OperationID: "list-audience", Method: http.MethodPost, Path: "/api/audience/list", Tags: []string{"Audiences"}, Summary: "List the people of whom a rule is true",
	}, func(ctx context.Context, in *body[listRequest]) (*body[listed], error) {
		ctx, cancel := patient(ctx)
		defer cancel()
		condition, err := s.condition(ctx, in.Body.Rule)
		if err != nil {
			return nil, err
		}
		most := Page{Limit: in.Body.Limit}.most()
		out := &body[listed]{listed{People: []SegmentMember{}}}
		if in.Body.Explain {
			plan, err := s.Store.ExplainMatching(ctx, condition, in.Body.After, most)
			out.Body.Explain = viewPlan(plan)
			return out, s.audienceError(err)
		}
		people, err := s.Store.PeopleMatching(ctx, condition, in.Body.After, most)
		for _, p := range people {
			out.Body.People = append(out.Body.People, SegmentMember{ID: p.ID, UserID: p.UserID})
		}
		out.Body.Next = next(len(people), most, func() string { return people[len(people)-1].ID })
		return out, s.audienceError(err)
	})
}

// audienceTime is how long a question about everybody may take: longer than the database may, shorter than
// the connection is held.
const audienceTime = 38 * time.Second

// patient lets a question about everybody take longer than other requests.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), audienceTime)
}

func viewPlan(p store.Plan) *planView {
	return &planView{Statement: p.Statement, Args: append([]any{}, p.Args...), Plan: p.Plan}
}

func (s *server) audienceError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrTooLong):
		return huma.Error422UnprocessableEntity("the database took too long to answer this for everybody; write a rule that begins with an attribute that workspace.yaml declares, " +
			"or with events within a shorter time, or make a segment of it")
	}
	return s.apiError("the audience", err)
}

// condition puts a rule to the database; everything that is wrong with it is said at once.
func (s *server) condition(ctx context.Context, text string) (rules.Condition, error) {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return rules.Condition{}, s.apiError("the rule", err)
	}
	seen, err := s.seen(ctx, &d.Settings)
	if err != nil {
		return rules.Condition{}, s.apiError("the rule", err)
	}
	rule, problems, err := s.library.Rule(ctx, text, &d.Settings, seen)
	if err != nil {
		return rules.Condition{}, s.apiError("the rule", err)
	}
	var condition rules.Condition
	if rule != nil {
		if k := rule.Kind(); k != rules.Bool && k != rules.Unknown {
			problems = append(problems, rules.Problem{Position: rules.Position{File: "rule", Line: 1, Column: 1},
				Message: fmt.Sprintf("the rule is a %s and never true or false; write a comparison", k)})
		} else if condition, problems, err = s.library.Condition(ctx, rule, &d.Settings); err != nil {
			return rules.Condition{}, s.apiError("the rule", err)
		}
	}
	if len(problems) == 0 {
		return condition, nil
	}
	wrong := make([]error, len(problems))
	for i, p := range problems {
		wrong[i] = &huma.ErrorDetail{Location: "body.rule", Message: p.String(), Value: text}
	}
	words := "the rule has a problem"
	if len(wrong) > 1 {
		words = fmt.Sprintf("the rule has %d problems", len(wrong))
	}
	return rules.Condition{}, huma.Error422UnprocessableEntity(words, wrong...)
}

// fullList is how many names are kept for suggestions at most: of a list as long as that nobody knows
// what is missing.
const fullList = 5000

// seen is what came from outside, and the events that journeys themselves bring about.
func (s *server) seen(ctx context.Context, settings *store.Settings) (rules.Option, error) {
	attributes, err := s.Store.SeenNames(ctx, "attribute")
	if err != nil {
		return nil, err
	}
	events, err := s.Store.SeenNames(ctx, "event")
	if err != nil {
		return nil, err
	}
	published, err := s.Store.Journeys(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range published {
		j, err := s.library.Compiled(ctx, p.Journey, p.Version, settings)
		if err != nil {
			return nil, err
		}
		m := j.Mentions()
		attributes, events = append(attributes, m.Sets...), append(events, m.Emits...)
	}
	if len(attributes) >= fullList {
		attributes = nil
	}
	if len(events) >= fullList {
		events = nil
	}
	if len(events) > 0 {
		events = slices.Concat(events, profile.OwnEvents())
	}
	return rules.Seen(attributes, events), nil
}
