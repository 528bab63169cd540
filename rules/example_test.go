package rules_test

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// A rule says what it needs to know, whether it holds, and until when that is certain.
func Example() {
	env, err := rules.New(rules.Attributes(map[string]rules.Kind{"plan": rules.String}))
	if err != nil {
		fmt.Println(err)
		return
	}
	rule, problems := env.Compile(
		`user.plan == "free" && events("playlist_created").within("7d").count() >= 1`,
		rules.Position{File: "journeys/onboarding.yaml", Line: 12, Column: 15}, rules.ScopeStep)
	for _, p := range problems {
		fmt.Println(p)
	}
	fmt.Println("reads", rule.Reads().Attributes, rule.Reads().Events[0].Name, rule.Reads().Events[0].Within)

	now := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	v := rule.Holds(&rules.Facts{
		Now:     now,
		Profile: &profile.Profile{Attributes: map[string]any{"plan": "free"}},
		History: map[string][]profile.Event{
			"playlist_created": {{Number: 1, Name: "playlist_created", Time: now.Add(-time.Hour)}},
		},
	})
	fmt.Println(v.True, "until", v.FlipsAt)
	// Output:
	// reads [plan] playlist_created 168h0m0s
	// true until 2026-04-03 16:00:00 +0000 UTC
}

// Problems say where and what, and what to write instead.
func ExampleEnv_Compile_problems() {
	env, err := rules.New(rules.Attributes(map[string]rules.Kind{"plan": rules.String}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, problems := env.Compile(`usr.plan == "free" && user.paln != "trial"`,
		rules.Position{File: "journeys/onboarding.yaml", Line: 12, Column: 15}, rules.ScopeStep)
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// journeys/onboarding.yaml:12:15: there is no "usr"; write user.plan
	// journeys/onboarding.yaml:12:37: no attribute "paln" is declared in workspace.yaml; write user.plan
}
