package starter

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// line is one thing of a person's story.
type line struct {
	At      time.Time       `json:"at" doc:"Real time."`
	RunTime *time.Time      `json:"run_time,omitempty" doc:"By the clock of the run, where that is not real time. What belongs to no run has one where all runs of the person share a clock."`
	Kind    string          `json:"kind" enum:"event,segment,decision,message,refusal"`
	Words   string          `json:"words" doc:"What happened, for people."`
	Name    string          `json:"name,omitempty" doc:"Of an event, its name; of a segment, its key; of a decision, its kind; of a message, its state."`
	Reason  string          `json:"reason,omitempty" doc:"Of a decision, a refusal or a segment, or of a message that was not sent."`
	Journey string          `json:"journey,omitempty"`
	Step    string          `json:"step,omitempty"`
	Run     string          `json:"run,omitempty"`
	Message string          `json:"message,omitempty" doc:"A message's id."`
	Times   int64           `json:"times,omitempty" doc:"Of a refusal, how often; at is the last time."`
	Details json.RawMessage `json:"details,omitempty" doc:"An event's properties, or what a decision looked at."`
	order   int64
}

type story struct {
	Profile profileView `json:"profile"`
	Lines   []line      `json:"lines" doc:"In the order of real time."`
}

func (s *server) storyAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-story", Method: http.MethodGet, Path: "/api/profiles/{name}/story", Tags: []string{"Profiles"}, Summary: "Explain a person: every decision with its reason",
		Description: "Events, segments, decisions, messages and refusals in the order of time; of the newest as many as wanted.",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Limit int `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	}) (*body[story], error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		lines, err := s.lines(ctx, p, in.Limit)
		if err != nil {
			return nil, s.apiError("the story of "+in.Name, err)
		}
		return &body[story]{story{Profile: viewProfile(p), Lines: lines}}, nil
	})
}

func (s *server) lines(ctx context.Context, p *profile.Profile, most int) ([]line, error) {
	events, err := s.Store.EventsOfProfile(ctx, p.ID, most)
	if err != nil {
		return nil, err
	}
	decisions, err := s.Store.DecisionsOfProfile(ctx, p.ID, most)
	if err != nil {
		return nil, err
	}
	messages, err := s.Store.MessagesOfProfile(ctx, p.ID, most)
	if err != nil {
		return nil, err
	}
	refusals, err := s.Store.RefusalsOfProfile(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	segments, err := s.Store.SegmentChangesOfProfile(ctx, p.ID, most)
	if err != nil {
		return nil, err
	}
	clocks, err := s.clocks(ctx, p.ID, most)
	if err != nil {
		return nil, err
	}
	all := []line{}
	for _, e := range events {
		all = append(all, eventLine(e))
	}
	for _, c := range segments {
		all = append(all, segmentLine(c))
	}
	verdicts := verdictTimes(decisions)
	for _, d := range decisions {
		all = append(all, line{At: d.At, RunTime: d.RunTime, Kind: "decision", Name: d.Kind, Words: cmp.Or(d.Words, d.Kind+": "+d.Reason), Reason: d.Reason, Journey: d.Journey, Step: d.Step, Run: d.RunID, Details: d.Inputs, order: d.ID})
	}
	for _, m := range messages {
		all = append(all, messageLine(m, verdicts))
	}
	for _, r := range refusals {
		all = append(all, line{At: r.Last, Kind: "refusal", Words: fmt.Sprintf("not entered into %s: %s (%d times so far)", r.Journey, r.Reason, r.Count), Reason: r.Reason, Journey: r.Journey, Times: r.Count})
	}
	for i := range all {
		clocks.tell(&all[i])
	}
	rank := map[string]int{"event": 0, "segment": 1, "refusal": 2, "decision": 3, "message": 4}
	slices.SortStableFunc(all, func(a, b line) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.order, b.order))
	})
	return all[max(0, len(all)-most):], nil
}

func eventLine(e store.EventRow) line {
	l := line{At: e.Arrival, Kind: "event", Name: e.Name, Words: e.Name, Details: e.Properties, order: e.Number}
	switch journey, enrolled := strings.CutPrefix(e.Source, enrollSource); {
	case enrolled && e.Name == dispatch.ScheduledEvent:
		l.Words, l.Journey = "the schedule of "+journey+" came round", journey
	case enrolled:
		l.Words, l.Journey = "enrolled into "+journey, journey
	case e.Start != "":
		l.Words, l.Journey = "a run's step starts "+e.Start, e.Start
	case e.Name == "" && bytes.Contains(e.Properties, []byte(`"merged": true`)):
		l.Words = "became one with another profile"
	case e.Name == "" && len(e.Changed) == 0:
		l.Words = "came to be known"
	case e.Name == "":
		l.Words = "changed: " + shown(e.Changed)
	case len(e.Changed) > 0:
		l.Words = e.Name + " (changed: " + shown(e.Changed) + ")"
	}
	if late := e.Arrival.Sub(e.Time).Round(time.Second); late > time.Minute {
		l.Words += fmt.Sprintf(", which happened at %s and came %s late", e.Time.UTC().Format(time.RFC3339), late)
	}
	return l
}
