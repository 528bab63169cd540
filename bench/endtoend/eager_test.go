package endtoend_test

import (
	"net/http"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
)

// TestAWorkerBesideTheStarterTakesTheFirstTaskFromTheAnswer asks Temporal whether it was so; a starter
// without a worker begins runs as well, only slower.
func TestAWorkerBesideTheStarterTakesTheFirstTaskFromTheAnswer(t *testing.T) {
	t.Parallel()
	for _, alone := range []bool{false, true} {
		r := rig.New(t, rig.Options{NoWorker: alone})
		r.Publish(tips(), offer(""))
		r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com"}))
		r.Admin(http.MethodPost, "/api/journeys/offer/enroll", []byte(`{"user_id": "ada"}`))
		r.Await("the run has its workflow", rig.Patience, func() bool {
			_, unstarted, err := r.Store.CountActive(t.Context())
			return err == nil && unstarted == 0
		})
		began := r.History(r.Run("ada").ID, false).GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
		if began.GetEagerExecutionAccepted() == alone {
			t.Errorf("without a worker (%v): the first task came with the answer: %v", alone, began.GetEagerExecutionAccepted())
		}
	}
}
