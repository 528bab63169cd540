package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// offer mails whoever is enrolled.
func offer(more string) store.Version {
	return rig.Version(`journey: offer
entry: { api: true`+more+` }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello"))
}

// vips have a segment.
func vips() store.Settings {
	s := within()
	s.Reference.Segments = []store.Segment{{Key: "vip", Rule: "user.vip == true"}}
	return s
}

// enrolmentView is an enrolment as the API tells it.
type enrolmentView struct {
	ID, State, Held, Why string
	Total, Seen, Entered int64
	Refused              map[string]int64
}

func readEnrolment(t *testing.T, raw []byte) (e enrolmentView) {
	t.Helper()
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// prepare makes a draft.
func prepare(r *rig.Rig, in, audience string) enrolmentView {
	r.TB.Helper()
	t, _ := r.TB.(*testing.T)
	return readEnrolment(t, r.Admin(http.MethodPost, "/api/journeys/"+in+"/enrolments", []byte(audience)))
}

func change(r *rig.Rig, id, how, body string) enrolmentView {
	r.TB.Helper()
	t, _ := r.TB.(*testing.T)
	return readEnrolment(t, r.Admin(http.MethodPost, "/api/enrolments/"+url.PathEscape(id)+"/"+how, []byte(body)))
}

func awaitEnrolment(r *rig.Rig, id, what string, until func(enrolmentView) bool) (e enrolmentView) {
	r.TB.Helper()
	t, _ := r.TB.(*testing.T)
	r.Await("the enrolment "+what, rig.Patience, func() bool {
		e = readEnrolment(t, r.Admin(http.MethodGet, "/api/enrolments/"+url.PathEscape(id), nil))
		return until(e)
	})
	return e
}

func isDone(e enrolmentView) bool { return e.State == "done" }

// manyPeople identifies so many, every other one a VIP.
func manyPeople(r *rig.Rig, n int) {
	r.TB.Helper()
	var items []rig.Item
	for i := range n {
		user := fmt.Sprintf("listener-%03d", i)
		items = append(items, rig.Identify(user, map[string]any{"email": user + "@example.com", "vip": i%2 == 0, "plan": []string{"free", "trial", "paid"}[i%3]}))
		if len(items) == 100 || i == n-1 {
			r.Send(items...)
			items = nil
		}
	}
}

func TestEnrollingASegmentARuleAndAList(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(vips(), offer(""))
	manyPeople(r, 60)
	r.Await("the VIPs are in their segment", rig.Patience, func() bool {
		var n int
		err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from profiles where segments @> array['vip']").Scan(&n)
		return err == nil && n == 30
	})

	// A list names those that are there; nobody is created.
	e := prepare(r, "offer", `{"list": true}`)
	var named struct {
		Unknown []string
		Total   int64
	}
	answer := r.Admin(http.MethodPost, "/api/enrolments/"+e.ID+"/ids", []byte(`{"user_ids": ["listener-000", "listener-001", "listener-001", "nobody"]}`))
	if err := json.Unmarshal(answer, &named); err != nil || named.Total != 2 || !cmp.Equal(named.Unknown, []string{"nobody"}) {
		t.Fatalf("naming answered %s, %v", answer, err)
	}
	change(r, e.ID, "begin", `{}`)
	e = awaitEnrolment(r, e.ID, "by list is done", isDone)
	if e.Entered != 2 || e.Seen != 2 {
		t.Errorf("by list: %+v", e)
	}

	// Who was in already is refused, in the list's words; begun twice it is one.
	e = prepare(r, "offer", `{"segment": "vip"}`)
	if e.Total != 30 {
		t.Errorf("the segment has %d people", e.Total)
	}
	change(r, e.ID, "begin", `{}`)
	change(r, e.ID, "begin", `{}`)
	e = awaitEnrolment(r, e.ID, "by segment is done", isDone)
	if diff := cmp.Diff(map[string]int64{"reentry": 1}, e.Refused); diff != "" || e.Entered != 29 || e.Seen != 30 {
		t.Errorf("by segment: %+v", e)
	}

	e = prepare(r, "offer", `{"rule": "user.plan == \"trial\" && !in_segment(\"vip\")"}`)
	change(r, e.ID, "begin", `{"confirm": 1000}`)
	e = awaitEnrolment(r, e.ID, "by rule is done", isDone)
	if e.Entered != 9 || e.Refused["reentry"] != 1 {
		t.Errorf("by rule: %+v", e)
	}
	r.Await("everybody has their mail", rig.Patience, func() bool { return r.Inbox.Counts().Received == 40 })
	if c := r.Inbox.Counts(); c.Duplicates != 0 {
		t.Errorf("%d mails came twice", c.Duplicates)
	}
	r.AwaitExit("listener-001", journey.ReasonCompleted)
	told, _ := decisions(r, r.Run("listener-003").ID)
	t.Log(strings.Join(told, ", "))
}

func TestManyAreConfirmed(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	s := vips()
	s.ConfirmAbove = 5
	r.Publish(s, offer(""), welcome())
	manyPeople(r, 12)
	e := prepare(r, "offer", `{"rule": "user.vip == true"}`)
	if e.Total != 6 {
		t.Errorf("%d people are counted", e.Total)
	}
	status, answer, err := r.Call(http.MethodPost, "/api/enrolments/"+e.ID+"/begin", r.AdminKey, []byte(`{"confirm": 5}`))
	if err != nil || status != http.StatusConflict || !strings.Contains(string(answer), fmt.Sprintf("%d people", e.Total)) {
		t.Errorf("unconfirmed it answers %d %s, %v", status, answer, err)
	}
	change(r, e.ID, "begin", fmt.Sprintf(`{"confirm": %d}`, e.Total))
	awaitEnrolment(r, e.ID, "is done", isDone)
	for body, want := range map[string]string{
		`{"segment": "vips"}`:                "there is no segment vips",
		`{"rule": "user.vip = true"}`:        "this is no rule",
		`{"rule": "true", "segment": "vip"}`: "exactly one",
		`{"rule": "true", "spread": "2x"}`:   "spread",
	} {
		status, answer, err := r.Call(http.MethodPost, "/api/journeys/offer/enrolments", r.AdminKey, []byte(body))
		if err != nil || status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), want) {
			t.Errorf("%s answers %d %s, %v", body, status, answer, err)
		}
	}
	status, answer, err = r.Call(http.MethodPost, "/api/journeys/welcome/enrolments", r.AdminKey, []byte(`{"rule": "true"}`))
	if err != nil || status != http.StatusConflict || !strings.Contains(string(answer), "api: true") {
		t.Errorf("a journey that takes no enrolments answers %d %s, %v", status, answer, err)
	}
}

func TestAnEnrolmentIsPausedResumedAndCancelled(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(vips(), offer(""))
	manyPeople(r, 100)
	e := prepare(r, "offer", `{"rule": "true", "per_minute": 600}`)
	change(r, e.ID, "begin", `{}`)
	awaitEnrolment(r, e.ID, "lets the first in", func(e enrolmentView) bool { return e.Entered > 0 })
	if e = change(r, e.ID, "pause", ""); e.Held != "it is paused" {
		t.Errorf("paused it answers %+v", e)
	}
	settled := awaitSettled(r, e.ID)
	change(r, e.ID, "resume", "")
	awaitEnrolment(r, e.ID, "goes on", func(e enrolmentView) bool { return e.Entered > settled.Entered || e.State == "done" })

	// A pause of its journey holds it, too, and refuses nobody.
	r.Admin(http.MethodPost, "/api/journeys/offer/pause", nil)
	settled = awaitSettled(r, e.ID)
	if len(settled.Refused) > 0 || settled.State == "running" && settled.Held != "the journey is paused" {
		t.Errorf("held by its journey's pause it is %+v", settled)
	}
	r.Admin(http.MethodPost, "/api/journeys/offer/resume", []byte(`{"confirm": 1000}`))
	if settled.State == "running" {
		e = change(r, e.ID, "cancel", "")
		e = awaitEnrolment(r, e.ID, "is cancelled", func(e enrolmentView) bool { return e.State == "cancelled" })
		if e.Entered == 0 || e.Entered > 100 {
			t.Errorf("cancelled it is %+v", e)
		}
		if status, _, _ := r.Call(http.MethodPost, "/api/enrolments/"+e.ID+"/resume", r.AdminKey, nil); status != http.StatusConflict {
			t.Errorf("resuming a cancelled one answers %d", status)
		}
	}
}

// awaitSettled waits until nobody enters any more.
func awaitSettled(r *rig.Rig, id string) (e enrolmentView) {
	r.TB.Helper()
	t, _ := r.TB.(*testing.T)
	var last int64 = -1
	since := time.Now()
	r.Await("nobody enters any more", rig.Patience, func() bool {
		e = readEnrolment(t, r.Admin(http.MethodGet, "/api/enrolments/"+id, nil))
		if e.Entered != last {
			last, since = e.Entered, time.Now()
		}
		return time.Since(since) > 2*time.Second
	})
	return e
}

func TestRunsOfManyBeginSpread(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(vips(), offer(""))
	manyPeople(r, 40)
	e := prepare(r, "offer", `{"rule": "true", "spread": "20s"}`)
	change(r, e.ID, "begin", `{}`)
	e = awaitEnrolment(r, e.ID, "is done", isDone)
	if e.Entered != 40 {
		t.Fatalf("%+v", e)
	}
	if n := r.Inbox.Counts().Received; n > 30 {
		t.Errorf("%d mails went at once", n)
	}
	r.Await("everybody has their mail", rig.Patience, func() bool { return r.Inbox.Counts().Received == 40 })
}
