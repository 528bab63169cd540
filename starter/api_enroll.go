package starter

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/store"
)

// enrollSource begins the source of enrolments' event ids, so that they never meet those of a key.
const enrollSource = "enroll/"

type enrolment struct {
	UserID         string         `json:"user_id,omitempty" maxLength:"512" doc:"Your id of the person; a profile is made when there is none."`
	AnonymousID    string         `json:"anonymous_id,omitempty" maxLength:"512" doc:"The same for somebody anonymous."`
	Profile        string         `json:"profile,omitempty" doc:"Mixtape's own id instead."`
	Properties     map[string]any `json:"properties,omitempty" doc:"What rules and templates read as entry.<property>."`
	IdempotencyKey string         `json:"idempotency_key,omitempty" maxLength:"100" doc:"Asked again with the same one, the answer is the first verdict."`
}

type enrolled struct {
	Run     string `json:"run,omitempty" doc:"The run, when they entered."`
	Refused string `json:"refused,omitempty" doc:"Else why not: paused, erased, where_false, stale, reentry, limit, holdout or loop."`
	Profile string `json:"profile"`
}

func (s *server) enrollAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "enroll", Method: http.MethodPost, Path: "/api/journeys/{journey}/enroll", Tags: []string{"Journeys"}, Summary: "Let a person into a journey",
		Description: "Under the journey's own entry rules; it must say api: true.",
	}, func(ctx context.Context, in *struct {
		OneJourney
		Body enrolment
	}) (*body[enrolled], error) {
		if err := s.takesEnrolments(ctx, in.Journey); err != nil {
			return nil, s.apiError("journey "+in.Journey, err)
		}
		id, err := s.enrollee(ctx, in.Body)
		if err != nil {
			return nil, s.apiError("the person", err)
		}
		var out enrolled
		err = s.again(ctx, func() error {
			return s.Store.InProfile(ctx, id, func(tx *store.Tx) error {
				out, err = s.enroll(ctx, tx, in.Journey, in.Body)
				return err
			})
		})
		if err != nil {
			return nil, s.apiError("enrolling into "+in.Journey, err)
		}
		s.Bell.Ring()
		s.Relay.Ring()
		return &body[enrolled]{out}, nil
	})
}

func (s *server) takesEnrolments(ctx context.Context, name string) error {
	p, err := s.published(ctx, name)
	if err != nil {
		return err
	}
	if p.Archived {
		return huma.Error409Conflict("journey " + name + " is archived; publish it again")
	}
	c, err := s.Handler.Library.Compiled(ctx, name, p.Version, nil)
	if err != nil {
		return err
	}
	if !c.Entry().API {
		return huma.Error409Conflict("journey " + name + " takes no enrolments; write api: true under its entry")
	}
	return nil
}

func (s *server) enrollee(ctx context.Context, in enrolment) (string, error) {
	named := 0
	for _, id := range []string{in.UserID, in.AnonymousID, in.Profile} {
		if id != "" {
			named++
		}
	}
	if named != 1 {
		return "", huma.Error422UnprocessableEntity("write exactly one of user_id, anonymous_id and profile")
	}
	if in.Profile == "" {
		return s.Store.ProfileFor(ctx, in.UserID, in.AnonymousID)
	}
	p, err := s.Store.Profile(ctx, in.Profile)
	if err != nil {
		return "", err
	}
	return p.ID, nil
}

// enroll gives the enrolment a number among the profile's events and asks the one judge of entries.
func (s *server) enroll(ctx context.Context, tx *store.Tx, name string, in enrolment) (enrolled, error) {
	out := enrolled{Profile: tx.Profile().ID}
	if tx.Profile().Erased {
		out.Refused = "erased"
		return out, nil
	}
	source := enrollSource + name
	if in.IdempotencyKey != "" {
		fresh, err := tx.TakeEventID(ctx, source, in.IdempotencyKey)
		if err != nil {
			return out, err
		}
		if !fresh {
			before, err := dispatch.EnrolledBefore(ctx, tx, source, in.IdempotencyKey, name)
			out.Run, out.Refused = before.Run, before.Refused
			return out, err
		}
	}
	e, err := tx.AddEvent(ctx, store.NewEvent{ID: in.IdempotencyKey, Source: source, Name: dispatch.EnrolledEvent, Properties: in.Properties})
	if err != nil {
		return out, err
	}
	verdict, err := s.Handler.Enroll(ctx, tx, name, dispatch.Entrance{Event: e, ByAPI: true})
	out.Run, out.Refused = verdict.Run, verdict.Refused
	return out, err
}
