package starter

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

type segmentView struct {
	Segment    string     `json:"segment"`
	Name       string     `json:"name"`
	Rule       string     `json:"rule"`
	Members    int64      `json:"members" doc:"People who are in it."`
	Computed   bool       `json:"computed" doc:"Everybody was looked at by this rule; until then, people are as the one before it or what they did since put them."`
	ComputedAt *time.Time `json:"computed_at,omitempty" doc:"When everybody was looked at last; since then each event looks at whom it concerns."`
}

// SegmentMember is somebody in a segment.
type SegmentMember struct {
	ID     string `json:"id" doc:"Mixtape's own."`
	UserID string `json:"user_id,omitempty"`
}

type membershipView struct {
	Segment string    `json:"segment"`
	At      time.Time `json:"at"`
	Entered bool      `json:"entered" doc:"Else they left."`
	Why     string    `json:"why" enum:"event,profile,time,rule,merge" doc:"What it came by: something they did, something that was changed of them, time alone, a rule that is new, changed or gone, or two profiles that turned out to be one person."`
	Cause   string    `json:"cause,omitempty" doc:"The event's name, or those of the changed attributes."`
}

type memberships struct {
	Segments []string         `json:"segments" doc:"That they are in now."`
	Changes  []membershipView `json:"changes" doc:"Newest first."`
}

// OneSegment is a request about a segment.
type OneSegment struct {
	Segment string `path:"segment"`
}

func (s *server) segmentAPI(api huma.API) {
	type list struct {
		Segments []segmentView `json:"segments"`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-segments", Method: http.MethodGet, Path: "/api/segments", Tags: []string{"Segments"}, Summary: "List segments and how many people are in each",
	}, func(ctx context.Context, _ *struct{}) (*body[list], error) {
		rows, err := s.Store.ListSegments(ctx, "")
		if err != nil {
			return nil, s.apiError("segments", err)
		}
		out := &body[list]{list{Segments: make([]segmentView, len(rows))}}
		for i, r := range rows {
			out.Body.Segments[i] = viewSegment(r)
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "get-segment", Method: http.MethodGet, Path: "/api/segments/{segment}", Tags: []string{"Segments"}, Summary: "Read a segment",
	}, func(ctx context.Context, in *OneSegment) (*body[segmentView], error) {
		r, err := s.segment(ctx, in.Segment)
		if err != nil {
			return nil, s.apiError("segment "+in.Segment, err)
		}
		return &body[segmentView]{viewSegment(r)}, nil
	})
	s.membersAPI(api)
}

func (s *server) membersAPI(api huma.API) {
	type members struct {
		Members []SegmentMember `json:"members"`
		Next    string          `json:"next,omitempty" doc:"Give it as after to go on."`
	}
	huma.Register(api, huma.Operation{
		OperationID: "list-segment-members", Method: http.MethodGet, Path: "/api/segments/{segment}/members", Tags: []string{"Segments"}, Summary: "List the people in a segment",
	}, func(ctx context.Context, in *struct {
		OneSegment
		Page
	}) (*body[members], error) {
		if _, err := s.segment(ctx, in.Segment); err != nil {
			return nil, s.apiError("segment "+in.Segment, err)
		}
		rows, err := s.Store.SegmentMembers(ctx, in.Segment, in.After, in.most())
		if err != nil {
			return nil, s.apiError("the members of "+in.Segment, err)
		}
		out := &body[members]{members{Members: make([]SegmentMember, len(rows))}}
		for i, r := range rows {
			out.Body.Members[i] = SegmentMember(r)
		}
		out.Body.Next = next(len(rows), in.most(), func() string { return rows[len(rows)-1].ID })
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "list-profile-segments", Method: http.MethodGet, Path: "/api/profiles/{name}/segments", Tags: []string{"Profiles"}, Summary: "List the segments that a person is in, and when they came and went",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Limit int `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	}) (*body[memberships], error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		changes, err := s.Store.SegmentChangesOfProfile(ctx, p.ID, in.Limit)
		if err != nil {
			return nil, s.apiError("the segments of "+in.Name, err)
		}
		out := &body[memberships]{memberships{Segments: p.SegmentKeys(), Changes: make([]membershipView, len(changes))}}
		for i, c := range changes {
			out.Body.Changes[i] = membershipView{Segment: c.Segment, At: c.At, Entered: c.Entered, Why: c.Why, Cause: c.Cause}
		}
		return out, nil
	})
}

func viewSegment(r store.SegmentRow) segmentView {
	return segmentView{Segment: r.Segment, Name: r.Name, Rule: r.Rule, Members: r.Members, Computed: r.Computed, ComputedAt: r.ComputedAt}
}

func (s *server) segment(ctx context.Context, key string) (store.SegmentRow, error) {
	rows, err := s.Store.ListSegments(ctx, key)
	if err == nil && len(rows) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.SegmentRow{}, err
	}
	return rows[0], nil
}

// compute begins to work out who is in segments whose rules are new, changed or gone. Should that fail,
// the loop that looks after them begins it.
func (s *server) compute(ctx context.Context) {
	uncomputed, _, err := s.Store.SegmentsToSweep(ctx)
	if err == nil && uncomputed > 0 {
		err = s.Sweeper.Segments(ctx)
	}
	if err != nil {
		s.Log.Warn("computing segments is not begun yet", zap.Error(err))
	}
}

// segmentChange is what a publication does to a segment.
type segmentChange struct {
	Segment string `json:"segment"`
	Change  string `json:"change" enum:"new,changed,archived"`
	Members int64  `json:"members" doc:"Before it."`
}

// segmentChanges says which segments publishing these settings makes, changes and takes away.
func (s *server) segmentChanges(ctx context.Context, settings store.Settings) ([]segmentChange, error) {
	before, err := s.Store.ListSegments(ctx, "")
	if err != nil {
		return nil, err
	}
	hashes, err := settings.SegmentHashes()
	if err != nil {
		return nil, err
	}
	var all []segmentChange
	known := map[string]bool{}
	for _, r := range before {
		known[r.Segment] = true
		switch hash, kept := hashes[r.Segment]; {
		case !kept:
			all = append(all, segmentChange{r.Segment, changeArchived, r.Members})
		case hash != r.Hash:
			all = append(all, segmentChange{r.Segment, changeChanged, r.Members})
		}
	}
	for _, d := range settings.Segments {
		if !known[d.Key] {
			all = append(all, segmentChange{d.Key, changeNew, 0})
		}
	}
	return all, nil
}
