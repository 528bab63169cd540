package journey

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Entry is what makes a profile enter a journey.
type Entry struct {
	Events  []string
	API     bool // an enrolment may
	Reentry Reentry
	MaxAge  calendar.Duration // an older event is refused

	Segment  string    // becoming a member of it enters; empty: none
	Schedule *Schedule // nil: none
	Limit    *Limit    // nil: none
	Holdout  float64   // the share that is measured and never messaged: 0.1 is 10%

	where *rule
	key   *rule
}

// Reentry says whether one who was in the journey may enter again.
type Reentry struct {
	Mode  ReentryMode
	After calendar.Duration // of ReentryAfterDelay: since the last entry
}

// ReentryMode is a form of re-entry.
type ReentryMode string

// The modes. Beside an active run only ReentryAlways enters.
const (
	ReentryNever      ReentryMode = "never"
	ReentryAfterExit  ReentryMode = "after_exit"
	ReentryAlways     ReentryMode = "always"
	ReentryAfterDelay ReentryMode = "after"
)

// Candidate is a profile that may enter, with what is known of its earlier entries with the same key.
type Candidate struct {
	Event          profile.Event
	ByAPI          bool
	Key            string
	Paused, Erased bool
	Active         bool       // a run with this key is active
	Last           *time.Time // the last entry with this key, in the run's clock; nil: none
	Full           bool       // as many as the limit allows have entered
	HeldOut        *bool      // what a case says is drawn; nil: it is drawn here
	Chain          int        // how many entries within the hour led to this one
}

// maxChain is how many entries may set off one another within an hour.
const maxChain = 10

// Enters tells whether an event of this name may make a profile enter.
func (j *Journey) Enters(event string) bool { return slices.Contains(j.entry.Events, event) }

// EntryRule is the entry's rule; nil: everybody fits.
func (j *Journey) EntryRule() *rules.Rule {
	if j.entry.where == nil {
		return nil
	}
	return j.entry.where.compiled
}

// Entry returns what makes a profile enter.
func (j *Journey) Entry() Entry { return j.entry }

// EntryVerdict returns "" when the profile enters, else the reason of the refusal.
func (j *Journey) EntryVerdict(c Candidate, f Facts) (refused string) {
	switch {
	case c.Paused:
		return "paused"
	case c.Erased:
		return "erased"
	case !j.Fits(c.Event, f):
		return "where_false"
	case !c.ByAPI && j.entry.MaxAge.AddTo(c.Event.Time, f.Home()).Before(f.Now):
		return "stale"
	case !j.entry.Reentry.allows(c, f):
		return "reentry"
	case c.Full:
		return "limit"
	case j.heldOut(c, f):
		return RefusedHoldout
	case c.Chain >= maxChain:
		return "loop"
	}
	return ""
}

// Fits tells whether the entry's rule lets the profile in by an event in hand.
func (j *Journey) Fits(e profile.Event, f Facts) bool {
	return j.entry.where == nil || entering(j, e, f).holdsOf(j.entry.where, e)
}

// heldOut draws from journey and profile: who is held out of a journey is so for ever.
func (j *Journey) heldOut(c Candidate, f Facts) bool {
	if j.entry.Holdout == 0 {
		return false
	}
	if c.HeldOut != nil {
		return *c.HeldOut
	}
	return profile.Lot("holdout", j.key, f.Profile.ID) < j.entry.Holdout
}

func (r Reentry) allows(c Candidate, f Facts) bool {
	switch {
	case r.Mode == ReentryAlways:
		return true
	case c.Active:
		return false
	case c.Last == nil || r.Mode == ReentryAfterExit:
		return true
	case r.Mode == ReentryAfterDelay:
		return !r.After.AddTo(*c.Last, f.Home()).After(f.Now)
	}
	return false
}

// EntryKey is what runs of one profile are told apart by: absent is "", 42 is "42".
func (j *Journey) EntryKey(f Facts, e profile.Event) string {
	if j.entry.key == nil {
		return ""
	}
	value, ok := entering(j, e, f).valueOf(j.entry.key, e)
	if !ok {
		return ""
	}
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// entering looks at a profile that has no run yet.
func entering(j *Journey, e profile.Event, f Facts) *walk {
	return newWalk(j, &State{Entry: e}, f)
}

func (c *compiler) entry(n *document.Node) {
	e := &c.j.entry
	e.MaxAge, e.Reentry.Mode = calendar.Duration{Days: 1}, ReentryNever
	f, ok := c.Mapping(n, "entry", "event: and the name of an event")
	if !ok {
		return
	}
	e.Events = c.Names(f.Get("event"), "event", "the name of an event")
	e.API = c.Yes(f.Get("api"), "api")
	if !f.Has("event") && !e.API && !f.Has("segment") && !f.Has("schedule") {
		c.Fail(n, "nobody can enter; write event: and the name of an event, or api: true")
	}
	if v := f.Get("where"); v != nil {
		e.where = c.boolRule(v, rules.ScopeEntry)
	}
	if v := f.Get("key"); v != nil {
		e.key = c.valueRuleIn(v, "key", rules.ScopeEntry)
		if e.key != nil {
			c.need(e.key, rules.ScopeStep) // a run works out its own key once more
		}
	}
	if v := f.Get("reentry"); v != nil {
		e.Reentry = c.reentry(v)
	}
	if v := f.Get("max_age"); v != nil {
		e.MaxAge, _ = c.duration(v, "max_age")
	}
	if v := f.Get("segment"); v != nil {
		e.Segment = c.segment(v)
	}
	if v := f.Get("schedule"); v != nil {
		e.Schedule = c.schedule(v)
	}
	if v := f.Get("limit"); v != nil {
		e.Limit = c.limit(v)
	}
	if v := f.Get("where"); v != nil && e.Schedule != nil && e.where != nil {
		c.askable(v, e.where)
	}
	f.Done()
}

func (c *compiler) reentry(n *document.Node) Reentry {
	if n.Kind == document.Scalar {
		return Reentry{Mode: ReentryMode(c.OneOf(n, "reentry", string(ReentryNever), string(ReentryAfterExit), string(ReentryAlways)))}
	}
	r := Reentry{Mode: ReentryAfterDelay}
	if f, ok := c.Mapping(n, "reentry", "never, after_exit, always or {after: 30d}"); ok {
		if v := f.Want("after", "{after: 30d}"); v != nil {
			r.After, _ = c.duration(v, "after")
		}
		f.Done()
	}
	return r
}
