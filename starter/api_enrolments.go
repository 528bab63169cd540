package starter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// Enrolments lets many in, in the background.
type Enrolments interface {
	Begin(ctx context.Context, e store.OpenEnrolment) error
	// Look and LookAll (of a journey, or with an empty name of all) say that something was changed.
	Look(ctx context.Context, enrolment string) error
	LookAll(ctx context.Context, journey string) error
}

type audienceSaid struct {
	Segment   string `json:"segment,omitempty" maxLength:"200" doc:"Everybody in this segment."`
	Rule      string `json:"rule,omitempty" maxLength:"20000" doc:"Everybody of whom this rule is true."`
	List      bool   `json:"list,omitempty" doc:"The people whose ids are sent to the enrolment, before it begins."`
	PerMinute int    `json:"per_minute,omitempty" minimum:"0" maximum:"1000000" doc:"How many may enter in a minute; 0: as many as it goes."`
	Spread    string `json:"spread,omitempty" doc:"Over how long their runs begin, such as 2h."`
}

type enrolmentView struct {
	ID         string           `json:"id"`
	Journey    string           `json:"journey"`
	Source     string           `json:"source" enum:"segment,rule,ids,schedule"`
	Segment    string           `json:"segment,omitempty"`
	Rule       string           `json:"rule,omitempty"`
	Occurrence *time.Time       `json:"occurrence,omitempty" doc:"Of a schedule: when the first clocks on Earth come to it."`
	State      string           `json:"state" enum:"draft,running,paused,cancelled,done"`
	Held       string           `json:"held,omitempty" doc:"What holds it, in words."`
	Why        string           `json:"why,omitempty" doc:"Of one that let nobody in: paused, stale or archived."`
	PerMinute  int              `json:"per_minute,omitempty"`
	Spread     string           `json:"spread,omitempty"`
	Total      int64            `json:"total" doc:"As it was counted before it began."`
	Seen       int64            `json:"seen"`
	Entered    int64            `json:"entered"`
	Refused    map[string]int64 `json:"refused" doc:"By reason; not_in_audience: no longer in it when it was their turn."`
	By         string           `json:"by,omitempty"`
	CreatedAt  time.Time        `json:"created_at"`
	FinishedAt *time.Time       `json:"finished_at,omitempty"`
}

func viewOf(e *store.Enrolment, standing store.EnrolStanding) enrolmentView {
	v := enrolmentView{
		ID: e.ID, Journey: e.Journey, Source: string(e.Source), State: string(e.State), Why: e.Why, PerMinute: e.PerMinute, Total: e.Total,
		Seen: e.Counts.Seen, Entered: e.Counts.Entered, Refused: e.Counts.Refused, By: e.CreatedBy, CreatedAt: e.CreatedAt,
	}
	switch e.Source {
	case store.BySegment:
		v.Segment = e.Audience
	case store.ByRule:
		v.Rule = e.Audience
	}
	if e.Spread > 0 {
		v.Spread = e.Spread.String()
	}
	if !e.Occurrence.IsZero() {
		v.Occurrence = &e.Occurrence
	}
	if !e.FinishedAt.IsZero() {
		v.FinishedAt = &e.FinishedAt
	}
	if v.Refused == nil {
		v.Refused = map[string]int64{}
	}
	switch {
	case e.State == store.EnrolPaused:
		v.Held = "it is paused"
	case e.State != store.EnrolRunning:
	case standing.AllPaused:
		v.Held = "everything is paused"
	case standing.JourneyPaused:
		v.Held = "the journey is paused"
	}
	return v
}

// OneEnrolment names an enrolment in a path.
type OneEnrolment struct {
	Enrolment string `path:"enrolment"`
}

func (s *server) enrolmentAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "prepare-enrolment", Method: http.MethodPost, Path: "/api/journeys/{journey}/enrolments", Tags: []string{"Enrolments"}, Summary: "Prepare to let many into a journey",
		Description: "Says how many people that concerns. Nobody enters before it is begun; the journey must say api: true.",
	}, func(ctx context.Context, in *struct {
		OneJourney
		Body audienceSaid
	}) (*body[enrolmentView], error) {
		return s.prepare(ctx, in.Journey, in.Body)
	})
	huma.Register(api, huma.Operation{
		OperationID: "name-enrolled", Method: http.MethodPost, Path: "/api/enrolments/{enrolment}/ids", Tags: []string{"Enrolments"}, Summary: "Name people of a list",
		Description: "Your ids of people, at most 20,000 at once; sent twice they count once. Those that nobody has are told, and not created.",
	}, func(ctx context.Context, in *struct {
		OneEnrolment
		Body struct {
			UserIDs []string `json:"user_ids" maxItems:"20000" nullable:"false"`
		}
	}) (*body[namedView], error) {
		return s.nameEnrolled(ctx, in.Enrolment, in.Body.UserIDs)
	})
	huma.Register(api, huma.Operation{
		OperationID: "begin-enrolment", Method: http.MethodPost, Path: "/api/enrolments/{enrolment}/begin", Tags: []string{"Enrolments"}, Summary: "Let them in",
	}, func(ctx context.Context, in *struct {
		OneEnrolment
		Body struct {
			Confirm int64 `json:"confirm,omitempty" doc:"How many people this may let in; wanted above the workspace's confirm_above."`
		}
	}) (*body[enrolmentView], error) {
		return s.beginEnrolment(ctx, in.Enrolment, in.Body.Confirm)
	})
	huma.Register(api, huma.Operation{
		OperationID: "list-enrolments", Method: http.MethodGet, Path: "/api/enrolments", Tags: []string{"Enrolments"}, Summary: "List enrolments, newest first",
		Description: "Those that were asked for, and one for each occurrence of a schedule.",
	}, func(ctx context.Context, in *struct {
		Page
		Journey string `query:"journey"`
	}) (*body[enrolmentPage], error) {
		return s.listEnrolments(ctx, in.Journey, in.Page)
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-enrolment", Method: http.MethodGet, Path: "/api/enrolments/{enrolment}", Tags: []string{"Enrolments"}, Summary: "Tell how far an enrolment is",
	}, func(ctx context.Context, in *OneEnrolment) (*body[enrolmentView], error) {
		return s.enrolmentView(ctx, in.Enrolment)
	})
	for name, change := range map[string]func(context.Context, string) error{
		"pause":  func(ctx context.Context, id string) error { return s.Store.PauseEnrolment(ctx, id, true) },
		"resume": func(ctx context.Context, id string) error { return s.Store.PauseEnrolment(ctx, id, false) },
		"cancel": func(ctx context.Context, id string) error {
			return s.Store.EndEnrolment(ctx, id, store.EnrolCancelled, "")
		},
	} {
		huma.Register(api, huma.Operation{
			OperationID: name + "-enrolment", Method: http.MethodPost, Path: "/api/enrolments/{enrolment}/" + name, Tags: []string{"Enrolments"},
			Summary: map[string]string{"pause": "Hold an enrolment", "resume": "Let an enrolment go on", "cancel": "End an enrolment; whoever has entered stays"}[name],
		}, func(ctx context.Context, in *OneEnrolment) (*body[enrolmentView], error) {
			return s.changeEnrolment(ctx, in.Enrolment, change)
		})
	}
}

// prepare makes a draft and counts whom it concerns.
func (s *server) prepare(ctx context.Context, name string, in audienceSaid) (*body[enrolmentView], error) {
	if err := s.takesEnrolments(ctx, name); err != nil {
		return nil, s.apiError("journey "+name, err)
	}
	e := &store.Enrolment{Journey: name, State: store.EnrolDraft, PerMinute: in.PerMinute, CreatedBy: operator(ctx)}
	if in.Spread != "" {
		d, err := calendar.ParseDuration(in.Spread)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("spread: " + err.Error())
		}
		e.Spread = d.AddTo(time.Time{}, time.UTC).Sub(time.Time{})
	}
	said := 0
	for source, audience := range map[store.EnrolmentSource]string{store.BySegment: in.Segment, store.ByRule: in.Rule} {
		if audience != "" {
			e.Source, e.Audience = source, audience
			said++
		}
	}
	if in.List {
		e.Source = store.ByIDs
		said++
	}
	if said != 1 {
		return nil, huma.Error422UnprocessableEntity("write exactly one of segment, rule and list")
	}
	audience, err := s.audience(ctx, e)
	if err != nil {
		return nil, s.apiError("the audience", err)
	}
	if e.Source != store.ByIDs {
		if e.Total, err = s.Store.CountAudience(ctx, audience, time.Now(), nil); err != nil {
			return nil, s.apiError("counting the audience", err)
		}
	}
	if err := s.Store.AddEnrolment(ctx, e); err != nil {
		return nil, s.apiError("preparing the enrolment", err)
	}
	return s.enrolmentView(ctx, e.ID)
}

// audience checks whom an enrolment concerns.
func (s *server) audience(ctx context.Context, e *store.Enrolment) (*store.Audience, error) {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return nil, err
	}
	switch e.Source {
	case store.BySegment:
		known, err := s.library.HasSegment(ctx, e.Audience, &d.Settings)
		if err == nil && !known {
			err = huma.Error422UnprocessableEntity("there is no segment " + e.Audience + "; publish segments/" + e.Audience + ".yaml first")
		}
		if err != nil {
			return nil, err
		}
	case store.ByRule:
		_, problems, err := s.library.Rule(ctx, e.Audience, &d.Settings)
		if err != nil {
			return nil, err
		}
		if len(problems) > 0 {
			var all []error
			for _, p := range problems {
				all = append(all, &huma.ErrorDetail{Location: fmt.Sprintf("rule:%d:%d", p.Position.Line, p.Position.Column), Message: p.Message})
			}
			return nil, huma.Error422UnprocessableEntity("this is no rule", all...)
		}
	}
	return s.library.Audience(ctx, e)
}

type namedView struct {
	Unknown []string `json:"unknown" doc:"Ids that nobody has."`
	Total   int64    `json:"total" doc:"People that are named by now."`
}

func (s *server) nameEnrolled(ctx context.Context, id string, users []string) (*body[namedView], error) {
	e, _, err := s.Store.Enrolment(ctx, id)
	if err != nil {
		return nil, s.apiError("enrolment "+id, err)
	}
	if e.Source != store.ByIDs || e.State != store.EnrolDraft {
		return nil, huma.Error409Conflict("enrolment " + id + " takes no ids, or has begun; prepare another")
	}
	unknown, err := s.Store.AddUsers(ctx, id, users)
	if err != nil {
		return nil, s.apiError("naming people", err)
	}
	if e, _, err = s.Store.Enrolment(ctx, id); err != nil {
		return nil, s.apiError("enrolment "+id, err)
	}
	return &body[namedView]{namedView{Unknown: append([]string{}, unknown...), Total: e.Total}}, nil
}

// draftLasts is how long the count of a draft may be taken for what it concerns.
const draftLasts = 6 * time.Hour

// beginEnrolment lets a draft begin. Asked again it answers how far that is.
func (s *server) beginEnrolment(ctx context.Context, id string, confirmed int64) (*body[enrolmentView], error) {
	e, standing, err := s.Store.Enrolment(ctx, id)
	if err != nil {
		return nil, s.apiError("enrolment "+id, err)
	}
	if e.State == store.EnrolDraft {
		if standing.Now.Sub(e.CreatedAt) > draftLasts {
			return nil, huma.Error409Conflict("enrolment " + id + " was prepared too long ago, and may concern others by now; prepare another")
		}
		d, err := s.Store.Deployment(ctx)
		if err != nil {
			return nil, s.apiError("beginning the enrolment", err)
		}
		if e.Total > d.Settings.Unasked() && confirmed < e.Total {
			return nil, huma.Error409Conflict(fmt.Sprintf(`this lets up to %d people in; confirm it with {"confirm": %d}`, e.Total, e.Total))
		}
		if err := s.Store.BeginEnrolment(ctx, id); err != nil {
			return nil, s.apiError("beginning the enrolment", err)
		}
	}
	// Should this process die here, or Temporal be away, the loop that looks after enrolments begins it.
	if s.Enrolments == nil {
		return s.enrolmentView(ctx, id)
	}
	if err := s.Enrolments.Begin(ctx, store.OpenEnrolment{ID: e.ID, Journey: e.Journey, Source: string(e.Source)}); err != nil {
		s.Log.Warn("an enrolment is not yet begun", zap.String("enrolment", id), zap.Error(err))
	}
	return s.enrolmentView(ctx, id)
}

type enrolmentPage struct {
	Enrolments []enrolmentView `json:"enrolments"`
	Next       string          `json:"next,omitempty"`
}

func (s *server) listEnrolments(ctx context.Context, journey string, p Page) (*body[enrolmentPage], error) {
	all, err := s.Store.Enrolments(ctx, journey, p.After, p.most())
	if err != nil {
		return nil, s.apiError("listing enrolments", err)
	}
	out := enrolmentPage{Enrolments: []enrolmentView{}}
	for _, e := range all {
		out.Enrolments = append(out.Enrolments, viewOf(e, store.EnrolStanding{}))
	}
	out.Next = next(len(all), p.most(), func() string { return all[len(all)-1].ID })
	return &body[enrolmentPage]{out}, nil
}

func (s *server) enrolmentView(ctx context.Context, id string) (*body[enrolmentView], error) {
	e, standing, err := s.Store.Enrolment(ctx, id)
	if err != nil {
		return nil, s.apiError("enrolment "+id, err)
	}
	return &body[enrolmentView]{viewOf(e, standing)}, nil
}

func (s *server) changeEnrolment(ctx context.Context, id string, change func(context.Context, string) error) (*body[enrolmentView], error) {
	e, _, err := s.Store.Enrolment(ctx, id)
	if err != nil {
		return nil, s.apiError("enrolment "+id, err)
	}
	switch err := change(ctx, id); {
	case errors.Is(err, store.ErrEnded):
		return nil, huma.Error409Conflict("enrolment " + id + " is " + string(e.State))
	case err != nil:
		return nil, s.apiError("enrolment "+id, err)
	}
	if s.Enrolments == nil {
		return s.enrolmentView(ctx, id)
	}
	if err := s.Enrolments.Look(ctx, id); err != nil { // it sees it by itself, later
		s.Log.Warn("an enrolment was not told", zap.String("enrolment", id), zap.Error(err))
	}
	return s.enrolmentView(ctx, id)
}

// holdsChanged tells those that let many in of a pause, or its end; they see it by themselves, later.
func (s *server) holdsChanged(ctx context.Context, journey string) {
	s.Schedules.Ring()
	if s.Enrolments == nil {
		return
	}
	if err := s.Enrolments.LookAll(ctx, journey); err != nil {
		s.Log.Warn("enrolments were not told of a pause, or its end", zap.Error(err))
	}
}
