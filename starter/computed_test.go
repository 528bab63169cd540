package starter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
)

type computed struct {
	Scores     map[string]float64
	Affinities map[string]string
}

// What was worked out of somebody is set by the API, shown with the profile, and looked at by the runs
// whose rules read it.
func TestSettingScoresAndAffinities(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.publish(`{"settings": {"name": "acme"}, "journeys": [{"journey": "hello", "source": ` +
		quoted("journey: hello\nentry: { event: signed_up }\nexit: [ { rule: 'score(\"churn\") > 0.7 && affinity(\"genre\") == \"jazz\"', reason: lost } ]\nsteps:\n  - { id: pause, wait: 1d }\n") + `}]}`)
	d.good("track", `{"userId": "ada", "event": "signed_up"}`)
	d.judge()
	set := func(body string) (known computed) {
		t.Helper()
		if got := d.manage(http.MethodPut, "/api/profiles/ada/computed", body, &known); got.status != http.StatusOK {
			t.Fatal(got)
		}
		d.judge()
		return known
	}
	leaving := func() int { return d.count("select count(*) from outbox where kind = 'wake'") }

	set(`{"scores": {"churn": 0.5, "buys": 1}, "affinities": {"genre": "jazz"}}`)
	if n := leaving(); n != 0 {
		t.Errorf("%d wakes before the rule is true", n)
	}
	got := set(`{"scores": {"churn": 0.75, "buys": null}}`)
	want := computed{Scores: map[string]float64{"churn": 0.75}, Affinities: map[string]string{"genre": "jazz"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := leaving(); n != 1 {
		t.Errorf("%d wakes when the exit's rule has come true", n)
	}
	set(`{"scores": {"churn": 0.75}}`)
	set(`{}`)
	var shown computed
	d.manage(http.MethodGet, "/api/profiles/ada", "", &shown)
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	changes := []string{
		"signed_up",
		"changed " + profile.AffinityChange("genre") + "," + profile.ScoreChange("buys") + "," + profile.ScoreChange("churn"),
		"changed " + profile.ScoreChange("buys") + "," + profile.ScoreChange("churn"),
	}
	if diff := cmp.Diff(changes, d.names("ada")); diff != "" {
		t.Error("what changed nothing left an event, or a change left none: " + diff)
	}

	// The anonymous profile's go on as the identified person's.
	d.good("track", `{"anonymousId": "device", "event": "played"}`)
	if got := d.manage(http.MethodPut, "/api/profiles/device/computed", `{"scores": {"churn": 0.1, "upgrade": 0.3}}`, nil); got.status != http.StatusOK {
		t.Fatal(got)
	}
	d.good("alias", `{"previousId": "device", "userId": "ada"}`)
	if diff := cmp.Diff(map[string]float64{"churn": 0.75, "upgrade": 0.3}, d.person("ada").Computed.Scores); diff != "" {
		t.Error(diff)
	}
	if names := d.names("ada"); !strings.Contains(names[len(names)-1], profile.ScoreChange("upgrade")) {
		t.Error("runs do not hear of the score that came with the merge: ", names)
	}
	if n := d.count("select count(*) from profiles where merged_into is not null and computed <> '{}'"); n != 0 {
		t.Error("the merged profile keeps its scores")
	}
}

func TestSettingWhatCannotBe(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("track", `{"userId": "ada", "event": "signed_up"}`)
	many := make([]string, profile.MaxComputed+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"s%d": 0.5`, i)
	}
	for body, words := range map[string]string{
		`{"scores": {"churn": 1.5}}`:                         "scores.churn is 1.5; write a number from 0 to 1",
		`{"scores": {"churn": "high"}}`:                      "expected number",
		`{"affinities": {"genre": 7}}`:                       "expected string",
		`{"score": {"churn": 0.5}}`:                          "unexpected property",
		`{"scores": {` + strings.Join(many, ", ") + `}}`:     "keep at most 100",
		`{"affinities": {"genre": ""}}`:                      "affinities.genre is empty",
		`{"scores": {"` + strings.Repeat("x", 201) + `":0}}`: "a name of 201 characters",
	} {
		got := d.manage(http.MethodPut, "/api/profiles/ada/computed", body, nil)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, words) {
			t.Errorf("%.60s: %d %s", body, got.status, got.body)
		}
	}
	if got := d.manage(http.MethodPut, "/api/profiles/nobody/computed", `{"scores": {"churn": 0.5}}`, nil); got.status != http.StatusNotFound {
		t.Error(got)
	}
	if len(d.person("ada").Computed.Scores) > 0 || len(d.events("ada")) != 1 {
		t.Error("what was refused left something")
	}
}
