package endtoend_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// publishTemplates publishes templates that no journey sends.
func publishTemplates(t *testing.T, r *rig.Rig, settings store.Settings, templates map[string]string) {
	t.Helper()
	settings.Name, settings.Channels = "rig", map[string]store.Channel{"email": {Provider: "smtp", From: "Rig <rig@example.com>"}}
	body, err := json.Marshal(map[string]any{"settings": settings, "journeys": []any{}, "templates": templates})
	if err != nil {
		t.Fatal(err)
	}
	r.Admin(http.MethodPut, "/api/workspace", body)
}

// sendOne asks for one message and returns the answer's status and its run.
func sendOne(t *testing.T, r *rig.Rig, request map[string]any) (int, string) {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	status, raw, err := r.Call(http.MethodPost, "/v1/send", r.WriteKey, body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Run      string `json:"run"`
		Accepted bool   `json:"accepted"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Accepted != (status == http.StatusAccepted) {
		t.Fatalf("%d %s %v", status, raw, err)
	}
	return status, answer.Run
}

const receipt = "---\nsubject: Receipt {{ event.number }}\ntopic: tips\n---\nThank you, {{ user.first_name }}: {{ event.total }}\n"

// A message asked for by itself is sent once, however often it is asked for, and passes as transactional.
func TestAMessageAskedForByItselfIsSentOnce(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	publishTemplates(t, r, store.Settings{
		Topics: store.Topics{"tips": {Default: "unsubscribed"}}, Holdout: 1,
		QuietHours: &store.QuietHours{From: "00:00", To: "23:59"}, Timezone: "UTC",
	}, map[string]string{"receipt.email.liquid": receipt})
	request := map[string]any{
		"template": "receipt", "profile": map[string]any{"userId": "ada", "traits": map[string]any{"email": "ada@example.com", "first_name": "Ada"}},
		"data": map[string]any{"number": 42, "total": "12.50"}, "idempotency_key": "receipt-42",
	}
	status, run := sendOne(t, r, request)
	if status != http.StatusAccepted || run == "" {
		t.Fatal(status, run)
	}
	for range 3 {
		if status, again := sendOne(t, r, request); status != http.StatusAccepted || again != run {
			t.Fatalf("asked again: %d %q, first %q", status, again, run)
		}
	}
	mail := r.AwaitMail("ada@example.com", "Receipt 42")
	if !strings.Contains(mail.Text, "Thank you, Ada: 12.50") {
		t.Errorf("the mail says %q", mail.Text)
	}
	request["idempotency_key"], request["profile"], request["data"] = "receipt-43", "ada", map[string]any{"number": 43}
	sendOne(t, r, request)
	r.AwaitMail("ada@example.com", "Receipt 43")
	if n := len(r.Mails("ada@example.com")); n != 2 {
		t.Errorf("%d mails were sent, want 2", n)
	}
	if n := len(r.Runs("ada")); n != 2 {
		t.Errorf("%d runs, want 2", n)
	}
}

// What is transactional does not reach an address that is dead, nor anybody while sending is off.
func TestAMessageAskedForByItselfStopsAtSuppressionAndAtTheMode(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	publishTemplates(t, r, store.Settings{Topics: store.Topics{"tips": {Default: "subscribed"}}}, map[string]string{"receipt.email.liquid": receipt})
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com"}), rig.Identify("bob", map[string]any{"email": "bob@example.com"}))
	p, err := r.Store.FindProfile(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	err = r.Store.InProfile(t.Context(), p.ID, func(tx *store.Tx) error {
		tx.Profile().Suppressed = map[string]string{"email": "manual"}
		return tx.SaveProfile(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	sendOne(t, r, map[string]any{"template": "receipt", "profile": "ada", "idempotency_key": "1"})
	r.Await("the suppressed address is left alone", rig.Patience, func() bool { return r.Skipped("ada", gate.Suppressed) == 1 })
	if err := r.Store.SetSendingMode(t.Context(), store.SendingOff, ""); err != nil {
		t.Fatal(err)
	}
	sendOne(t, r, map[string]any{"template": "receipt", "profile": "bob", "idempotency_key": "2"})
	r.Await("nothing leaves while sending is off", rig.Patience, func() bool { return len(r.Messages("bob")) == 1 && r.Messages("bob")[0].State == store.Skipped })
	if n := len(r.Mails("ada@example.com")) + len(r.Mails("bob@example.com")); n != 0 {
		t.Errorf("%d mails were sent, want none", n)
	}
}

// While everything is paused, a message is refused and may be asked for again with the same key.
func TestAMessageRefusedByAPauseMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	publishTemplates(t, r, store.Settings{Topics: store.Topics{"tips": {Default: "subscribed"}}}, map[string]string{"receipt.email.liquid": receipt})
	request := map[string]any{
		"template": "receipt", "profile": map[string]any{"userId": "ada", "traits": map[string]any{"email": "ada@example.com"}}, "idempotency_key": "1", "data": map[string]any{"number": 1},
	}
	if err := r.Store.Pause(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if status, _ := sendOne(t, r, request); status != http.StatusConflict {
		t.Fatalf("paused: answered %d", status)
	}
	if _, err := r.Store.Resume(t.Context(), "", journey.DueSend); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if status, _ := sendOne(t, r, request); status != http.StatusAccepted {
		t.Fatalf("resumed: answered %d", status)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it was accepted after %s", took)
	}
	r.AwaitMail("ada@example.com", "Receipt 1")
}

// A message that nobody agreed to get goes all the same where it is asked for by itself, and once, though its server asks to try again.
func TestAMessageAskedForByItselfIsTriedAgainAndNeedsNoConsent(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	publishTemplates(t, r, store.Settings{Topics: store.Topics{"tips": {Default: "subscribed"}}}, map[string]string{"receipt.email.liquid": receipt})
	ada := rig.Identify("ada", map[string]any{"email": "ada@example.com"})
	consent(ada, map[string]bool{"tips": false, "": false})
	r.Send(ada)
	var refusals atomic.Int32
	r.Inbox.Follow(func(a inbox.Attempt) inbox.Answer {
		if a.Message == nil && refusals.Add(1) == 1 {
			return inbox.Answer{Code: 451, Text: "4.7.1 greylisted, try again in 1 seconds"}
		}
		return inbox.Answer{}
	})
	sendOne(t, r, map[string]any{"template": "receipt", "profile": "ada", "idempotency_key": "1", "data": map[string]any{"number": 7}})
	r.AwaitMail("ada@example.com", "Receipt 7")
	r.AwaitExit("ada", "completed")
	if n := len(r.Mails("ada@example.com")); n != 1 || refusals.Load() < 2 {
		t.Errorf("%d mails by %d attempts, want one by two", n, refusals.Load())
	}
}
