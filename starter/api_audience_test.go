package starter_test

import (
	"net/http"
	"strings"
	"testing"
)

const somePeople = `{"settings": {"name": "acme", "timezone": "Europe/Paris", "topics": {"tips": {"default": "subscribed"}}},
	"reference": {"segments": [{"segment": "free", "rule": "user.plan == 'free'"}]}, "journeys": []}`

// askable is a deployment with three people.
func askable(t *testing.T) *door {
	t.Helper()
	d := open(t)
	d.publish(somePeople)
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free", "age": 36}}`)
	d.good("identify", `{"userId": "ben", "traits": {"plan": "paid", "age": 17}}`)
	d.good("identify", `{"anonymousId": "a3", "traits": {"plan": "free"}}`)
	for range 2 {
		d.good("track", `{"userId": "ada", "event": "order_completed", "properties": {"total": 30.1}}`)
	}
	d.good("track", `{"userId": "ben", "event": "order_completed", "properties": {"total": 10}}`)
	return d
}

type people struct {
	People []struct {
		ID     string `json:"id"`
		UserID string `json:"user_id"`
	}
	Next    string
	Explain *struct{ Statement, Plan string }
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	d := askable(t)
	for rule, want := range map[string]int{
		`user.plan == "free"`: 2, `user.plan != "free"`: 1, `user.age >= 18`: 1, `!(user.age >= 18)`: 2, `true`: 3,
		`events("order_completed").count() >= 2`: 1, `events("order_completed").sum("total") == 60.2`: 1, `events("order_completed").within("30d").count() == 0`: 1,
		`consented("tips") && user.id == "ada"`: 1, `local_hour(now) >= 0`: 3, `events("message_sent").count() == 0`: 3,
	} {
		var counted struct{ Count int }
		if got := d.manage(http.MethodPost, "/api/audience/count", `{"rule": `+quoted(rule)+`}`, &counted); got.status != http.StatusOK || counted.Count != want {
			t.Errorf("%s: %d %s, want %d", rule, got.status, got.body, want)
		}
	}
	var first, rest people
	d.manage(http.MethodPost, "/api/audience/list", `{"rule": "user.plan == 'free'", "limit": 1}`, &first)
	d.manage(http.MethodPost, "/api/audience/list", `{"rule": "user.plan == 'free'", "after": "`+first.Next+`", "limit": 10}`, &rest)
	if len(first.People) != 1 || len(rest.People) != 1 || rest.Next != "" || first.People[0].ID == rest.People[0].ID {
		t.Errorf("%+v, then %+v", first, rest)
	}
	// Who went into somebody else, or was erased, is nobody.
	d.good("alias", `{"previousId": "a3", "userId": "ada"}`)
	var counted struct{ Count int }
	d.manage(http.MethodPost, "/api/audience/count", `{"rule": "true"}`, &counted)
	if counted.Count != 2 {
		t.Errorf("after a merge there are %d", counted.Count)
	}
}

func TestAnAudienceExplained(t *testing.T) {
	t.Parallel()
	d := askable(t)
	for _, path := range []string{"count", "list"} {
		var out people
		d.manage(http.MethodPost, "/api/audience/"+path, `{"rule": "events('order_completed').within('30d').count() >= 2", "explain": true}`, &out)
		if out.Explain == nil || !strings.Contains(out.Explain.Statement, "from profiles p where") || strings.Contains(out.Explain.Statement, "order_completed") ||
			!strings.Contains(out.Explain.Plan, "cost=") {
			t.Errorf("%s: %+v", path, out.Explain)
		}
	}
}

func TestARuleThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	d := askable(t)
	for rule, want := range map[string]string{
		`user.plann == "free"`:                           `rule:1:1: nobody has ever had the attribute "plann"; write user.plan`,
		`events("order_complete").count() >= 2`:          `rule:1:8: nobody has ever sent the event "order_complete"; write "order_completed"`,
		"true &&\n  duration(user.a) > duration(\"1d\")": `rule:2:3: how long this is differs from one to the other`,
		`user.plan ==`:                                   `rule:1:13: the rule ends too early`,
		`size(user.plan)`:                                `rule:1:1: the rule is a number and never true or false; write a comparison`,
		`in_segment("fre")`:                              `rule:1:12: there is no segment "fre"; write "free"`,
		`event.plan == "free"`:                           `rule:1:1: "event" is not known in a segment`,
	} {
		got := d.manage(http.MethodPost, "/api/audience/count", `{"rule": `+quoted(rule)+`}`, nil)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, strings.Trim(quoted(want), `"`)) {
			t.Errorf("%s: %d %s\nwant %s", rule, got.status, got.body, want)
		}
	}
	no := d.manage(http.MethodPut, "/api/workspace", strings.Replace(somePeople, "user.plan == 'free'", "duration(user.a) > duration('1d')", 1), nil)
	if no.status != http.StatusUnprocessableEntity || !strings.Contains(no.body, "all people at once") {
		t.Errorf("published: %d %s", no.status, no.body)
	}
}
