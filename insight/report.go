package insight

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Report is what a journey did and what that was worth.
type Report struct {
	Journey string    `json:"journey"`
	At      time.Time `json:"at"`
	Goal    string    `json:"goal,omitempty"` // the events that count, and their window, in words

	Entered  int64            `json:"entered"`  // entries, those of the held-out not among them
	HeldOut  int64            `json:"held_out"` // entries that were only measured
	Refused  map[string]int64 `json:"refused,omitempty"`
	Here     int64            `json:"here"` // runs that are on their way
	Exits    map[string]int64 `json:"exits,omitempty"`
	Goals    int64            `json:"goals"` // entries whose goal was reached
	Value    float64          `json:"value"`
	HeldGoal int64            `json:"held_out_goals"`

	Steps     []StepReport    `json:"steps"`
	Messages  []MessageReport `json:"messages"` // by template and channel, over all steps
	Versions  []VersionReport `json:"versions"`
	Days      []DayReport     `json:"days"`
	GoalAfter []Bucket        `json:"goal_after,omitempty"` // how long goals took
	Cost      float64         `json:"cost"`                 // of all messages
	Arms      []Arm           `json:"arms,omitempty"`
	Lift      Lift            `json:"lift"`
	Retention []Week          `json:"retention,omitempty"`
	Trials    []TrialReport   `json:"experiments,omitempty"`
}

// StepReport is what happened at a step.
type StepReport struct {
	Step     string           `json:"step"`
	Reached  int64            `json:"reached"`         // runs that came there
	Again    int64            `json:"again,omitempty"` // and came again, in a repeat
	Here     int64            `json:"here"`
	Messages []MessageReport  `json:"messages,omitempty"`
	Skipped  map[string]int64 `json:"skipped,omitempty"`
	Exits    map[string]int64 `json:"exits,omitempty"` // runs that ended there, by reason
	Gone     bool             `json:"gone,omitempty"`  // the version that new runs get has it no more
}

// MessageReport is what became of messages. Rates are out of those sent.
type MessageReport struct {
	Name          string   `json:"name"` // template.channel
	Sent          int64    `json:"sent"`
	Delivered     int64    `json:"delivered"`
	Bounced       int64    `json:"bounced"`
	Unknown       int64    `json:"unknown,omitempty"`
	Opened        int64    `json:"opened"`         // messages that a reader opened
	MachineOpened int64    `json:"machine_opened"` // that a machine did
	Clicked       int64    `json:"clicked"`
	Complained    int64    `json:"complained"`
	Unsubscribed  int64    `json:"unsubscribed"`
	LastTouch     int64    `json:"last_touch"`       // goals reached after it, and before another
	LastValue     float64  `json:"last_touch_value"` // what they were worth
	Click         Estimate `json:"click_rate"`
}

// VersionReport is a version's part.
type VersionReport struct {
	Version string  `json:"version"`
	Entered int64   `json:"entered"`
	Here    int64   `json:"here"`
	Sent    int64   `json:"sent"`
	Goals   int64   `json:"goals"`
	Value   float64 `json:"value"`
}

// DayReport is what happened on a day, in UTC.
type DayReport struct {
	Day     string  `json:"day"`
	Entered int64   `json:"entered"`
	Sent    int64   `json:"sent"`
	Goals   int64   `json:"goals"`
	Value   float64 `json:"value"`
}

// Bucket is how many goals took at most so long, and longer than the one before.
type Bucket struct {
	Minutes int64 `json:"minutes"`
	N       int64 `json:"n"`
}

// TrialReport is an experiment of the journey.
type TrialReport struct {
	Step   string `json:"step"`
	Metric string `json:"metric"`
	Bandit bool   `json:"bandit,omitempty"`
	// Personal is what choosing for the person promises above the best single variant, conversions a head; nil: it is not asked for, or nothing is known yet.
	Personal *Estimate `json:"personal_gain,omitempty"`
	Earned   bool      `json:"personal_used,omitempty"`
	Experiment
}

// TrialInput is what an experiment is, and what was counted of it.
type TrialInput struct {
	Step, Metric, Control string
	Bandit                bool
	Personal              *Personal // nil: it does not choose for the person
	Counts                []Count
	Meant                 func(version, arm string) (float64, bool)
}

// ReportInput is what a report is made of.
type ReportInput struct {
	Journey, Goal string
	Steps         []string // of the version that new runs get, in the order of the file
	Counts        []Count  // of the journey; those of its holdout are among them
	Costs         map[string]float64
	Meant         func(version, arm string) (float64, bool) // shares of the holdout
	Trials        []TrialInput
	Now           time.Time
	Level         float64
}

// The arms of a journey's holdout.
const (
	Treated = "treated"
	Held    = "held_out"
)

// NewReport makes a report of counts.
func NewReport(in ReportInput) Report {
	r := Report{Journey: in.Journey, At: in.Now, Goal: in.Goal, Refused: map[string]int64{}, Exits: map[string]int64{}}
	f := &funnel{report: &r, steps: map[string]*StepReport{}, messages: map[string]*MessageReport{}, versions: map[string]*VersionReport{}, days: map[string]*DayReport{}, after: map[int64]int64{}}
	for _, c := range in.Counts {
		f.count(c)
	}
	f.finish(in)
	for _, m := range r.Messages {
		_, channel, _ := strings.Cut(m.Name, ".")
		r.Cost += float64(m.Sent) * in.Costs[channel]
	}
	r.Arms = Arms(in.Counts)
	Shares(r.Arms, in.Counts, in.Meant)
	treated := armOf(r.Arms, Treated)
	r.Lift = Measure(treated, armOf(r.Arms, Held), treated.Cost(in.Costs), in.Level)
	if len(r.Arms) > 0 {
		r.Retention = Retention(in.Counts, in.Now, in.Level)
	}
	for _, t := range in.Trials {
		arms := Arms(t.Counts)
		Shares(arms, t.Counts, t.Meant)
		trial := TrialReport{Step: t.Step, Metric: t.Metric, Bandit: t.Bandit, Experiment: Compare(arms, t.Control, t.Bandit, in.Level)}
		if t.Personal != nil && t.Personal.Gain != (Estimate{}) {
			trial.Personal, trial.Earned = &t.Personal.Gain, t.Personal.Earned
		}
		r.Trials = append(r.Trials, trial)
	}
	return r
}

func armOf(arms []Arm, name string) Arm {
	if i := slices.IndexFunc(arms, func(a Arm) bool { return a.Name == name }); i >= 0 {
		return arms[i]
	}
	return Arm{Name: name}
}

// funnel sorts counts into a report.
type funnel struct {
	report   *Report
	steps    map[string]*StepReport
	messages map[string]*MessageReport // by step and name, and by name alone
	versions map[string]*VersionReport
	days     map[string]*DayReport
	after    map[int64]int64
}

func in[K comparable, V any](all map[K]*V, key K) *V {
	if all[key] == nil {
		all[key] = new(V)
	}
	return all[key]
}

func (f *funnel) count(c Count) {
	if strings.HasPrefix(c.Kind, "arm_") {
		return
	}
	r, version, day := f.report, in(f.versions, c.Version), &DayReport{}
	if c.Day.Year() > 1970 {
		day = in(f.days, c.Day.Format(time.DateOnly))
	}
	step := &StepReport{}
	if c.Step != "" {
		step = in(f.steps, c.Step)
	}
	switch c.Kind {
	case "entered":
		if c.Name == Held {
			r.HeldOut += c.N
			return
		}
		r.Entered, version.Entered, day.Entered = r.Entered+c.N, version.Entered+c.N, day.Entered+c.N
	case "here":
		r.Here, version.Here, step.Here = r.Here+c.N, version.Here+c.N, step.Here+c.N
	case "reached":
		if c.Name == "first" {
			step.Reached += c.N
		} else {
			step.Again += c.N
		}
	case "exit":
		r.Exits[c.Name] += c.N
		step.Exits = add(step.Exits, c.Name, c.N)
	case "refused":
		r.Refused[c.Name] += c.N
	case "goal":
		if c.Name == Held {
			r.HeldGoal += c.N
			return
		}
		r.Goals, version.Goals, day.Goals = r.Goals+c.N, version.Goals+c.N, day.Goals+c.N
		r.Value, version.Value, day.Value = r.Value+c.Sum, version.Value+c.Sum, day.Value+c.Sum
	case "goal_after":
		if power, err := strconv.Atoi(c.Name); err == nil && power >= 0 && power < 40 {
			f.after[1<<power] += c.N
		}
	case "skipped":
		step.Skipped = add(step.Skipped, c.Name, c.N)
	default:
		if c.Kind == "sent" {
			version.Sent, day.Sent = version.Sent+c.N, day.Sent+c.N
		}
		for _, key := range []string{c.Step + " " + c.Name, c.Name} {
			in(f.messages, key).count(c)
		}
	}
}

func add(all map[string]int64, name string, n int64) map[string]int64 {
	if all == nil {
		all = map[string]int64{}
	}
	all[name] += n
	return all
}

func (m *MessageReport) count(c Count) {
	m.Name = c.Name
	switch c.Kind {
	case "sent":
		m.Sent += c.N
	case "delivered":
		m.Delivered += c.N
	case "bounced":
		m.Bounced += c.N
	case "unknown":
		m.Unknown += c.N
	case "opened":
		m.Opened += c.N
	case "machine_opened":
		m.MachineOpened += c.N
	case "clicked":
		m.Clicked += c.N
	case "complained":
		m.Complained += c.N
	case "unsubscribed":
		m.Unsubscribed += c.N
	case "last_touch":
		m.LastTouch += c.N
		m.LastValue += c.Sum
	}
}

// finish puts everything in order: steps as they are written, those that are gone after them.
func (f *funnel) finish(input ReportInput) {
	r := f.report
	names := slices.Clone(input.Steps)
	for _, name := range slices.Sorted(maps.Keys(f.steps)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	keys := slices.Sorted(maps.Keys(f.messages))
	for _, key := range keys {
		m := f.messages[key]
		if m.Click = Rate(m.Clicked, m.Sent, input.Level); !strings.Contains(key, " ") {
			r.Messages = append(r.Messages, *m)
		}
	}
	for i, name := range names {
		s := in(f.steps, name)
		s.Step, s.Gone = name, i >= len(input.Steps)
		for _, key := range keys {
			if step, _, ofStep := strings.Cut(key, " "); ofStep && step == name {
				s.Messages = append(s.Messages, *f.messages[key])
			}
		}
		r.Steps = append(r.Steps, *s)
	}
	for _, version := range slices.Sorted(maps.Keys(f.versions)) {
		if version != "" { // refusals are of none
			v := f.versions[version]
			v.Version = version
			r.Versions = append(r.Versions, *v)
		}
	}
	for _, day := range slices.Sorted(maps.Keys(f.days)) {
		d := f.days[day]
		d.Day = day
		r.Days = append(r.Days, *d)
	}
	for minutes, n := range f.after {
		r.GoalAfter = append(r.GoalAfter, Bucket{minutes, n})
	}
	slices.SortFunc(r.GoalAfter, func(a, b Bucket) int { return cmp.Compare(a.Minutes, b.Minutes) })
}
