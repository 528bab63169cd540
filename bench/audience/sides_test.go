package audience_test

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// answer is how many were counted, and how long each round took.
type answer struct {
	count int64
	took  []time.Duration
}

// race lets rule and hand take turns; the first turn of each only warms the caches.
func race(ctx context.Context, r *rig.Rig, c contest, now time.Time, rounds int) (byRule, byHand answer) {
	r.TB.Helper()
	rule := compile(r, c.rule)
	condition, problems := rule.SQL(rules.SQLOptions{Now: now})
	if len(problems) > 0 {
		r.TB.Fatal(problems)
	}
	var args []any
	if c.args != nil {
		args = c.args(now)
	}
	for round := range rounds + 1 {
		began := time.Now()
		n, err := r.Store.CountMatching(ctx, condition)
		if err != nil {
			r.TB.Fatal(err)
		}
		one := time.Since(began)
		began = time.Now()
		byHand.count = count(ctx, r, c.hand, args)
		two := time.Since(began)
		if byRule.count = n; round > 0 {
			byRule.took, byHand.took = append(byRule.took, one), append(byHand.took, two)
		}
	}
	return byRule, byHand
}

// count runs a statement by hand, under no other limits than the rule's.
func count(ctx context.Context, r *rig.Rig, statement string, args []any) (n int64) {
	r.TB.Helper()
	err := pgx.BeginTxFunc(ctx, r.Store.Pool(), pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local statement_timeout = '2min'"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, statement, append([]any{pgx.QueryExecModeExec}, args...)...).Scan(&n)
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	return n
}

func compile(r *rig.Rig, text string) *rules.Rule {
	r.TB.Helper()
	env, err := rules.New()
	if err != nil {
		r.TB.Fatal(err)
	}
	rule, problems := env.Compile(text, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
	if len(problems) > 0 {
		r.TB.Fatal(problems)
	}
	return rule
}

// eachAlone looks at the first so many people one after the other, in memory: a page of them and what they did
// are read in a query each.
func eachAlone(ctx context.Context, r *rig.Rig, c contest, now time.Time, people int) (a answer) {
	r.TB.Helper()
	rule := compile(r, c.rule)
	var names []string
	for _, e := range rule.Reads().Events {
		names = append(names, e.Name)
	}
	began := time.Now()
	after := ""
	for seen := 0; seen < people; {
		page := readPage(ctx, r, after, names, min(500, people-seen))
		for _, one := range page {
			if rule.Holds(&rules.Facts{Now: now, Profile: one.profile, History: one.history}).True {
				a.count++
			}
		}
		seen, after = seen+len(page), page[len(page)-1].profile.ID
	}
	a.took = []time.Duration{time.Since(began)}
	return a
}

type person struct {
	profile *profile.Profile
	history map[string][]profile.Event
}

func readPage(ctx context.Context, r *rig.Rig, after string, names []string, most int) (page []*person) {
	r.TB.Helper()
	rows, err := r.Store.Pool().Query(ctx, "select id, attributes from profiles where id > $1 and merged_into is null and erased_at is null order by id limit $2", after, most)
	if err != nil {
		r.TB.Fatal(err)
	}
	byID := map[string]*person{}
	var id string
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &raw}, func() error {
		p := &person{profile: &profile.Profile{ID: id}, history: map[string][]profile.Event{}}
		page, byID[id] = append(page, p), p
		return json.Unmarshal(raw, &p.profile.Attributes)
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	if len(names) == 0 {
		return page
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	rows, err = r.Store.Pool().Query(ctx, "select profile_id, number, name, properties, time from events where profile_id = any ($1) and name = any ($2) order by profile_id, number", ids, names)
	if err != nil {
		r.TB.Fatal(err)
	}
	var e profile.Event
	_, err = pgx.ForEachRow(rows, []any{&id, &e.Number, &e.Name, &raw, &e.Time}, func() error {
		e.Properties = nil
		if err := json.Unmarshal(raw, &e.Properties); err != nil {
			return err
		}
		byID[id].history[e.Name] = append(byID[id].history[e.Name], e)
		return nil
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	return page
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func ms(t time.Duration) float64 { return float64(t.Microseconds()) / 1000 }
