package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
)

const cases = `journey: hello
cases:
  - name: a greeting
    at: 2026-03-27T18:00:00+01:00
    profile: { id: ada, attributes: { email: ada@example.com } }
    events: [ { at: 0s, event: signed_up } ]
    expect: [ { at: 0s, send: hi, contains: you } ]
  - name: nobody to greet
    at: 2026-03-27T18:00:00+01:00
    profile: { id: ada }
    events: [ { at: 0s, event: signed_up } ]
    expect: [ { skip: hi, reason: no_address } ]
`

func withCases(t *testing.T, cases string) string {
	t.Helper()
	return folder(t, map[string]string{
		"workspace.yaml": "name: acme\n", "journeys/hello.yaml": hello, "journeys/hello.test.yaml": cases,
		"templates/hi.email.liquid": "---\nsubject: Hi\n---\nHi <b>you</b>\n",
	})
}

func TestTest(t *testing.T) {
	t.Parallel()
	dir := withCases(t, cases)
	got := mixtape(t, "test", dir)
	if got.Code != 0 || !strings.HasPrefix(got.Out, "ok   hello: a greeting\nok   hello: nobody to greet\n2 cases passed in ") {
		t.Errorf("all good: %+v", got)
	}
	got = mixtape(t, "test", dir, "--run", "greeting$")
	if got.Code != 0 || strings.Contains(got.Out, "nobody") {
		t.Errorf("only one: %+v", got)
	}
	if got = mixtape(t, "test", dir, "--run", "no such"); got.Code != 1 || !strings.Contains(got.Err, "no case to play") {
		t.Errorf("none: %+v", got)
	}
	wrong := withCases(t, strings.Replace(cases, "contains: you", "contains: Ada", 1))
	got = mixtape(t, "test", wrong)
	if got.Code != 1 || !strings.Contains(got.Out, "FAIL hello: a greeting") || !strings.Contains(got.Out, "<- text") || !strings.Contains(got.Err, "1 of 2 cases failed") {
		t.Errorf("one fails: %+v", got)
	}
	var told struct {
		Cases []struct {
			Case     string
			OK       bool
			Rows     []struct{ Expected, Happened, Wrong string }
			Timeline []struct{ Kind, Name, Subject string }
		}
	}
	if err := json.Unmarshal([]byte(mixtape(t, "test", wrong, "--json").Out), &told); err != nil {
		t.Fatal(err)
	}
	if first := told.Cases[0]; first.OK || first.Rows[0].Wrong != "text" || first.Timeline[0].Subject != "Hi" || !told.Cases[1].OK {
		t.Errorf("as JSON: %+v", told)
	}
	if got = mixtape(t, "test", withCases(t, cases+"  - nonsense\n")); got.Code != 1 || !strings.Contains(got.Out, "journeys/hello.test.yaml:13:5: a case is text") {
		t.Errorf("cases that cannot be read: %+v", got)
	}
	if got = mixtape(t, "test", dir+"/nowhere"); got.Code != 2 {
		t.Errorf("no folder: %+v", got)
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	dir := withCases(t, cases)
	got := mixtape(t, "simulate", dir, "hello", "--case", "a greeting")
	for _, want := range []string{"Fri 27 March 2026", "entered hello by signed_up", "email: sent", "the run ends: completed"} {
		if got.Code != 0 || !strings.Contains(got.Out, want) {
			t.Errorf("a case, %q: %+v", want, got)
		}
	}
	files := folder(t, map[string]string{
		"ada.yaml": "{ id: ada, timezone: Asia/Tokyo, attributes: { email: ada@example.com } }", "events.json": `[{"at": "1h", "event": "signed_up"}]`,
	})
	person := []string{"simulate", dir, "hello", "--profile", files + "/ada.yaml", "--at", "2026-03-27T18:00:00Z", "--events"}
	got = mixtape(t, append(person, files+"/events.json")...)
	if got.Code != 0 || !strings.Contains(got.Out, "Sat 28 March 2026") || !strings.Contains(got.Out, "04:00:00") {
		t.Errorf("a person: %+v", got)
	}
	if got = mixtape(t, append(person, files+"/ada.yaml")...); got.Code != 1 || !strings.Contains(got.Err, "ada.yaml:1:1: events is a mapping") {
		t.Errorf("no events: %+v", got)
	}
	if got = mixtape(t, "simulate", dir, "hello"); got.Code != 2 || !strings.Contains(got.Err, "--case NAME") {
		t.Errorf("nobody: %+v", got)
	}
	if got = mixtape(t, "simulate", dir, "hello", "--case", "another"); got.Code != 1 || !strings.Contains(got.Err, "has no case") {
		t.Errorf("no such case: %+v", got)
	}
}
