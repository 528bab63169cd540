package faults_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// A starter that is killed while it erases leaves the rest to the next one.
func TestAStarterKilledWhileItErases(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"erase:taken", "erase:wiped", "erase:told"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{NoEraser: true})
			r.Publish(store.Settings{}, rig.Version(`journey: hello
entry: { event: signed_up }
steps:
  - { id: rest, wait: 30d }
`, nil))
			r.Send(signsUp("ada")...)
			run := r.AwaitPhase("ada", journey.Waiting, "rest")
			var begun struct{ ID string }
			if err := json.Unmarshal(r.Admin(http.MethodDelete, "/api/profiles/ada", nil), &begun); err != nil {
				t.Fatal(err)
			}
			spawn(t, order{Address: r.Address, Starter: true, Kill: point}).awaitKill()
			if e, err := r.Store.Erasure(t.Context(), begun.ID); err != nil || e.State != store.ErasureOpen {
				t.Fatalf("when it was killed: %v %v", e.State, err)
			}
			if _, err := r.Store.Pool().Exec(t.Context(), "update erasures set due = now()"); err != nil { // its minute is over
				t.Fatal(err)
			}
			spawn(t, order{Address: r.Address, Starter: true})
			r.Await("the erasure is done", rig.Patience, func() bool {
				e, err := r.Store.Erasure(t.Context(), begun.ID)
				return err == nil && e.State == store.ErasureDone
			})
			r.Await("the workflow is deleted", rig.Patience, func() bool {
				fate, err := r.Client.Fate(t.Context(), run.ID)
				return err == nil && fate == dispatch.Lost
			})
			var events int
			if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from events").Scan(&events); err != nil || events != 0 {
				t.Errorf("%d events are left, %v", events, err)
			}
		})
	}
}
