package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mixtapehq/mixtape/rules"
)

// mutation changes one clause of what rules are translated into.
type mutation struct{ pattern, with string }

// mutations are of the statements themselves.
func mutations() []mutation {
	return []mutation{
		// Windows.
		{`(e\d+)\.time > `, `$1.time >= `}, {`(e\d+)\.time <= `, `$1.time < `}, {` and e\d+\.time <= \$\d+::timestamptz`, ``}, {` and e\d+\.time > \$\d+::timestamptz`, ``},
		{`rules\.after\((e\d+\.time), \$\d+::interval`, `rules.after($1, interval '30 days'`}, {`(rules\.after\(e\d+\.time, .*?)\) > \$`, `$1) >= $$`},
		// Which events, and what is made of them.
		{`e\d+\.name = \$\d+::text`, `true`}, {`e\d+\.profile_id = p\.id and`, ``}, {`\.time desc`, `.time asc`}, {`\.number desc`, `.number asc`},
		{`min\((e\d+)\.time\)`, `max($1.time)`}, {`max\((e\d+)\.time\)`, `min($1.time)`}, {`\(sum\(rules`, `(max(rules`}, {`select min\(rules`, `select max(rules`},
		{`select max\(rules`, `select min(rules`}, {`count\(rules\.number\(e\d+\.properties -> \$\d+::text\)\)`, `count(*)`}, {`coalesce\((sum\(rules\.number\(e\d+\.properties -> \$\d+::text\)\)), 0\)`, `$1`},
		{`count\(\*\)`, `count(*) + 1`}, {`not exists \(select from events`, `exists (select from events`}, {`^\(exists \(select from events`, `(not exists (select from events`},
		{`p\.id in \(select`, `p.id not in (select`}, {`not exists \(select from \(select`, `exists (select from (select`},
		// Absent, and whatever is not true.
		{` is not true`, ` is false`}, {` is not true`, ` is true`}, {` <> 'null'::jsonb`, ` is not null`}, {` <> 'null'::jsonb`, ` = 'null'::jsonb`}, {`= 'true'::jsonb`, `is not null`},
		{`\(p\.consents -> ''\) is distinct from 'false'::jsonb`, `true`}, {`is distinct from 'false'`, `<> 'false'`}, {`is distinct from 'false'`, `= 'true'`}, {`(p\.consents -> \$\d+::text) = 'true'`, `$1 is distinct from 'false'`},
		// Comparisons.
		{` >= (\$\d+::numeric)`, ` > $1`}, {` > (\$\d+::numeric)`, ` >= $1`}, {` <= (\$\d+::numeric)`, ` < $1`}, {` < (\$\d+::numeric)`, ` <= $1`}, {` = (\$\d+::numeric)`, ` <> $1`}, {` <> (\$\d+::numeric)`, ` = $1`},
		{` >= (\$\d+::double)`, ` > $1`}, {` > (\$\d+::double)`, ` < $1`}, {` <= (\$\d+::double)`, ` >= $1`}, {` < (\$\d+::double)`, ` > $1`}, {` = (\$\d+::double)`, ` <> $1`}, {` <> (\$\d+::double)`, ` = $1`},
		{` >= (\$\d+::text)`, ` > $1`}, {` > (\$\d+::text)`, ` >= $1`}, {` <= (\$\d+::text)`, ` < $1`}, {` < (\$\d+::text)`, ` <= $1`}, {` = (\$\d+::jsonb)`, ` <> $1`},
		{` collate "C"`, ` collate "und-x-icu"`}, {` >= (\$\d+::timestamptz)`, ` > $1`}, {` > (\$\d+::timestamptz)`, ` < $1`}, {` <= (\$\d+::timestamptz)`, ` > $1`}, {` < (\$\d+::timestamptz)`, ` > $1`}, {` = any \(`, ` <> all (`}, {`(rules\.short\([^)]*\)+) is not null`, `$1 is null`}, {`rules\.bool\(`, `not rules.bool(`},
		{`\) > 0\)`, `) >= 0)`}, {`\) < 0\)`, `) <= 0)`}, {`\) >= 0\)`, `) > 0)`}, {`\) <= 0\)`, `) < 0)`}, {`in \('string', 'number'\)`, `in ('string')`}, {`in \('string', 'number'\)`, `in ('number')`},
		{` and \(`, ` or (`}, {` or \(`, ` and (`}, {`\(case when `, `(case when not `}, {` ~ `, ` !~ `}, {`starts_with\(`, `rules.ends_with(`}, {`rules\.ends_with\(`, `starts_with(`},
		// Who somebody is, and where.
		{`p\.attributes ->> 'timezone' in \(select name from time_zones\)`, `p.attributes ->> 'timezone' <> ''`}, {`p\.attributes ->> 'timezone' in \(select name from time_zones\)`, `false`},
		{`coalesce\(\(select name from time_zones where name = \$\d+::text\), 'UTC'\)`, `'UTC'`}, {`coalesce\(nullif\(p\.user_id, ''\), p\.id\)`, `p.id`}, {`coalesce\(nullif\(p\.user_id, ''\), p\.id\)`, `p.user_id`},
		{`p\.segments @>`, `p.segments <@`}, {`p\.computed -> 'scores'`, `p.computed -> 'affinities'`}, {`'affinities' ->>`, `'scores' ->>`}, {`between d\.first and d\.last`, `between d.last and d.first`},
		{`d\.first and`, `'2026-03-29' and`}, {`jsonb_build_object\('id', `, `jsonb_build_object('email', `}, {`jsonb_build_object\('id', coalesce\(nullif\(p\.user_id, ''\), p\.id\)\)`, `'{}'`},
		// Loops and lists.
		{`\.place\)`, `.place desc)`}, {`'\[\]'::jsonb`, `null::jsonb`}, {`is not null then not exists`, `is null or true then not exists`}, {` = 1 end`, ` >= 1 end`}, {`not exists \(select from jsonb_array`, `exists (select from jsonb_array`},
		{`coalesce\((\(p\.attributes -> \$\d+::text\)), 'null'::jsonb\)`, `coalesce($1, '0'::jsonb)`}, {`jsonb_build_array\(([^,]+), `, `jsonb_build_array($1, 0, `},
		// Clocks.
		{`extract\(hour from`, `extract(minute from`}, {`extract\(dow from`, `extract(isodow from`}, {`extract\(doy from`, `extract(day from`}, {`extract\(month from`, `extract(day from`}, {`extract\(day from`, `extract(month from`},
		{`extract\(year from`, `extract(isoyear from`}, {`extract\(minute from`, `extract(hour from`}, {`trunc\(extract\(second from ([^)]*\)+[^)]*)\)\)`, `extract(second from $1)`}, {`\), 1000\)`, `), 100000)`},
		{` - 1\)`, `)`}, {`::integer \+ 1\]`, `::integer]`}, {`trunc\(rules\.microseconds`, `ceil(rules.microseconds`},
	}
}

// Whatever clause of a statement is changed, the drawn rules and people tell.
func TestAChangedStatementIsCaught(t *testing.T) {
	t.Parallel()
	w, all := askedRules(t)
	ctx := t.Context()
	for _, m := range mutations() {
		found := regexp.MustCompile(m.pattern)
		met, caught := 0, false
		for _, a := range all {
			for _, c := range a.forms() {
				changed := found.ReplaceAllString(c.Where, m.with)
				if changed == c.Where || caught {
					continue
				}
				met++
				caught = w.tells(ctx, w.Pool(), a, changed, c.Args)
			}
		}
		if !caught {
			t.Errorf("%s changed to %s: nobody tells of it, in %d statements", m.pattern, m.with, met)
		}
	}
}

// askedRules draws people and rules as the property does.
func askedRules(t *testing.T) (*population, []asked) {
	t.Helper()
	r := rand.New(rand.NewPCG(20260328, 4))
	w := populate(t, r, peopleAsked)
	var all []asked
	for _, source := range corners() {
		all = append(all, w.corner(t, source))
	}
	for _, want := range w.wanted() {
		all = append(all, w.ask(t, r, want))
	}
	return w, all
}

func (a asked) forms() []rules.Condition {
	if a.condition.Everyone == nil {
		return []rules.Condition{a.condition}
	}
	return []rules.Condition{a.condition, *a.condition.Everyone}
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// tells is whether a changed statement says something else of somebody, or fails while it is worked out.
// One that is no SQL any more, or has lost an argument, tells nothing.
func (w *population) tells(ctx context.Context, q querier, a asked, where string, args []any) bool {
	in, err := idsOf(ctx, q, where, args)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return !strings.HasPrefix(refused.Code, "42")
	}
	return err == nil && a.differs(in) != ""
}

// clause is a function of the schema rules, as a migration makes it.
type clause struct{ name, head, body string }

func clauses(t *testing.T) (all []clause) {
	t.Helper()
	raw, err := os.ReadFile("migrations/00006_audience.sql")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(raw), "-- +goose Down")
	for _, m := range regexp.MustCompile(`(?s)create function rules\.(\w+)\(.*?(?:\n    return |\n?[^\n]*\$\$\n| return ).*?(?:\n\n|\$\$;)`).FindAllStringSubmatch(text, -1) {
		head, body, found := strings.Cut(m[0], "parallel safe")
		if !found {
			t.Fatalf("no function: %s", m[0])
		}
		all = append(all, clause{name: m[1], head: strings.Replace(head, "create function", "create or replace function", 1) + "parallel safe", body: body})
	}
	return all
}

// swaps are what is changed in a function: each place by itself.
func swaps() []mutation {
	return []mutation{
		{` <= `, ` < `}, {` < `, ` <= `}, {` < `, ` > `}, {` >= `, ` > `}, {` > `, ` < `}, {` = `, ` <> `}, {` <> `, ` = `}, {` and `, ` or `}, {` or `, ` and `}, {` \+ `, ` - `}, {` - `, ` + `}, {` \* `, ` / `},
		{`'array'`, `'object'`}, {`'object'`, `'array'`}, {`'string'`, `'number'`}, {`'number'`, `'string'`}, {`'boolean'`, `'string'`}, {`not exists`, `exists`}, {`not between`, `between`}, {`then trunc\(`, `then ceil(`},
		{`collate "C"`, `collate "und-x-icu"`}, {`is distinct from`, `<>`}, {`then null`, `then 0`}, {`return null`, `return $1`}, {`then -1`, `then 1`}, {`else 1`, `else -1`}, {`, false\)`, `, true)`}, {`, true\)`, `, false)`},
		{`1000000`, `1000`}, {`utc - earlier`, `utc - later`}, {`\+ 1`, `+ 2`}, {`- 1`, `- 2`},
	}
}

// Whatever is changed in a function that statements call, the drawn rules and people tell.
func TestAChangedFunctionIsCaught(t *testing.T) {
	t.Parallel()
	w, all := askedRules(t)
	ctx := t.Context()
	functions := clauses(t)
	for _, f := range functions {
		callers := callersOf(f.name, functions)
		for _, s := range swaps() {
			for i, at := range regexp.MustCompile(s.pattern).FindAllStringIndex(f.body, -1) {
				changed := f.head + f.body[:at[0]] + s.with + f.body[at[1]:]
				valid, caught := w.caught(ctx, t, changed, all, callers)
				if same := sameAnyway()[place{f.name, s.pattern, i}]; valid && !caught && same == "" {
					t.Errorf("rules.%s, place %d of %q changed to %q: nobody tells of it", f.name, i, s.pattern, s.with)
				}
			}
		}
	}
}

// callersOf are the functions through which one is called, itself included.
func callersOf(name string, functions []clause) map[string]bool {
	callers := map[string]bool{name: true}
	for range functions {
		for _, f := range functions {
			for called := range callers {
				if strings.Contains(f.body, "rules."+called+"(") {
					callers[f.name] = true
				}
			}
		}
	}
	return callers
}

// caught puts a changed function in place for as long as it takes to ask the rules that call it.
func (w *population) caught(ctx context.Context, t *testing.T, function string, all []asked, callers map[string]bool) (valid, caught bool) {
	t.Helper()
	tx, err := w.Pool().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, function, pgx.QueryExecModeSimpleProtocol); err != nil {
		return false, false
	}
	if _, err := tx.Exec(ctx, "set local statement_timeout = '500ms'"); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		for _, c := range a.forms() {
			concerned := false
			for name := range callers {
				concerned = concerned || strings.Contains(c.Where, "rules."+name+"(")
			}
			if concerned && w.tells(ctx, tx, a, c.Where, c.Args) {
				return true, true
			}
		}
	}
	return true, false
}

// place is one in a function: how manieth of a pattern.
type place struct {
	function, pattern string
	nth               int
}

// sameAnyway are changes that make no difference to anybody, and why.
func sameAnyway() map[place]string {
	const (
		slower   = "it only takes the longer way, to the same number"
		halfway  = "either way is right for the number at which they part"
		nothing  = "beyond the end of a list there is nothing"
		absent   = "what is absent makes the rest absent too"
		longAgo  = "no rule adds up thousands of years of months: it keeps Postgres from an error"
		one      = "it is 1 or -1"
		returned = "0 was answered before"
		edge     = "rules say so of texts alone that are shorter by a byte"
	)
	return map[place]string{
		{"divided", " or ", 0}: slower, {"times", " or ", 0}: slower, {"times", " or ", 1}: slower, {"far", " < ", 0}: halfway, {"far", " < ", 1}: halfway, {"far", " >= ", 0}: halfway, {"far", " >= ", 1}: halfway,
		{"plus", " < ", 0}: halfway, {"plus", " < ", 1}: halfway, {"far_sum", " < ", 0}: halfway, {"far_sum", " < ", 1}: halfway, {"double", " < ", 0}: halfway, {"double", " >= ", 0}: halfway,
		{"item", " < ", 0}: nothing, {"plus", "is distinct from", 0}: absent, {"after", "return null", 0}: longAgo, {"after", ` \+ `, 1}: longAgo, {"any_date", ` \* `, 4}: one, {"split", " < ", 0}: returned, {"short", " < ", 0}: edge,
	}
}
