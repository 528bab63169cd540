package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// population is people in a database, and what rules know of them in memory.
type population struct {
	*store.Store
	env   *rules.Env
	facts map[string]*rules.Facts
	ids   []string
}

func populate(t *testing.T, r *rand.Rand, n int) *population {
	t.Helper()
	env, err := rules.New(rules.Topics(map[string]bool{"tips": true, "news": false}))
	if err != nil {
		t.Fatal(err)
	}
	w := &population{Store: open(t), env: env, facts: map[string]*rules.Facts{}}
	ctx := t.Context()
	for _, p := range people(r, n) {
		if err := w.insert(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := w.read(ctx, p.id); err != nil {
			t.Fatal(err)
		}
		w.ids = append(w.ids, p.id)
	}
	return w
}

func (w *population) insert(ctx context.Context, p someone) error {
	var user *string
	if p.userID != "" {
		user = &p.userID
	}
	_, err := w.Pool().Exec(ctx, `insert into profiles (id, user_id, attributes, consents, segments, computed) values ($1, $2, $3, $4, $5, $6)`,
		p.id, user, asJSON(p.attributes), asJSON(p.consents), append([]string{}, p.segments...), asJSON(profile.Computed{Scores: p.scores, Affinities: p.affinities}))
	for i, e := range p.events {
		if err == nil {
			_, err = w.Pool().Exec(ctx, `insert into events (profile_id, number, id, source, name, properties, time, arrival) values ($1, $2, $3, 'test', $4, $5, $6, now())`,
				p.id, i+1, fmt.Sprint(p.id, i), e.name, asJSON(e.properties), e.time)
		}
	}
	return err
}

// read takes what rules are evaluated on from the database, as everybody else does.
func (w *population) read(ctx context.Context, id string) error {
	p, err := w.Profile(ctx, id)
	if err != nil {
		return err
	}
	o := reference()
	f := &rules.Facts{Now: o.Now, Zone: o.Home, Profile: p, Segments: p.Segments, Catalogs: o.Catalogs, Calendars: o.Calendars, Trends: o.Trends, History: map[string][]profile.Event{}}
	if name, ok := p.Text("timezone"); ok {
		if zone, ok := calendar.LoadZone(name); ok {
			f.Zone = zone
		}
	}
	rows, err := w.Pool().Query(ctx, "select number, name, properties, time from events where profile_id = $1 order by number", id)
	if err != nil {
		return err
	}
	var e profile.Event
	_, err = pgx.ForEachRow(rows, []any{&e.Number, &e.Name, &e.Properties, &e.Time}, func() error {
		f.History[e.Name] = append(f.History[e.Name], e)
		e = profile.Event{}
		return nil
	})
	w.facts[id] = f
	return err
}

// asked is a rule, what it is in SQL and who it is true of in memory.
type asked struct {
	source    string
	rule      *rules.Rule
	condition rules.Condition
	holds     map[string]bool
	used      map[string]int
}

// ask draws a rule that compiles and translates. One that is true of all or of none is mostly drawn
// anew: it would not tell much.
func (w *population) ask(t *testing.T, r *rand.Rand, want string) asked {
	t.Helper()
	for {
		d := &drawer{Rand: r, used: map[string]int{}}
		way, pinned := strings.CutPrefix(want, "pin ")
		d.want = way
		var source string
		if pinned {
			source = w.pin(r, d)
		} else {
			source = d.condition(1 + r.IntN(3))
		}
		if source == "" || way != "" && d.used[way] == 0 {
			continue
		}
		rule, problems := w.env.Compile(source, rules.Position{File: "drawn", Line: 1, Column: 1}, rules.ScopeSegment)
		if rule == nil {
			if !expected(problems) {
				t.Fatalf("%s\n%v", source, problems)
			}
			continue
		}
		condition, problems := rule.SQL(reference())
		if len(problems) > 0 {
			if !strings.Contains(problems[0].Message, "all people at once") {
				t.Fatalf("%s\n%v", source, problems)
			}
			continue
		}
		a := w.answered(t, asked{source: source, rule: rule, condition: condition, used: d.used})
		if len(a.holds) == 0 || len(a.holds) == len(w.ids) {
			if r.IntN(8) > 0 {
				continue
			}
		}
		return a
	}
}

// answered adds what memory says.
func (w *population) answered(t *testing.T, a asked) asked {
	t.Helper()
	a.holds = map[string]bool{}
	for _, id := range w.ids {
		v := a.rule.Holds(w.facts[id])
		if v.Stopped {
			t.Fatalf("%s was stopped", a.source)
		}
		if v.True {
			a.holds[id] = true
		}
	}
	return a
}

// expected are what the language refuses, whatever is drawn.
func expected(problems []rules.Problem) bool {
	for _, p := range problems {
		if !regexp.MustCompile(`moves with now|neither true nor false|cannot be read as a date|length of time|within each other|could take too long|the keys of a map|month is not always`).MatchString(p.Message) {
			return false
		}
	}
	return true
}

// differs says for whom an answer of the database is not that of memory, if there is anybody.
func (a asked) differs(ids []string) string {
	got := map[string]bool{}
	for _, id := range ids {
		got[id] = true
		if !a.holds[id] {
			return id + " is in, and should not be"
		}
	}
	for id := range a.holds {
		if !got[id] {
			return id + " is not in, and should be"
		}
	}
	return ""
}

// idsOf are of those for whom a condition holds.
func idsOf(ctx context.Context, tx querier, where string, args []any) ([]string, error) {
	rows, err := tx.Query(ctx, "select p.id from profiles p where "+where, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// check compares the three forms of a rule with memory.
func (a asked) check(ctx context.Context, tx querier) string {
	forms := map[string]rules.Condition{"one by one": a.condition}
	if a.condition.Everyone != nil {
		forms["everyone"] = *a.condition.Everyone
	}
	for form, c := range forms {
		in, err := idsOf(ctx, tx, c.Where, c.Args)
		if err != nil {
			return fmt.Sprintf("%s: %v", form, err)
		}
		if wrong := a.differs(in); wrong != "" {
			return form + ": " + wrong
		}
		text, err := idsOf(ctx, tx, c.Text, c.Args)
		not, err2 := idsOf(ctx, tx, "not "+c.Text, c.Args)
		if err != nil || err2 != nil || a.differs(text) != "" || len(text)+len(not) != len(a.all()) {
			return fmt.Sprintf("%s: its text: %v, %v, %d and %d", form, err, err2, len(text), len(not))
		}
	}
	return ""
}

func (a asked) all() []string { return make([]string, peopleAsked) }
