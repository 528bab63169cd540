package endtoend_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
)

// TestRecordHistories writes the histories that workflows' replay test holds every release against:
// with RECORD=VERSION set, into a folder of that name. Without, it checks that what is recorded
// would be: runs of every kind of move.
func TestRecordHistories(t *testing.T) {
	t.Parallel()
	s := startService(t, func(n int, w http.ResponseWriter) { // it is asked twice
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"value": 1}`)
	})
	r := rig.New(t, rig.Options{Secret: func(string) (string, bool) { return "x", true }})
	r.Publish(within(), onboarding(), nudge(), welcome(), scoring(s.URL))
	r.Send(signsUp("ada")...)
	r.Await("all four runs stand", rig.Patience, func() bool {
		waiting := 0
		for _, run := range r.Runs("ada") {
			if run.Step == "share" && run.Phase == string(journey.Waiting) || run.Phase == string(journey.Ended) {
				waiting++
			}
		}
		return waiting == 4
	})
	r.Admin(http.MethodPost, "/api/journeys/nudge/pause", nil)
	r.Send(rig.Track("ada", "playlist_shared", map[string]any{"visibility": "public"}))
	r.AwaitPaused("ada", "nudge")
	r.Admin(http.MethodPost, "/api/journeys/nudge/resume", []byte("{}"))
	r.Await("all runs have ended", rig.Patience, func() bool {
		for _, run := range r.Runs("ada") {
			if run.Phase != string(journey.Ended) {
				return false
			}
		}
		return true
	})
	for _, run := range r.Runs("ada") {
		h := r.History(run.ID, true)
		if len(h.GetEvents()) < 5 {
			t.Errorf("%s has a history of %d events", run.ID, len(h.GetEvents()))
		}
		record(t, h, run.Journey)
	}
}

// record keeps a history, where that is asked for.
func record(t *testing.T, h *history.History, name string) {
	t.Helper()
	version := os.Getenv("RECORD")
	if version == "" {
		return
	}
	raw, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "workflows", "testdata", "histories", version)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".json"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
}
