package cli_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const adasStory = `200 {"profile":{"id":"p1","user_id":"ada/ü 1","attributes":{"timezone":"Europe/Paris","email":"ada@example.com"},"more":1},"lines":[
	{"at":"2026-03-28T22:30:00.5Z","kind":"event","words":"signed_up","name":"signed_up","details":{"plan":"free","age":36}},
	{"at":"2026-03-28T22:30:01Z","kind":"decision","words":"entered onboarding by signed_up","journey":"onboarding","reason":"entered"},
	{"at":"2026-03-28T23:30:00Z","kind":"decision","words":"activated: no, because events(\"playlist_created\").count() is 0","journey":"onboarding","step":"activated","details":{"count":0}},
	{"at":"2026-03-29T01:30:00Z","kind":"message","words":"email nudge \"Hello\": sent","journey":"onboarding","step":"nudge","name":"sent"},
	{"at":"2026-03-29T02:00:00Z","kind":"decision","words":"","name":"gate","reason":"no_consent","journey":"other","step":"tip"},
	{"at":"2026-03-29T02:30:00Z","kind":"refusal","words":"not entered into other: where_false (3 times so far)","journey":"other","reason":"where_false","times":3}]}`

const story = "GET /api/profiles/ada%2F%C3%BC%201/story?limit=500"

func TestExplain(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{story: {adasStory}})
	want := `ada/ü 1 (p1), times in Europe/Paris

Sat 28 March 2026
  23:30:00  signed_up
            age: 36, plan: "free"
  23:30:01  onboarding: entered onboarding by signed_up

Sun 29 March 2026
  00:30:00  onboarding: activated: no, because events("playlist_created").count() is 0
            count: 0
  03:30:00  onboarding: nudge: email nudge "Hello": sent
  04:00:00  other: tip: decision: no_consent
  04:30:00  not entered into other: where_false (3 times so far)
`
	if diff := cmp.Diff(result{0, want, ""}, mixtape(t, s.at("explain", ada)...)); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	// The workspace's zone, where the person has none.
	s = serve(t, map[string][]string{
		story:                 {strings.Replace(adasStory, "Europe/Paris", "Nowhere", 1)},
		"GET /api/deployment": {`200 {"settings":{"timezone":"Asia/Tokyo"}}`},
	})
	if got := mixtape(t, s.at("explain", ada)...); !strings.Contains(got.Out, "times in Asia/Tokyo") || !strings.Contains(got.Out, "  07:30:00  signed_up") {
		t.Errorf("%+v", got)
	}
}

// What is known of a person stands before what happened to them, with what moves it.
func TestExplainTellsWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{story: {`200 {"profile":{"id":"p1","user_id":"ada/ü 1","attributes":{"timezone":"Europe/Paris"},"scores":{"churn":0.731,"vip":0.2},
		"reasons":{"churn":["raises it: silence beside their usual gap","lowers it: visits in the last four weeks"]},"affinities":{"genre":"jazz"},"channels":["push","email"],"best_hours":{"weekdays":20,"weekends":9}},"lines":[]}`}})
	want := `ada/ü 1 (p1), times in Europe/Paris
  score churn 0.731  raises it: silence beside their usual gap; lowers it: visits in the last four weeks
  score vip 0.2
  likes genre jazz
  answers most by push, then email, at 20:00, on weekends at 09:00
nothing happened yet
`
	if diff := cmp.Diff(result{0, want, ""}, mixtape(t, s.at("explain", ada)...)); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
}

// Of runs that do not go by real time, as in the demo, the story is told by their clock.
func TestExplainByTheClockOfTheRuns(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{story: {`200 {"profile":{"id":"p1","user_id":"ada/ü 1","attributes":{"timezone":"Europe/Paris"}},"lines":[
	{"at":"2026-03-27T11:00:00.5Z","run_time":"2026-03-27T11:00:00.9Z","kind":"event","words":"signed_up"},
	{"at":"2026-03-27T11:00:08Z","run_time":"2026-03-28T10:24:00Z","kind":"event","words":"playlist_created","details":{"songs":12}},
	{"at":"2026-03-27T11:00:20Z","run_time":"2026-03-29T07:00:00Z","kind":"decision","words":"activated: yes","journey":"onboarding","step":"activated","details":{"count":1}},
	{"at":"2026-03-29T07:30:00Z","kind":"decision","words":"entered other by hand","journey":"other"}]}`}})
	want := `ada/ü 1 (p1), times in Europe/Paris by the clock of the runs, real time in brackets

Fri 27 March 2026
  12:00:00  signed_up

Sat 28 March 2026
  11:24:00  playlist_created  [27 Mar 12:00:08]
            songs: 12

Sun 29 March 2026
  09:00:00  onboarding: activated: yes  [27 Mar 12:00:20]
            count: 1
  09:30:00  other: entered other by hand
`
	if diff := cmp.Diff(result{0, want, ""}, mixtape(t, s.at("explain", ada)...)); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	if got := mixtape(t, s.at("explain", ada, "--json")...); !strings.Contains(got.Out, `"run_time": "2026-03-29T07:00:00Z"`) {
		t.Errorf("as JSON: %+v", got)
	}
}

func TestExplainOneJourneyAsJSON(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{story: {adasStory}})
	got := mixtape(t, s.at("explain", ada, "--journey", "onboarding", "--json")...)
	var out struct {
		Profile map[string]any
		Lines   []struct{ Words string }
	}
	if err := json.Unmarshal([]byte(got.Out), &out); err != nil || got.Code != 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	if len(out.Lines) != 4 || out.Profile["more"] != 1.0 {
		t.Errorf("events and that journey's lines, and all of the profile: %s", got.Out)
	}
}

const aRun = `{"id":"` + runOne + `","journey":"onboarding","version":"f0627f3aaaa","phase":"waiting","step":"settle-in","why":"waits\nuntil nine","entered_at":"2026-03-28T22:30:00Z"}`

func TestRuns(t *testing.T) {
	t.Parallel()
	query := func(values ...string) string {
		q := url.Values{}
		for i := 0; i < len(values); i += 2 {
			q.Set(values[i], values[i+1])
		}
		return "GET /api/runs?" + q.Encode()
	}
	s := serve(t, map[string][]string{
		query("limit", "50", "profile", ada):               {`200 {"runs":[` + aRun + `]}`},
		query("limit", "3", "journey", "x"):                {`200 {"runs":[` + aRun + `,` + aRun + `],"next":"r2"}`},
		query("limit", "1", "journey", "x", "after", "r2"): {`200 {"runs":[` + aRun + `],"next":"r3"}`},
		query("limit", "50", "status", "ended"):            {`200 {"runs":[]}`},
		"GET /api/runs/" + runOne:                          {"200 " + strings.TrimSuffix(aRun, "}") + `,"decisions":[{"at":"2026-03-28T22:30:00Z","step":"settle-in","words":"waits"}]}`},
	})
	if got := mixtape(t, s.at("runs", ada)...); got.Code != 0 || !strings.Contains(got.Out, runOne+"  ") || !strings.Contains(got.Out, "waiting at settle-in  waits\n") {
		t.Errorf("of a person: %+v", got)
	}
	if got := mixtape(t, s.at("runs", "--journey", "x", "--limit", "3")...); strings.Count(got.Out, runOne) != 3 {
		t.Errorf("page by page: %+v", got)
	}
	if diff := cmp.Diff(result{0, "no runs\n", ""}, mixtape(t, s.at("runs", "--status", "ended")...)); diff != "" {
		t.Errorf("none (-want +got):\n%s", diff)
	}
	if got := mixtape(t, s.at("runs", runOne)...); !strings.Contains(got.Out, runOne+", version f0627f3\nwaiting at settle-in") || !strings.Contains(got.Out, "settle-in: waits\n") {
		t.Errorf("one: %+v", got)
	}
}
