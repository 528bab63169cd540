package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Segments are a workspace's segments, ready to be worked out, with what their rules look things up in.
type Segments struct {
	*segment.Set
	Catalogs  map[string]rules.Catalog
	Calendars map[string]rules.Calendar
	Trends    Trends
}

// rising are these segments, with what is on the rise now.
func (s *Segments) rising(t Trends) *Segments {
	if s == nil {
		return nil
	}
	now := *s
	now.Trends = t
	return &now
}

// Segments compiles the segments of a deployment; nil when it has none. Those that do not compile any
// more are left out: their members stay as they are.
func (l *Library) Segments(ctx context.Context, s *Settings) (*Segments, error) {
	if s.ReferenceID == "" {
		return nil, nil
	}
	id := s.ReferenceID + " " + s.Topics.id()
	l.mu.RLock()
	known, ok := l.segments[id]
	l.mu.RUnlock()
	if ok {
		return known.rising(s.Trends), nil
	}
	reference, err := l.store.reference(ctx, s.ReferenceID)
	if err != nil {
		return nil, err
	}
	if len(reference.Segments) > 0 {
		set, err := segment.New(reference.Segments, s.Topics.Defaults())
		if set == nil {
			return nil, err
		}
		known = &Segments{Set: set, Catalogs: reference.Catalogs, Calendars: reference.Calendars}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments[id] = known
	return known.rising(s.Trends), nil
}

// publishSegments writes down which segments there are, and by what is known who is in them: where that
// has changed, everybody is to be looked at.
func (s *Settings) publishSegments(ctx context.Context, q *queries.Queries) error {
	set, err := segment.New(s.Reference.Segments, s.Topics.Defaults())
	if set == nil {
		return err
	}
	keep := make([]string, 0, len(s.Reference.Segments))
	for i, d := range s.Reference.Segments {
		keep = append(keep, d.Key)
		err := q.PublishSegment(ctx, queries.PublishSegmentParams{
			Segment: d.Key, Place: int32(i), Name: d.Name, Rule: d.Rule, Hash: s.segmentHash(set, d), Listens: append([]string{}, set.Listens(d.Key)...),
		})
		if err != nil {
			return err
		}
	}
	return q.ArchiveOtherSegments(ctx, keep)
}

// SegmentHashes are what the segments of settings are known by: where one changes, so may its members.
func (s *Settings) SegmentHashes() (map[string]string, error) {
	set, err := segment.New(s.Reference.Segments, s.Topics.Defaults())
	if set == nil {
		return nil, err
	}
	all := make(map[string]string, len(s.Reference.Segments))
	for _, d := range s.Reference.Segments {
		all[d.Key] = s.segmentHash(set, d)
	}
	return all, nil
}

// segmentHash changes with whatever may change who is in a segment, people apart. Local time is in
// most rules, so the workspace's zone always counts.
func (s *Settings) segmentHash(set *segment.Set, d segment.Definition) string {
	content := struct {
		Rule, Zone string
		Topics     map[string]bool
		Catalogs   map[string]rules.Catalog
		Calendars  map[string]rules.Calendar
		Trends     Trends `json:",omitempty"`
	}{d.Rule, s.Zone().String(), map[string]bool{}, map[string]rules.Catalog{}, map[string]rules.Calendar{}, Trends{}}
	if rule := set.Rule(d.Key); rule != nil {
		reads := rule.Reads()
		for _, topic := range reads.Consents {
			content.Topics[topic] = s.Subscribed(topic, "")
		}
		for _, name := range reads.Catalogs {
			content.Catalogs[name] = s.Catalogs[name]
		}
		for _, name := range reads.Calendars {
			content.Calendars[name] = s.Calendars[name]
		}
		for _, trend := range reads.Trends {
			content.Trends[trend] = s.Trends[trend]
		}
	}
	sum := sha256.Sum256(encode(content))
	return hex.EncodeToString(sum[:12])
}

// Person is the locked profile, as segments see it. Tx is one.
type Person interface {
	Now() time.Time
	Profile() *profile.Profile
	History(ctx context.Context, wants []Want) (Past, error)
	SaveSegments(ctx context.Context, c SegmentChanges) error
}

// SegmentChanges are what a look at a person's segments came to.
type SegmentChanges struct {
	Flips []segment.Flip
	Due   []segment.Due // in real time
	Why   segment.Why
	Cause string // the event's name, or those of what was changed
}

// Look is a look at somebody's segments.
type Look struct {
	Change segment.Change
	UpTo   int64 // the number of the last event that counts: those behind it have their own look yet to come
	Why    segment.Why
	Cause  string
	Zone   *time.Location // the workspace's
	Clock  calendar.Clock // what the deployment lives by
}

// Update looks at the segments that a change concerns, saves who is in them now, and says which have
// flipped, the person's profile being changed already. All of them read the past in one query.
func (s *Segments) Update(ctx context.Context, p Person, l Look) ([]segment.Flip, error) {
	if s == nil || p.Profile().Erased {
		return nil, nil
	}
	part := s.Concerned(l.Change)
	if part == nil {
		return nil, nil
	}
	now := l.Clock.ToVirtual(p.Now())
	past, err := p.History(ctx, Wants(journey.Needs{Events: part.Reads().Events}, Sight{Now: now, Clock: l.Clock, UpTo: l.UpTo}))
	if err != nil {
		return nil, err
	}
	past.UpTo(l.UpTo)
	past.InClock(l.Clock)
	person := p.Profile()
	out := part.Evaluate(rules.Facts{
		Now: now, Zone: journey.Facts{Zone: l.Zone, Profile: person}.Home(), Profile: person, History: past.Events, Days: past.Days,
		Segments: person.Segments, Catalogs: s.Catalogs, Calendars: s.Calendars, Trends: s.Trends,
	})
	for i := range out.Due {
		out.Due[i].At = l.Clock.ToReal(out.Due[i].At)
	}
	if len(out.Flips) == 0 && len(out.Due) == 0 {
		return nil, nil
	}
	if person.Segments == nil {
		person.Segments = map[string]bool{}
	}
	for _, f := range out.Flips {
		person.Segments[f.Segment] = f.Entered
	}
	return out.Flips, p.SaveSegments(ctx, SegmentChanges{Flips: out.Flips, Due: out.Due, Why: l.Why, Cause: l.Cause})
}

// SaveSegments writes down who the locked profile is in now, what has changed of that, and when to look
// again.
func (t *Tx) SaveSegments(ctx context.Context, c SegmentChanges) error {
	if len(c.Due) > 0 {
		arm := queries.ArmSegmentsParams{ProfileID: t.profile.ID}
		for _, d := range c.Due {
			arm.Segments, arm.Ats = append(arm.Segments, d.Segment), append(arm.Ats, d.At)
		}
		if err := t.later.ArmSegments(ctx, arm); err != nil {
			return err
		}
	}
	if len(c.Flips) == 0 {
		return nil
	}
	if err := t.later.SaveSegments(ctx, queries.SaveSegmentsParams{ID: t.profile.ID, Segments: t.profile.SegmentKeys()}); err != nil {
		return err
	}
	rows := queries.InsertSegmentChangesParams{ProfileID: t.profile.ID, At: t.now, Why: string(c.Why), Cause: c.Cause}
	for _, f := range c.Flips {
		rows.Segments, rows.Entered = append(rows.Segments, f.Segment), append(rows.Entered, f.Entered)
	}
	return t.later.InsertSegmentChanges(ctx, rows)
}

// Cause is what stands in the history of memberships as what a change came by.
func Cause(names []string) string { return strings.Join(names, ", ") }
