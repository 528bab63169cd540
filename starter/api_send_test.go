package starter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// withTemplates is a deployment with templates that no journey sends.
func withTemplates(t *testing.T) *door {
	t.Helper()
	d := open(t)
	d.publish(`{"settings": {"name": "acme"}, "journeys": [], "templates": {
		"receipt.email.liquid": "---\nsubject: Receipt\n---\nThank you\n", "receipt.sms.liquid": "Thank you\n", "reset.email.liquid": "---\nsubject: Reset\n---\nHere\n"}}`)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}}`)
	return d
}

// What is wrong with a request is said with the field, and leaves nothing behind.
func TestWhatCannotBeSentSaysWhy(t *testing.T) {
	t.Parallel()
	d := withTemplates(t)
	for _, c := range []struct {
		request string
		status  int
		field   string
		words   string
	}{
		{`{"template": "recept", "profile": "ada", "idempotency_key": "1"}`, http.StatusNotFound, "template", "no template recept is published; write receipt"},
		{`{"template": "receipt", "profile": "bob", "idempotency_key": "1"}`, http.StatusNotFound, "profile", "nobody has the id bob"},
		{`{"profile": "ada", "idempotency_key": "1"}`, 422, "template", "template is missing"},
		{`{"template": "receipt", "idempotency_key": "1"}`, 422, "profile", "profile is missing"},
		{`{"template": "receipt", "profile": "ada"}`, 422, "idempotency_key", "is to be 1 to 100 bytes"},
		{`{"template": "receipt", "profile": "ada", "idempotency_key": "` + strings.Repeat("k", 101) + `"}`, 422, "idempotency_key", "is to be 1 to 100 bytes"},
		{`{"template": "receipt", "profile": "ada", "idempotency_key": "1", "chanel": "sms"}`, 422, "chanel", "write channel"},
		{`{"template": "reset", "profile": "ada", "idempotency_key": "1", "channel": "sms"}`, 422, "channel", "there is no template reset for sms; write email"},
		{`{"template": "receipt", "profile": "ada", "idempotency_key": "1", "data": [1]}`, 422, "data", "data"},
		{`{"template": "receipt", "profile": 5, "idempotency_key": "1"}`, 422, "profile", "profile is neither an id nor"},
		{`{"template": "receipt", "profile": {"traits": {}}, "idempotency_key": "1"}`, 422, "profile.userId", "userId"},
		{`{"template"`, http.StatusBadRequest, "", ""},
	} {
		got := d.call(d.server, "send", c.request)
		var no struct {
			Field, Detail string
		}
		if err := json.Unmarshal([]byte(got.body), &no); err != nil || got.status != c.status || no.Field != c.field || !strings.Contains(no.Detail, c.words) {
			t.Errorf("%s: %d %s", c.request, got.status, got.body)
		}
	}
	for name, key := range map[string]string{"a client's key": d.client, "an admin's key": d.admin} {
		if got := d.call(key, "send", `{"template": "receipt", "profile": "ada", "idempotency_key": "1"}`); got.status != http.StatusForbidden && got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n := d.count("select (select count(*) from runs) + (select count(*) from seen_events where source like 'send/%')"); n != 0 {
		t.Errorf("%d rows tell of what was refused", n)
	}
	if got := d.call(d.server, "send", `{"template": "receipt", "profile": "ada", "idempotency_key": "1"}`); got.status != http.StatusAccepted {
		t.Errorf("the key of what was refused: %d %s", got.status, got.body)
	}
	if got := d.call(d.server, "send", `{"template": "reset", "profile": "ada", "idempotency_key": "1"}`); got.status != http.StatusConflict {
		t.Errorf("another message by the same key: %d %s", got.status, got.body)
	}
}

// The journeys that nobody wrote are in no list of journeys, and their runs only where they are asked for.
func TestWhatSendsByItselfIsNoJourneyOfAnybodys(t *testing.T) {
	t.Parallel()
	d := withTemplates(t)
	if got := d.call(d.server, "send", `{"template": "receipt", "profile": "ada", "idempotency_key": "1"}`); got.status != http.StatusAccepted {
		t.Fatal(got.body)
	}
	if n := d.count("select count(*) from journeys where journey like '\\_send-%'"); n != 4 { // receipt, by each of its two channels too, and reset
		t.Errorf("%d journeys for two templates of three files", n)
	}
	if got := d.manage(http.MethodGet, "/api/journeys", "", nil); got.status != http.StatusOK || strings.Contains(got.body, "_send") {
		t.Errorf("the journeys are %s", got.body)
	}
	if got := d.manage(http.MethodGet, "/api/runs", "", nil); got.status != http.StatusOK || strings.Contains(got.body, "_send") {
		t.Errorf("the runs are %s", got.body)
	}
	if got := d.manage(http.MethodGet, "/api/runs?single=true", "", nil); got.status != http.StatusOK || !strings.Contains(got.body, "_send-receipt/") {
		t.Errorf("the runs of messages by themselves are %s", got.body)
	}
	d.good("track", `{"userId": "ada", "event": "send_requested", "properties": {}}`)
	d.judge()
	if n := d.count("select count(*) from runs"); n != 1 {
		t.Errorf("%d runs: an event that is called as a send's began one", n)
	}
}
