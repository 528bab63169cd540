package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// EnrolmentSource is where an enrolment has its people from.
type EnrolmentSource string

// The sources of enrolments.
const (
	BySegment  EnrolmentSource = "segment"
	ByRule     EnrolmentSource = "rule"
	ByIDs      EnrolmentSource = "ids"
	BySchedule EnrolmentSource = "schedule"
)

// EnrolmentState is how far an enrolment is.
type EnrolmentState string

// The states of an enrolment.
const (
	EnrolDraft     EnrolmentState = "draft" // its people are being named; nobody enters
	EnrolRunning   EnrolmentState = "running"
	EnrolPaused    EnrolmentState = "paused" // by itself; a pause of its journey holds it as well
	EnrolCancelled EnrolmentState = "cancelled"
	EnrolDone      EnrolmentState = "done"
)

// NotInAudience is counted like a refusal: whoever was no longer in the audience when it was their turn.
const NotInAudience = "not_in_audience"

// Enrolment is the entry of many into one journey.
type Enrolment struct {
	ID         string // in Temporal enrol/<id>
	Journey    string
	Source     EnrolmentSource
	Audience   string        // the key of the segment, or the rule
	Occurrence time.Time     // of a schedule: when the first clocks come to it
	PerMinute  int           // how many may enter; 0: as many as it goes
	Spread     time.Duration // over how long their runs begin
	State      EnrolmentState
	Why        string // it ended without letting anybody in: paused or stale, a closed reason
	Place      EnrolPlace
	Total      int64 // as it was counted at the start
	Counts     EnrolCounts
	CreatedBy  string
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
}

// EnrolPlace is how far an enrolment has come: the people up to After are done. Of a schedule, which
// goes from instant to instant and within one from zone to zone, those are the people of that zone.
type EnrolPlace struct {
	Part  time.Time
	Zone  string
	After string
}

// EnrolCounts are what became of the people of an enrolment. Refused holds the closed reasons of
// entries, and NotInAudience.
type EnrolCounts struct {
	Seen, Entered int64
	Refused       map[string]int64
}

// Add counts one more person; an empty reason: they entered.
func (c *EnrolCounts) Add(refused string) {
	c.Seen++
	if refused == "" {
		c.Entered++
		return
	}
	c.Refused = orEmpty(c.Refused)
	c.Refused[refused]++
}

// Clone returns counts of their own.
func (c EnrolCounts) Clone() EnrolCounts {
	c.Refused = orEmpty(maps.Clone(c.Refused))
	return c
}

// EnrolStanding is what an enrolment finds around it.
type EnrolStanding struct {
	Now           time.Time // the database's clock
	AllPaused     bool
	JourneyPaused bool
	Archived      bool // the journey takes nobody any more
}

func enrolmentOf(row queries.Enrolment) (*Enrolment, error) {
	e := &Enrolment{
		ID: row.ID, Journey: row.Journey, Source: EnrolmentSource(row.Source), Audience: row.Audience, PerMinute: int(row.PerMinute),
		Spread: time.Duration(row.SpreadMs) * time.Millisecond, State: EnrolmentState(row.State), Why: row.Why,
		Place: EnrolPlace{Zone: row.Zone, After: row.AfterID}, Total: row.Total,
		Counts:    EnrolCounts{Seen: row.Seen, Entered: row.Entered},
		CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt,
	}
	for _, f := range []struct {
		to   *time.Time
		from *time.Time
	}{{&e.Occurrence, row.Occurrence}, {&e.Place.Part, row.Part}, {&e.StartedAt, row.StartedAt}, {&e.FinishedAt, row.FinishedAt}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return e, json.Unmarshal(row.Refused, &e.Counts.Refused)
}

// AddEnrolment keeps a new enrolment; one that is there already stays as it is. Its id may be given, as
// of an occurrence, or is made here.
func (s *Store) AddEnrolment(ctx context.Context, e *Enrolment) error {
	if e.ID == "" {
		e.ID = NewID("n")
	}
	return s.q.InsertEnrolment(ctx, queries.InsertEnrolmentParams{
		ID: e.ID, Journey: e.Journey, Source: string(e.Source), Audience: e.Audience, Occurrence: orNull(e.Occurrence), PerMinute: int32(e.PerMinute),
		SpreadMs: e.Spread.Milliseconds(), State: string(e.State), Why: e.Why, Part: orNull(e.Place.Part), Total: e.Total, CreatedBy: e.CreatedBy,
		StartedAt: orNull(e.StartedAt), FinishedAt: orNull(e.FinishedAt),
	})
}

// Enrolment reads an enrolment and what it stands in.
func (s *Store) Enrolment(ctx context.Context, id string) (*Enrolment, EnrolStanding, error) {
	row, err := s.q.Enrolment(ctx, id)
	if err != nil {
		return nil, EnrolStanding{}, notFound(err)
	}
	e, err := enrolmentOf(row.Enrolment)
	return e, EnrolStanding{Now: row.Now, AllPaused: row.AllPaused, JourneyPaused: row.JourneyPaused, Archived: row.Archived}, err
}

// Enrolments lists enrolments, of one journey or (empty) of all, newest first, older than before.
func (s *Store) Enrolments(ctx context.Context, journey, before string, most int) ([]*Enrolment, error) {
	rows, err := s.q.Enrolments(ctx, queries.EnrolmentsParams{Journey: journey, Before: before, Most: int32(most)})
	if err != nil {
		return nil, err
	}
	all := make([]*Enrolment, len(rows))
	for i, row := range rows {
		if all[i], err = enrolmentOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OpenEnrolment is one that Temporal is to have a workflow of.
type OpenEnrolment = queries.OpenEnrolmentsRow

// OpenEnrolments reads those that are under way, or paused by themselves.
func (s *Store) OpenEnrolments(ctx context.Context) ([]OpenEnrolment, error) {
	return s.q.OpenEnrolments(ctx)
}

// Why somebody, or an enrolment, is left alone for now.
var (
	// ErrEnded says that an enrolment is over, or that somebody else has moved it.
	ErrEnded = errors.New("it has ended")
	// ErrPaused says that the journey, or everything, is held: nobody was judged.
	ErrPaused = errors.New("it is paused")
	// ErrNotYet says that it is not a person's turn any more: their clock was moved, and comes to it later.
	ErrNotYet = errors.New("it is not their turn yet")
)

// BeginEnrolment lets a draft begin. Begun twice, it has begun.
func (s *Store) BeginEnrolment(ctx context.Context, id string) error {
	_, err := s.q.BeginEnrolment(ctx, id)
	return err
}

// PauseEnrolment holds an enrolment, or lets it go on. One that is over is ErrEnded.
func (s *Store) PauseEnrolment(ctx context.Context, id string, hold bool) error {
	change := s.q.ResumeEnrolment
	if hold {
		change = s.q.PauseEnrolment
	}
	return ended(change(ctx, id))
}

// EndEnrolment ends one that has not ended.
func (s *Store) EndEnrolment(ctx context.Context, id string, state EnrolmentState, why string) error {
	return ended(s.q.EndEnrolment(ctx, queries.EndEnrolmentParams{ID: id, State: string(state), Why: why}))
}

func ended(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrEnded
	}
	return err
}

// MoveEnrolment writes down how far an enrolment has come. ErrEnded: somebody else moved it, or ended it.
func (s *Store) MoveEnrolment(ctx context.Context, e *Enrolment, to EnrolPlace, counts EnrolCounts) error {
	err := ended(s.q.MoveEnrolment(ctx, movement(e, to, counts)))
	if err == nil {
		e.Place, e.Counts = to, counts
	}
	return err
}

func movement(e *Enrolment, to EnrolPlace, counts EnrolCounts) queries.MoveEnrolmentParams {
	return queries.MoveEnrolmentParams{
		ID: e.ID, Part: orNull(to.Part), Zone: to.Zone, AfterID: to.After, Seen: counts.Seen, Entered: counts.Entered, Refused: encode(orEmpty(counts.Refused)),
		WasSeen: e.Counts.Seen, WasPart: orNull(e.Place.Part), WasZone: e.Place.Zone, WasAfter: e.Place.After,
	}
}

// MaxUsersNamed is how many ids AddUsers takes at once.
const MaxUsersNamed = 20_000

// AddUsers adds people to a draft by the caller's ids, and returns the ids that nobody has.
func (s *Store) AddUsers(ctx context.Context, enrolment string, users []string) (unknown []string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := queries.New(tx)
		found, err := q.UsersNamed(ctx, users)
		if err != nil {
			return err
		}
		known := make(map[string]bool, len(found))
		ids := make([]string, len(found))
		for i, f := range found {
			known[f.UserID], ids[i] = true, f.ID
		}
		unknown = nil
		for _, user := range users {
			if !known[user] {
				unknown = append(unknown, user)
			}
		}
		if err := q.AddEnrolmentIDs(ctx, queries.AddEnrolmentIDsParams{Enrolment: enrolment, Ids: ids}); err != nil {
			return err
		}
		return q.CountDraft(ctx, enrolment)
	})
	return unknown, err
}
