package starter_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/store"
)

// withJourney publishes a journey that one enters by signing up or by enrolment.
func withJourney(t *testing.T, confirmAbove int) *door {
	t.Helper()
	d := open(t)
	d.publish(fmt.Sprintf(`{"settings": {"name": "acme", "confirm_above": %d}, "journeys": [{"journey": "hello", "source": %s}]}`, confirmAbove, quoted(hello)))
	return d
}

type enrolled struct{ Run, Refused, Profile string }

func (d *door) enroll(body string) enrolled {
	d.t.Helper()
	var out enrolled
	if got := d.manage(http.MethodPost, "/api/journeys/hello/enroll", body, &out); got.status != http.StatusOK {
		d.t.Fatalf("enroll %s: %d %s", body, got.status, got.body)
	}
	return out
}

func TestEnrolling(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
	first := d.enroll(`{"user_id": "ada", "properties": {"from": "crm"}, "idempotency_key": "k1"}`)
	if first.Run != "hello/"+d.person("ada").ID+"/1" || first.Refused != "" {
		t.Fatal(first)
	}
	if again := d.enroll(`{"user_id": "ada", "idempotency_key": "k1"}`); again != first {
		t.Error("asked again the answer is", again)
	}
	if more := d.enroll(`{"user_id": "ada", "idempotency_key": "k2"}`); more.Run != "" || more.Refused != "reentry" {
		t.Error(more)
	}
	if again := d.enroll(`{"user_id": "ada", "idempotency_key": "k2"}`); again.Refused != "reentry" {
		t.Error(again)
	}
	for range 2 {
		if no := d.enroll(`{"anonymous_id": "stranger", "idempotency_key": "k3"}`); no.Refused != "where_false" {
			t.Error(no)
		}
	}
	if by := d.enroll(`{"anonymous_id": "guest", "properties": {"plan": "free"}}`); by.Run == "" {
		t.Error(by)
	}
	if n := d.count("select count(*) from outbox where kind = 'start'"); n != 2 {
		t.Errorf("%d workflows are to be started", n)
	}
	for body, status := range map[string]int{`{}`: 422, `{"user_id": "a", "profile": "b"}`: 422, `{"profile": "nobody"}`: 404} {
		if got := d.manage(http.MethodPost, "/api/journeys/hello/enroll", body, nil); got.status != status {
			t.Error(body, got)
		}
	}
	if got := d.manage(http.MethodPost, "/api/journeys/nothing/enroll", `{"user_id": "ada"}`, nil); got.status != http.StatusNotFound {
		t.Error(got)
	}
}

func TestPausing(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 1)
	for _, who := range []string{"ada", "bob"} {
		d.good("track", `{"userId": "`+who+`", "event": "signed_up", "properties": {"plan": "free"}}`)
	}
	d.judge()
	if got := d.manage(http.MethodPost, "/api/journeys/hello/pause", "", nil); got.status != http.StatusOK || !strings.Contains(got.body, `"runs":2`) {
		t.Error(got)
	}
	d.good("track", `{"userId": "eve", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.judge()
	if n := d.count("select count(*) from decisions where reason = 'paused' and kind = 'entry'"); n != 1 {
		t.Error("eve was not refused")
	}
	// As the walk leaves runs that looked while they were held.
	if _, err := d.store.Pool().Exec(t.Context(), "update runs set phase = 'paused'"); err != nil {
		t.Fatal(err)
	}
	got := d.manage(http.MethodPost, "/api/journeys/hello/resume", "", nil)
	if got.status != http.StatusConflict || !strings.Contains(got.body, "2 runs") || len(d.swept.all) != 0 {
		t.Error("more than confirm_above are released at a word:", got)
	}
	for _, path := range []string{"/api/journeys/hello/resume", "/api/resume"} {
		if got := d.manage(http.MethodPost, path, `{"confirm": 2, "due": "forget"}`, nil); got.status != http.StatusUnprocessableEntity {
			t.Error("no such choice:", got)
		}
	}
	// The second finds the pause lifted, and the runs under way as the first said.
	for _, due := range []string{"skip", "shift"} {
		got := d.manage(http.MethodPost, "/api/journeys/hello/resume", `{"confirm": 2, "due": "`+due+`"}`, nil)
		if got.status != http.StatusOK || !strings.Contains(got.body, `"runs":2`) || !strings.Contains(got.body, `"due":"skip"`) {
			t.Error(got)
		}
	}
	for _, path := range []string{"/api/pause", "/api/resume"} {
		if got := d.manage(http.MethodPost, path, `{"confirm": 2}`, nil); got.status != http.StatusOK {
			t.Error(path, got)
		}
	}
	if diff := cmp.Diff([]string{"hello", "hello", ""}, d.swept.all); diff != "" {
		t.Error("woken", diff)
	}
	for _, path := range []string{"/api/journeys/nothing/pause", "/api/journeys/nothing/resume"} {
		if got := d.manage(http.MethodPost, path, "", nil); got.status != http.StatusNotFound {
			t.Error(path, got)
		}
	}
}

func TestStoppingAndStuckRuns(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	for _, who := range []string{"ada", "bob", "eve"} {
		d.good("track", `{"userId": "`+who+`", "event": "signed_up", "properties": {"plan": "free"}}`)
	}
	d.judge()
	run := "hello/" + d.person("ada").ID + "/1"
	for i, body := range []string{`{"run": "` + run + `"}`, `{"run": "` + run + `"}`, `{"profile": "bob", "journey": "hello"}`} {
		var out struct{ Runs []string }
		if got := d.manage(http.MethodPost, "/api/runs/stop", body, &out); got.status != http.StatusOK || len(out.Runs) != []int{1, 0, 1}[i] {
			t.Error(body, got)
		}
	}
	if n := d.count("select count(*) from runs where exit_wanted = 'stopped'"); n != 2 {
		t.Errorf("%d runs are to stop", n)
	}
	if n := d.count("select count(*) from outbox where kind = 'wake'"); n != 2 {
		t.Errorf("%d are woken", n)
	}
	if n := d.count("select count(*) from decisions where kind = 'operator' and words like '%admin'"); n != 2 {
		t.Errorf("%d decisions", n)
	}
	for body, status := range map[string]int{`{}`: 422, `{"run": "hello/nobody/1"}`: 404, `{"run": "a", "profile": "b", "journey": "c"}`: 422} {
		if got := d.manage(http.MethodPost, "/api/runs/stop", body, nil); got.status != status {
			t.Error(body, got)
		}
	}
	stuck := "hello/" + d.person("eve").ID + "/1"
	err := d.store.InRun(t.Context(), stuck, func(tx *store.Tx) error { return tx.SetStuck(t.Context(), stuck, "panic") })
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Runs []string }
	if got := d.manage(http.MethodPost, "/api/runs/retry-stuck", "", &out); !slices.Equal(out.Runs, []string{stuck}) {
		t.Error(got)
	}
	if n := d.count("select count(*) from outbox where kind = 'wake' and run_id = $1", stuck); n != 1 {
		t.Error("it is not woken")
	}
}

func TestListsAndStories(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	for i := range 5 {
		d.good("track", fmt.Sprintf(`{"userId": "user-%d", "event": "signed_up", "properties": {"plan": "free"}, "messageId": "%d", "timestamp": %q}`, i, i, stamp(-2*60*60*1e9)))
	}
	d.good("track", `{"userId": "user-0", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.good("track", `{"userId": "payer", "event": "signed_up", "properties": {"plan": "paid"}}`)
	d.judge()

	var seen []string
	for after := ""; ; {
		var out struct {
			Runs []struct{ ID, Profile, Status string }
			Next string
		}
		d.manage(http.MethodGet, "/api/runs?status=active&journey=hello&limit=2&after="+url.QueryEscape(after), "", &out)
		for _, r := range out.Runs {
			seen = append(seen, r.ID)
		}
		if after = out.Next; after == "" {
			break
		}
	}
	if len(seen) != 5 || !slices.IsSorted(seen) {
		t.Error("pages give", seen)
	}
	for query, want := range map[string]int{"profile=user-0": 1, "journey=other": 0, "exit_reason=stopped": 0, "step=pause": 0, "status=active": 5} {
		var out struct{ Runs []struct{ ID string } }
		d.manage(http.MethodGet, "/api/runs?"+query, "", &out)
		if len(out.Runs) != want {
			t.Errorf("%s: %d runs", query, len(out.Runs))
		}
	}
	if got := d.manage(http.MethodGet, "/api/runs?limit=0", "", nil); got.status != 422 {
		t.Error(got)
	}
	var run struct {
		ID        string
		Decisions []struct{ Kind, Reason string }
	}
	d.manage(http.MethodGet, "/api/runs/"+seen[0], "", &run)
	if run.ID != seen[0] || len(run.Decisions) != 1 || run.Decisions[0].Reason != "entered" {
		t.Error(run)
	}

	var told struct {
		Profile struct {
			UserID string `json:"user_id"`
		}
		Lines []struct{ Kind, Words, Reason, Run string }
	}
	d.manage(http.MethodGet, "/api/profiles/user-0/story", "", &told)
	var words []string
	for _, l := range told.Lines {
		words = append(words, l.Kind+": "+strings.Split(l.Words, ", which")[0])
	}
	want := []string{"event: signed_up", "event: signed_up", "decision: entered hello by signed_up", "decision: not entered into hello: reentry"}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Error("the story (-want +got)", diff)
	}
	if !strings.Contains(told.Lines[0].Words, "late") {
		t.Error("it does not say that the event came late:", told.Lines[0].Words)
	}
	d.manage(http.MethodGet, "/api/profiles/payer/story", "", &told)
	if last := told.Lines[len(told.Lines)-1]; last.Kind != "refusal" || last.Reason != "where_false" {
		t.Error(last)
	}
	var all struct {
		Profiles []struct{ ID string }
		Next     string
	}
	if d.manage(http.MethodGet, "/api/profiles?limit=4", "", &all); len(all.Profiles) != 4 || all.Next == "" {
		t.Error(all)
	}
}

func TestWhatARunAskedOfWebServices(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	d.good("track", `{"userId": "ada", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.judge()
	ada := d.person("ada").ID
	run := "hello/" + ada + "/1"
	err := d.store.InRun(t.Context(), run, func(tx *store.Tx) error {
		id, _, err := tx.AddCall(t.Context(), store.Call{
			ID: store.NewID("c"), RunID: run, Journey: "hello", Step: "ask", Visit: 1, ProfileID: ada, Method: "POST", Url: "https://api.example/MARKKEYMARK",
			Headers: []byte(`{"X-Token": "Bearer MARKTOKENMARK"}`), Body: `{"a": "MARKONEMARK", "b": "MARKTWOMARK"}`, Mark: "MARK", TimeoutMs: 1000, State: store.Asked,
		})
		if err != nil {
			return err
		}
		_, err = tx.FinishCall(t.Context(), id, store.Answered, "", 200, []byte(`{"score": 1}`))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	type asked struct {
		Step, URL, Body, State string
		Headers, Answer        map[string]any
		Status                 int
	}
	var out struct{ Calls []asked }
	d.manage(http.MethodGet, "/api/runs/"+run, "", &out)
	want := []asked{{
		"ask", "https://api.example/{{ secrets.KEY }}", `{"a": "{{ secrets.ONE }}", "b": "{{ secrets.TWO }}"}`, "answered",
		map[string]any{"X-Token": "Bearer {{ secrets.TOKEN }}"}, map[string]any{"score": 1.0}, 200,
	}}
	if diff := cmp.Diff(want, out.Calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMessagesAndDecisions(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	d.good("track", `{"userId": "ada", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.judge()
	ada := d.person("ada").ID
	run := "hello/" + ada + "/1"
	err := d.store.InRun(t.Context(), run, func(tx *store.Tx) error {
		_, _, err := tx.AddMessage(t.Context(), store.Message{
			RunID: run, Journey: "hello", Step: "welcome", Visit: 1, ProfileID: ada, Channel: "email", Template: "welcome", Topic: "tips",
			Subject: "Hi Ada", Address: "ada@example.com", State: store.Rendered, Detail: "",
		}, store.Body{Html: "<p>Hi</p>", Body: "Hi"})
		return errors.Join(err, tx.Decide(t.Context(), store.Decision{RunID: run, Journey: "hello", Kind: "gate", Reason: "now", Words: "may go"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Messages []struct{ ID, Subject, State string }
	}
	for query, want := range map[string]int{"": 1, "?journey=hello&state=rendered": 1, "?state=sent": 0, "?profile=ada": 1, "?profile=ada&state=sent": 0} {
		if d.manage(http.MethodGet, "/api/messages"+query, "", &list); len(list.Messages) != want {
			t.Errorf("%q: %d messages", query, len(list.Messages))
		}
	}
	d.manage(http.MethodGet, "/api/messages", "", &list)
	var one struct {
		HTML, Text, Subject, Address string
		Kept                         bool
	}
	d.manage(http.MethodGet, "/api/messages/"+list.Messages[0].ID, "", &one)
	if one.HTML != "<p>Hi</p>" || one.Text != "Hi" || one.Subject != "Hi Ada" || !one.Kept {
		t.Error(one)
	}
	var ledger struct{ Decisions []struct{ Kind string } }
	for query, want := range map[string][]string{"run=" + run: {"entry", "gate"}, "profile=ada": {"gate", "entry"}} {
		d.manage(http.MethodGet, "/api/decisions?"+query, "", &ledger)
		var kinds []string
		for _, x := range ledger.Decisions {
			kinds = append(kinds, x.Kind)
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(query, diff)
		}
	}
	// The link of the message says what was unsubscribed from where.
	page, err := d.links().Unsubscribe(list.Messages[0].ID, ada, "tips")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.visit(http.MethodPost, page, ""); got.status != http.StatusOK {
		t.Fatal(got)
	}
	if n := d.count(`select count(*) from events where name = 'unsubscribed' and properties @> '{"journey": "hello", "step": "welcome", "template": "welcome", "channel": "email", "topic": "tips"}'`); n != 1 {
		t.Error("the event does not say where it came from")
	}
	if got := d.manage(http.MethodGet, "/api/messages/none", "", nil); got.status != http.StatusNotFound {
		t.Error(got)
	}
}
