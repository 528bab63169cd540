package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// indexed publishes a workspace with these attributes and lets their indexes follow.
func indexed(t *testing.T, s *store.Store, attributes map[string]string) (names []string) {
	t.Helper()
	if _, err := s.Publish(t.Context(), store.Settings{Name: "acme", Attributes: attributes}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.IndexAttributes(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.Pool().QueryRow(t.Context(), `select coalesce(array_agg(relname::text order by relname), '{}') from pg_class c join pg_index i on i.indexrelid = c.oid
		where starts_with(relname, 'profiles_attribute_') and i.indisvalid`).Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDeclaredAttributesAreIndexed(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.Pool().Exec(t.Context(), `insert into profiles (id, attributes) select 'p' || n, jsonb_build_object('plan', 'plan' || n % 1000, 'age', n % 90, 'first name', 'n' || n, 'vip', n % 200 = 0)
		from generate_series(1, 20000) n`)
	if err != nil {
		t.Fatal(err)
	}
	if names := indexed(t, s, map[string]string{"plan": "string", "age": "number", "first name": "string", "vip": "bool"}); len(names) != 4 {
		t.Fatalf("indexes are %q", names)
	}
	env, err := rules.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`user.plan == "plan7"`, `user.plan in ["plan7", "plan8"]`, `user.age > 88`, `user.vip`, `user.vip == true`, "user.`first name` == \"n5\"", `user.plan == "plan7" && user.locale == "fr"`} {
		rule, problems := env.Compile(text, rules.Position{File: "rule", Line: 1, Column: 1}, rules.ScopeSegment)
		if rule == nil {
			t.Fatal(problems)
		}
		condition, problems := rule.SQL(rules.SQLOptions{Now: time.Now()})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		plan, err := s.ExplainCount(t.Context(), condition)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.Plan, "profiles_attribute_") {
			t.Errorf("%s does not look into an index:\n%s\n%s", text, plan.Statement, plan.Plan)
		}
	}
	// Text that is longer than an ordered index bears.
	if _, err := s.Pool().Exec(t.Context(), `update profiles set attributes = jsonb_build_object('plan', repeat(md5(id), 1000)) where id = 'p1'`); err != nil {
		t.Errorf("a long value: %v", err)
	}
}

func TestIndexesFollowWhatIsDeclared(t *testing.T) {
	t.Parallel()
	s := open(t)
	one := indexed(t, s, map[string]string{"plan": "string", "age": "number"})
	if again := indexed(t, s, map[string]string{"plan": "string", "age": "number"}); strings.Join(again, " ") != strings.Join(one, " ") {
		t.Errorf("indexes were %q and are %q", one, again)
	}
	if other := indexed(t, s, map[string]string{"plan": "string", "age": "string"}); len(other) != 2 || strings.Join(other, " ") == strings.Join(one, " ") {
		t.Errorf("of another kind: %q", other)
	}
	// One that was left half built is built anew.
	if _, err := s.Pool().Exec(t.Context(), `update pg_index set indisvalid = false where indexrelid::regclass::text like 'profiles_attribute_%'`); err != nil {
		t.Fatal(err)
	}
	if mended := indexed(t, s, map[string]string{"plan": "string", "age": "string"}); len(mended) != 2 {
		t.Errorf("after a build that broke off: %q", mended)
	}
	if none := indexed(t, s, nil); len(none) != 0 {
		t.Errorf("with nothing declared: %q", none)
	}
}
