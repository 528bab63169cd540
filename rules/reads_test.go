package rules_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
)

// What a rule says that it reads is all that it looks at: attributes, and of the past the names, the
// time and the properties that it asks for.
func TestARuleLooksAtNothingButItsReads(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		w, x := drawWorld(t), drawBool(t, rapid.IntRange(0, 4).Draw(t, "depth"), scope{})
		rule := compileDrawn(t, env, x.src)
		whole := w.facts()
		least := *whole
		reads := rule.Reads()
		least.History = map[string][]profile.Event{}
		for _, read := range reads.Events {
			for _, e := range whole.History[read.Name] {
				if read.Within > 0 && !e.Time.After(whole.Now.Add(-read.Within)) {
					continue
				}
				if !read.Properties {
					e.Properties = nil
				}
				least.History[read.Name] = append(least.History[read.Name], e)
			}
		}
		if whole.Profile != nil && !reads.All {
			person := *whole.Profile
			person.Attributes = maps.Clone(person.Attributes)
			maps.DeleteFunc(person.Attributes, func(name string, _ any) bool {
				return !slices.Contains(reads.Attributes, name)
			})
			least.Profile = &person
		}
		if got, want := rule.Holds(&least), rule.Holds(whole); got != want {
			t.Fatalf("%s\nis %+v on what it reads, %+v on everything\nit reads %+v\nof %v", x.src, got, want, reads, w)
		}
	})
}
