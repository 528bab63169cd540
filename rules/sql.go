package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SQLOptions are what a rule means beyond its own words, when it is put to the database.
type SQLOptions struct {
	Now  time.Time      // one instant for everybody; counts in whole microseconds
	Home *time.Location // of profiles that name no time zone that is known; nil is UTC

	Catalogs  map[string]Catalog
	Calendars map[string]Calendar
	Trends    map[Trend]string

	// First is the number of the first placeholder, for a condition within a larger statement; 0 is 1.
	First int
}

// Condition is a rule about profiles as a part of a statement in which `p` stands for the table of
// profiles. It says of each row what Holds says of that profile, with no event in hand. Whoever uses
// it leaves out those that were merged into others and those that were erased.
type Condition struct {
	// Text is true or false, never null.
	Text string
	// Where is the same for a WHERE alone, and the AND and OR of one: null counts as false there, and
	// indexes can be used.
	Where string
	// Args are what the placeholders stand for.
	Args []any
	// Everyone is another form of the same, if there is one: it works out what all profiles did at
	// once, which serves in a WHERE alone, where Postgres joins the two. Which of the two is cheaper depends on how many are left by Narrow, which has to hold as well
	// and asks for no events.
	Everyone, Narrow *Condition
}

// SQL translates the rule. The problems say what only an evaluation one by one can answer.
func (r *Rule) SQL(o SQLOptions) (Condition, []Problem) {
	one := r.translate(o, formOne)
	if len(one.problems) > 0 {
		return Condition{}, one.problems
	}
	out := one.condition()
	if all := r.translate(o, formEveryone); all.gathered {
		everyone, narrow := all.condition(), r.translate(o, formNarrow).condition()
		out.Everyone, out.Narrow = &everyone, &narrow
	}
	return out, nil
}

// translation is the state of translating one rule.
type translation struct {
	SQLOptions
	env      *Env
	where    string
	args     []any
	known    map[string]string // type and value of an argument -> its placeholder
	vars     [maxLoops]string  // what loop variables are called, by depth
	names    int               // how many names were given so far
	form     form
	history  bool            // events were asked for
	top      bool            // what is being translated has to hold by itself
	sole     bool            // likewise, of the comparison at hand
	gathered bool            // one was
	at       func() Position // where the part at hand begins
	problems []Problem
}

// form says how a rule is written.
type form int

const (
	formOne      form = iota // what a profile did is asked of each by itself
	formEveryone             // aggregates are worked out for all profiles at once, where that can be
	formNarrow               // what has to hold beside all that is about events
)

func (r *Rule) translate(o SQLOptions, f form) *translation {
	t := &translation{SQLOptions: o, env: r.env, known: map[string]string{}, form: f, top: true}
	if t.First == 0 {
		t.First = 1
	}
	t.where = t.part(r.root)
	slices.SortStableFunc(t.problems, func(a, b Problem) int {
		return (a.Position.Line-b.Position.Line)<<20 + a.Position.Column - b.Position.Column
	})
	return t
}

// condition numbers the placeholders that are left: what is always absent took its arguments with it.
func (t *translation) condition() Condition {
	var args []any
	numbers := map[string]string{}
	where := placeholder.ReplaceAllStringFunc(t.where, func(p string) string {
		if numbers[p] == "" {
			i, _ := strconv.Atoi(p[1:]) // digits
			args = append(args, t.args[i])
			numbers[p] = fmt.Sprintf("$%d", t.First+len(args)-1)
		}
		return numbers[p]
	})
	return Condition{Text: "((" + where + ") is true)", Where: "(" + where + ")", Args: args}
}

// placeholder is where an argument stands. Nothing else in a condition has a dollar: it holds no text
// of the rule.
var placeholder = regexp.MustCompile(`\$[0-9]+`)

// refuse notes what cannot be translated.
func (t *translation) refuse(format string, args ...any) term {
	p := Problem{Position: t.at(), Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(t.problems, p) {
		t.problems = append(t.problems, p)
	}
	return nothing()
}

// term translates a part as a value.
func (t *translation) term(n node) term {
	top := t.top
	t.top = false
	defer func() { t.top = top }()
	return t.translated(n)
}

func (t *translation) translated(n node) term {
	if n.at != nil {
		outer := t.at
		t.at = n.at
		defer func() { t.at = outer }()
	}
	if n.sql == nil {
		return t.refuse("this cannot be asked of all people at once, as a segment and an entry by schedule have to; " +
			"write it in a step, or set an attribute where it becomes known and ask for that")
	}
	return n.sql(t)
}

// holds translates a part as a condition: where it is null it does not hold.
func (t *translation) holds(n node) string { return t.translated(n).holds() }

// part translates one of those parts of a rule that all have to hold.
func (t *translation) part(n node) string {
	before := t.history
	t.history = false
	text := t.holds(n)
	if t.form == formNarrow && t.top && t.history {
		text = "true"
	}
	t.history = before
	return text
}

// inner translates a part as a condition that need not hold by itself.
func (t *translation) inner(n node) string { return t.term(n).holds() }

// arg is the placeholder of a value of a type of Postgres. Numbers are given as text, which every way of
// passing arguments keeps as it is.
func (t *translation) arg(kind string, value any) string {
	id := fmt.Sprintf("%s %#v", kind, value)
	if p, ok := t.known[id]; ok {
		return p
	}
	t.args = append(t.args, value)
	p := fmt.Sprintf("$%d::%s", len(t.args)-1, kind)
	t.known[id] = p
	return p
}

// name makes a name that the statement does not have yet.
func (t *translation) name(prefix string) string {
	t.names++
	return fmt.Sprintf("%s%d", prefix, t.names)
}

// zone is the name of the time zone that counts for the profile. One that Postgres does not know is as
// good as none.
func (t *translation) zone() string {
	home := "'UTC'"
	if t.Home != nil && t.Home != time.UTC {
		home = "coalesce(" + t.zoneNamed(t.Home.String()) + ", 'UTC')"
	}
	return "(case when p.attributes ->> 'timezone' in (select name from time_zones) then p.attributes ->> 'timezone' else " + home + " end)"
}

func (t *translation) zoneNamed(name string) string {
	return "(select name from time_zones where name = " + t.arg("text", name) + ")"
}

// localClock is what the clocks of a zone show at an instant.
func localClock(at, zone string) string { return "(" + at + " at time zone " + zone + ")" }

// sqlCall writes a function of the schema rules, which store's migrations make.
func sqlCall(name string, args ...string) string {
	return "rules." + name + "(" + strings.Join(args, ", ") + ")"
}
