package profile_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/profile"
)

func ExampleIdentify() {
	ada := &profile.Profile{UserID: "ada", Attributes: map[string]any{"plan": "free", "city": "Lyon"}}
	changed := profile.Identify(ada, map[string]any{"plan": "pro", "city": nil, "email": "ada@example.com"})
	fmt.Println(changed)
	fmt.Println(ada.Attributes)
	// Output:
	// [city email plan]
	// map[email:ada@example.com plan:pro]
}

func ExampleMerge() {
	visitor := &profile.Profile{
		AnonymousIDs: []string{"4f2a"}, Attributes: map[string]any{"plan": "free", "city": "Lyon"}, Consents: map[string]bool{"tips": false},
	}
	ada := &profile.Profile{UserID: "ada", Attributes: map[string]any{"plan": "pro"}, Consents: map[string]bool{"tips": true, "news": true}}
	one := profile.Merge(visitor, ada)
	fmt.Println(one.UserID, one.AnonymousIDs, one.Attributes)
	fmt.Println(one.Consents)
	// Output:
	// ada [4f2a] map[city:Lyon plan:pro]
	// map[news:true tips:false]
}

func ExampleSetConsents() {
	ada := &profile.Profile{Consents: map[string]bool{"tips": true}}
	fmt.Println(profile.SetConsents(ada, map[string]bool{"tips": false, "news": true}))
	fmt.Println(profile.SetConsents(ada, map[string]bool{"tips": false}))
	// Output:
	// [news tips]
	// []
}
