package rules_test

import (
	"sync"
	"testing"
)

// One environment and one rule serve many at once.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rule := compile(t, `events("order").where(e, user.tags.exists(x, x != e.sku) && e.total > 50).count() == 1 && local_hour(now) == 13`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if v := rule.Holds(someFacts(t)); !v.True {
					t.Errorf("%+v", v)
				}
				if got := compileWith(t, env, rule.String()).Holds(someFacts(t)); !got.True {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	all.Wait()
}
