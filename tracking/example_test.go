package tracking_test

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/tracking"
)

func ExampleParse() {
	call, problem := tracking.Parse(0, "", []byte(`{"type": "track", "userId": "ada", "event": "song_played", "properties": {"genre": "jazz"}}`), nil, time.Time{})
	fmt.Println(call.UserID, call.Event, call.Properties, problem)
	_, problem = tracking.Parse(0, "", []byte(`{"type": "track", "event": "song_played"}`), nil, time.Time{})
	fmt.Println(problem)
	// Output:
	// ada song_played map[genre:jazz] <nil>
	// userId is missing, and so is anonymousId; write one of them, so that it is known whose track this is
}

func ExampleUpdate() {
	ada := &profile.Profile{UserID: "ada", Attributes: map[string]any{"plan": "free"}}
	call := &tracking.Call{Traits: map[string]any{"plan": "pro"}, Hints: tracking.Hints{Timezone: "Europe/Paris"}}
	changed, _ := tracking.Update(ada, call, false)
	fmt.Println(changed, ada.Attributes)
	// Output: [plan timezone] map[plan:pro timezone:Europe/Paris]
}

func ExampleWhoseIs() {
	fmt.Println(tracking.WhoseIs("ada", "4f2a", tracking.Known{Visitor: "p1"}) == tracking.Claimed)
	fmt.Println(tracking.WhoseIs("ada", "4f2a", tracking.Known{Visitor: "p1", User: "p2"}) == tracking.Merged)
	fmt.Println(tracking.WhoseIs("ada", "4f2a", tracking.Known{Visitor: "p1", VisitorUser: "bob", User: "p2"}) == tracking.OnlyUsers)
	// Output:
	// true
	// true
	// true
}
