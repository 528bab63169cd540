package endtoend_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// paces mails twice, each time after a wait.
func paces(first string) store.Version {
	return rig.Version(`journey: paces
entry: { event: signed_up }
steps:
  - { id: settle-in, wait: `+first+` }
  - { id: hello, send: { channel: email, template: hello } }
  - { id: rest, wait: 1s }
  - { id: nudge, send: { channel: email, template: nudge } }
`, mails("hello", "nudge"))
}

// pausedWhile starts a run that comes due while everything is paused.
func pausedWhile(t *testing.T, first string) (*rig.Rig, store.RunRow) {
	t.Helper()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), paces(first))
	r.Send(signsUp("ada")...)
	r.AwaitPhase("ada", journey.Waiting, "settle-in")
	r.Admin(http.MethodPost, "/api/pause", nil)
	return r, r.AwaitPhase("ada", journey.Paused, "settle-in")
}

func TestResumeSkipsWhatCameDue(t *testing.T) {
	t.Parallel()
	r, run := pausedWhile(t, "3s")
	r.Admin(http.MethodPost, "/api/resume", []byte(`{"due": "skip"}`))
	r.AwaitMail("ada@example.com", "nudge") // behind the next wait
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.Skipped("ada", "paused"); n != 1 || len(r.Mails("ada@example.com")) != 1 {
		t.Errorf("%d messages are skipped and %d went, want 1 and 1", n, len(r.Mails("ada@example.com")))
	}
	told, _ := decisions(r, run.ID)
	if !slices.Contains(told, "operator resumed") || !slices.Contains(told, "gate paused") {
		t.Errorf("the ledger says %s", strings.Join(told, ", "))
	}
	// Whoever asks why reads first that the pause is over, and then what did not go for that.
	var story struct {
		Lines []struct{ Kind, Reason string }
	}
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/profiles/ada/story", nil), &story); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range story.Lines {
		if l.Reason == "resumed" || l.Reason == "paused" {
			lines = append(lines, l.Kind+" "+l.Reason)
		}
	}
	if want := []string{"decision resumed", "decision paused", "message paused"}; !slices.Equal(lines, want) {
		t.Errorf("the story says %v, want %v", lines, want)
	}
}

func TestResumeShiftsWhatCameDue(t *testing.T) {
	t.Parallel()
	r, run := pausedWhile(t, "6s")
	r.Admin(http.MethodPost, "/api/resume", []byte(`{"due": "shift"}`))
	d, err := r.Store.Deployment(context.Background())
	if err != nil || d.PausedAt != nil {
		t.Fatal(d.PausedAt, err)
	}
	r.AwaitMail("ada@example.com", "hello")
	r.AwaitExit("ada", journey.ReasonCompleted)
	// Six seconds of waiting, and the pause beside them.
	var paused, waited time.Duration
	err = r.Store.Pool().QueryRow(context.Background(), `select
		(extract(epoch from (inputs ->> 'resumed')::timestamptz - (inputs ->> 'paused')::timestamptz) * 1e9)::bigint,
		(select (extract(epoch from m.created_at - r.entered_at) * 1e9)::bigint from messages m join runs r on r.id = m.run_id where m.run_id = $1 and m.step = 'hello')
		from decisions where run_id = $1 and kind = 'operator'`, run.ID).Scan(&paused, &waited)
	if err != nil {
		t.Fatal(err)
	}
	if paused <= 0 || waited < 6*time.Second+paused {
		t.Errorf("it went %s after the entry, of which %s were a pause", waited, paused)
	}
}
