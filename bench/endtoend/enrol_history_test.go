package endtoend_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/proto"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// TestAnEnrolmentsHistoryHoldsNothingOfPeople looks at the raw histories of an enrolment that was paced and
// paused, and of an occurrence of a schedule; with RECORD set it keeps them for the replay test.
func TestAnEnrolmentsHistoryHoldsNothingOfPeople(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := tips()
	settings.Timezone = "UTC"
	at := time.Now().Add(8 * time.Second).Truncate(time.Second)
	r.Publish(settings, rig.Version(`journey: offer
entry: { api: true, where: user.city != "Secrettown" }
steps: [ { id: rest, wait: 30d } ]
`, nil), digest("digest", `{ once: "`+reading(t, at, "UTC")+`", zone: workspace }`))
	const people = 120
	var items []rig.Item
	for i := range people {
		items = append(items, rig.Identify(fmt.Sprint("secret-user-", i), map[string]any{"email": fmt.Sprintf("secret-%d@example.com", i), "city": "Secretville"}))
	}
	r.Send(items...)
	e := prepare(r, "offer", `{"rule": "user.city == \"Secretville\"", "per_minute": 600, "spread": "1m"}`)
	change(r, e.ID, "begin", `{}`)
	awaitEnrolment(r, e.ID, "lets a page in", func(e enrolmentView) bool { return e.Entered > 50 })
	change(r, e.ID, "pause", "")
	awaitEnrolment(r, e.ID, "is held", func(e enrolmentView) bool { return e.Held != "" })
	change(r, e.ID, "resume", "")
	e = awaitEnrolment(r, e.ID, "is done", isDone)
	if e.Entered != people {
		t.Errorf("it came to %+v", e)
	}
	r.Await("the occurrence is done", rig.Patience, func() bool {
		all := occurrences(r, "digest")
		return len(all) == 1 && all[0].State == "done"
	})
	for name, id := range map[string]string{"enroll": e.ID, "schedule": occurrences(r, "digest")[0].ID} {
		h := r.History(r.Address.Prefix+"enrol/"+id, true)
		raw, err := proto.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(raw, []byte("entered")) {
			t.Fatalf("this is not the history of %s", name)
		}
		for _, word := range []string{"ecret", "city"} {
			if at := bytes.Index(raw, []byte(word)); at >= 0 {
				t.Errorf("%q is in the history: …%s…", word, raw[max(0, at-80):min(len(raw), at+80)])
			}
		}
		record(t, h, name)
	}
}

// TestOperatorsActOnEnrolmentsInTemporal cancels one and terminates another, as its UI does.
func TestOperatorsActOnEnrolmentsInTemporal(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(store.Settings{}, offer(""))
	manyPeople(r, 40)
	begin := func() enrolmentView {
		e := prepare(r, "offer", `{"rule": "true", "per_minute": 30}`)
		change(r, e.ID, "begin", `{}`)
		return awaitEnrolment(r, e.ID, "lets the first in", func(e enrolmentView) bool { return e.Seen > 0 })
	}
	e := begin()
	if err := r.Client.Temporal.CancelWorkflow(t.Context(), r.Address.Prefix+"enrol/"+e.ID, ""); err != nil {
		t.Fatal(err)
	}
	e = awaitEnrolment(r, e.ID, "is cancelled", func(e enrolmentView) bool { return e.State == "cancelled" })
	if e.Entered >= 40 {
		t.Errorf("cancelled it has let in %d", e.Entered)
	}
	r.Await("its workflow is closed as cancelled", rig.Patience, func() bool {
		d, err := r.Client.Temporal.DescribeWorkflowExecution(t.Context(), r.Address.Prefix+"enrol/"+e.ID, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_CANCELED
	})

	e = begin()
	if err := r.Client.Temporal.TerminateWorkflow(t.Context(), r.Address.Prefix+"enrol/"+e.ID, "", "to see"); err != nil {
		t.Fatal(err)
	}
	r.Await("it has a workflow again", rig.Patience, func() bool {
		d, err := r.Client.Temporal.DescribeWorkflowExecution(t.Context(), r.Address.Prefix+"enrol/"+e.ID, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	r.Admin(http.MethodPost, "/api/enrolments/"+e.ID+"/cancel", nil)
}

// TestAnEnrolmentThatTemporalWasNotToldOfBegins is begun by a process that dies just after it was written
// down.
func TestAnEnrolmentThatTemporalWasNotToldOfBegins(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(store.Settings{}, offer(""))
	manyPeople(r, 10)
	e := prepare(r, "offer", `{"rule": "true"}`)
	if err := r.Store.BeginEnrolment(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	if e = awaitEnrolment(r, e.ID, "is done", isDone); e.Entered != 10 {
		t.Errorf("it came to %+v", e)
	}
}
