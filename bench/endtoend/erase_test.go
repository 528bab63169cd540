package endtoend_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workflows"
)

func TestAnErasedPersonIsGoneFromTemporalToo(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{NoEraser: true})
	r.Publish(tips(), rig.Version(`journey: lasting
entry: { event: signed_up, reentry: always }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - id: share
    wait_for: { event: playlist_shared, timeout: 30d }
`, mails("hello")))
	r.Send(
		rig.Identify("ada", map[string]any{"email": "ada@example.com", "first_name": "Ada"}),
		rig.Track("ada", "signed_up", nil))
	run := r.AwaitPhase("ada", journey.Waiting, "share")
	eraser := &workflows.Eraser{Client: r.Client, Store: r.Store, Log: zap.NewNop(), Settle: time.Millisecond}

	var begun struct{ ID, State string }
	if err := json.Unmarshal(r.Admin(http.MethodDelete, "/api/profiles/ada@example.com", nil), &begun); err != nil || begun.State != store.ErasureOpen {
		t.Fatalf("%v %v", begun, err)
	}
	// Temporal is away at first: the erasure waits, and is not lost.
	nobody, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Namespace: r.Address.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	away := *eraser
	away.Client = &workflows.Client{Temporal: nobody, Namespace: r.Address.Namespace, Queue: r.Client.Queue}
	short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if did, err := away.Once(short); !did || err == nil {
		t.Errorf("without Temporal: %v %v", did, err)
	}
	if _, err := r.Store.Pool().Exec(t.Context(), "update erasures set due = now()"); err != nil { // as time passes
		t.Fatal(err)
	}
	r.Await("the erasure is done", 20*time.Second, func() bool {
		if _, err := eraser.Once(t.Context()); err != nil {
			t.Error(err)
		}
		e, err := r.Store.Erasure(t.Context(), begun.ID)
		return err == nil && e.State == store.ErasureDone
	})
	r.Await("the workflow is deleted", 20*time.Second, func() bool {
		fate, err := r.Client.Fate(t.Context(), run.ID)
		return err == nil && fate == dispatch.Lost
	})
	ended, err := r.Store.Runs(t.Context(), store.RunFilter{ExitReason: journey.ReasonErased}, "", 10)
	if err != nil || len(ended) != 1 || ended[0].ID != run.ID {
		t.Errorf("%v %v", ended, err)
	}
	// An event that comes late is taken, and makes nobody.
	r.Send(rig.Track("ada", "signed_up", nil))
	if status, _, err := r.Call(http.MethodGet, "/api/profiles/ada", r.AdminKey, nil); err != nil || status != http.StatusNotFound {
		t.Errorf("after a late event: %d %v", status, err)
	}
	// Who comes back on purpose starts from nothing.
	r.Send(rig.Identify("ada", map[string]any{"plan": "free"}))
	var back struct {
		Attributes map[string]any `json:"attributes"`
	}
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/profiles/ada", nil), &back); err != nil || len(back.Attributes) != 1 {
		t.Errorf("who came back: %v %v", back, err)
	}
	if mails := r.Mails("ada@example.com"); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}
