package rules

import (
	"encoding/base64"
	"math"
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// Facts are what a rule is evaluated on. Values are JSON kinds (string, float64, bool, nil, []any,
// map[string]any). Evaluation changes none of them.
type Facts struct {
	Now time.Time // counts in whole microseconds, as the database's clock does
	// Zone is the time zone that counts for the profile; nil is UTC.
	Zone    *time.Location
	Profile *profile.Profile
	Event   *profile.Event // the event in hand; nil when there is none
	Entry   map[string]any
	Results map[string]any // by id as rules write it: underscores for hyphens
	// History is by event name, ascending by number, the event in hand included. It holds at least
	// what Reads asks for.
	History map[string][]profile.Event
	// Days stand for events that are not in History, where Reads says that they may: whole days, added up.
	Days map[string][]profile.Day

	Segments  map[string]bool     // those that the profile is in
	Catalogs  map[string]Catalog  // of the workspace, by name; read only
	Calendars map[string]Calendar // of the workspace, by name; read only
	Trends    map[Trend]string    // what is on the rise among all, as far as it is known
}

// Verdict is a rule's answer.
type Verdict struct {
	True bool
	// FlipsAt is the first instant at which the rule, on the same facts, has to be looked at again:
	// until then the verdict holds. Zero: it never changes by itself.
	FlipsAt time.Time
	// Stopped says that the rule was cut short because it cost too much; it then counts as false.
	Stopped bool
}

// never is later than any instant that a rule can name.
const never = math.MaxInt64

// run is one evaluation of one rule.
type run struct {
	facts   *Facts
	person  *profile.Profile
	zone    *time.Location
	now     int64 // microseconds since 1970
	flips   int64 // the earliest instant at which anything looked at so far changes; never if none
	fuel    int64 // what is left to spend, see cost.go
	stopped bool
	vars    [maxLoops]any // loop variables by depth: a value, or the *profile.Event of a where
}

// begin takes a run from those at hand, so that most evaluations allocate nothing.
func (e *Env) begin(f *Facts) *run {
	r, _ := e.runs.Get().(*run)
	if r == nil {
		r = new(run)
	}
	r.facts, r.person, r.zone = f, f.Profile, f.Zone
	if r.person == nil {
		r.person = &profile.Profile{}
	}
	if r.zone == nil {
		r.zone = time.UTC
	}
	r.now, r.flips, r.fuel = f.Now.UnixMicro(), never, budget
	return r
}

// end keeps nothing of the facts.
func (e *Env) end(r *run) {
	*r = run{}
	e.runs.Put(r)
}

// Holds says whether the rule is true of the facts. It is never an error: what is absent,
// unreadable or too costly makes it false.
func (r *Rule) Holds(f *Facts) Verdict {
	x := r.env.begin(f)
	defer r.env.end(x)
	holds := r.root.holds(x)
	return Verdict{True: holds && !x.stopped, FlipsAt: x.flipsAt(), Stopped: x.stopped}
}

// Value is the rule's value: a JSON kind, a time.Time or a time.Duration; ok is false when it is
// absent or cost too much. A value that moves along with now, such as now + duration("1d"), is
// given as of Facts.Now; flipsAt is the first instant at which it may change otherwise.
func (r *Rule) Value(f *Facts) (value any, ok bool, flipsAt time.Time) {
	x := r.env.begin(f)
	defer r.env.end(x)
	value = x.outward(r.root.value(x), true)
	if x.stopped {
		value = nil
	}
	return value, value != nil, x.flipsAt()
}

func (r *run) flipsAt() time.Time {
	if r.flips == never {
		return time.Time{}
	}
	return time.UnixMicro(r.flips).UTC()
}

// outward turns a value into what callers know. Inside lists and maps times become text. A rule can put
// the same list or text into another many times over for next to nothing; whoever keeps the value pays for
// each, so that is paid for here.
func (r *run) outward(v any, top bool) any {
	switch v := v.(type) {
	case string:
		if !top && !r.spend(int64(len(v)/2)) {
			return nil
		}
	case instant:
		if top {
			return v.time()
		}
		return text(v)
	case span:
		if top {
			return v.duration()
		}
		return text(v)
	case []byte:
		if !r.spend(int64(len(v) / 2)) {
			return nil
		}
		return base64.StdEncoding.EncodeToString(v)
	case typeName:
		return string(v)
	case []any:
		if !r.spend(elementSteps * int64(len(v))) {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.outward(inward(v[i]), false)
		}
		return out
	case map[string]any:
		if !r.spend(entrySteps * int64(len(v))) {
			return nil
		}
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = r.outward(inward(v[k]), false)
		}
		return out
	}
	return v
}
