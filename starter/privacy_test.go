package starter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

func TestErasingAPerson(t *testing.T) {
	t.Parallel()
	d := entered(t)
	d.topics(nil)
	mail := d.sent("email", "ada@example.com")
	id := d.person("ada").ID
	page, err := d.links().Unsubscribe(mail, id, "tips")
	if err != nil {
		t.Fatal(err)
	}
	preferences := d.links().Preferences(id)
	d.good("identify", `{"userId": "ada", "anonymousId": "adas-browser", "traits": {"email": "ada@example.com"}}`)
	d.good("identify", `{"userId": "bob", "traits": {"email": "same@example.com"}}`)
	d.good("identify", `{"userId": "eve", "traits": {"email": "same@example.com"}}`)

	var begun struct{ ID, Profile, State string }
	if got := d.manage(http.MethodDelete, "/api/profiles/same@example.com", "", nil); got.status != http.StatusConflict {
		t.Error("an address of two:", got)
	}
	if got := d.manage(http.MethodDelete, "/api/profiles/nobody", "", nil); got.status != http.StatusNotFound {
		t.Error("nobody:", got)
	}
	if got := d.manage(http.MethodDelete, "/api/profiles/ada@example.com", "", &begun); got.status != http.StatusAccepted || begun.Profile != id {
		t.Fatal(got)
	}
	if got := d.manage(http.MethodGet, "/api/erasures/"+begun.ID, "", &begun); got.status != http.StatusOK || begun.State != "open" {
		t.Error(got)
	}
	for _, name := range []string{"ada", "adas-browser", "ada@example.com", id} {
		for _, path := range []string{"", "/story", "/export", "/consents"} {
			if got := d.manage(http.MethodGet, "/api/profiles/"+name+path, "", nil); got.status != http.StatusNotFound {
				t.Errorf("%s%s after it: %v", name, path, got)
			}
		}
	}
	// What comes late is taken, and changes nothing: calls, reports of providers, links in old messages.
	d.good("track", `{"userId": "ada", "event": "played", "properties": {"song": "late"}}`)
	d.good("track", `{"anonymousId": "adas-browser", "event": "played"}`)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}, "timestamp": "2020-01-01T00:00:00Z"}`)
	d.good("alias", `{"previousId": "adas-browser", "userId": "ada"}`)
	if got := d.call(d.client, "identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}}`); got.status != http.StatusOK {
		t.Error("a browser:", got)
	}
	if status := d.report(nil, channels.Report{ID: "late", Kind: channels.Bounced, MessageID: mail, Permanent: true}); status != http.StatusOK {
		t.Error("a report:", status)
	}
	for _, address := range []string{page, preferences} {
		if got := d.visit(http.MethodGet, address, ""); got.status >= 500 || !strings.Contains(got.body, "<html") {
			t.Error("a link:", got)
		}
		if got := d.visit(http.MethodPost, address, ""); got.status >= 500 || !strings.Contains(got.body, "<html") {
			t.Error("a button:", got)
		}
	}
	if got := d.manage(http.MethodPost, "/api/journeys/hello/enroll", `{"user_id": "ada"}`, nil); got.status != http.StatusGone && got.status != http.StatusConflict {
		t.Error("enrolled:", got)
	}
	if n := d.count("select count(*) from profiles where user_id = 'ada'") + d.count("select count(*) from events where name = 'played'") +
		d.count("select count(*) from profiles where id = '"+id+"' and (attributes <> '{}' or consents <> '{}' or suppressed <> '{}')"); n != 0 {
		t.Error("something of the person came back")
	}
	// Who is back on purpose starts from nothing.
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
	if back := d.person("ada"); back.ID == id || len(back.Attributes) != 1 {
		t.Errorf("%+v", back)
	}
}

func TestExportingAPerson(t *testing.T) {
	t.Parallel()
	d := entered(t)
	d.sent("email", "ada@example.com")
	got := d.manage(http.MethodGet, "/api/profiles/ada/export", "", nil)
	var all struct {
		Profile  struct{ ID string }
		Runs     []struct{ ID, Journey string }
		Messages []struct{ Address string }
		Events   []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(got.body), &all); err != nil || got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		t.Fatal(err, got)
	}
	if all.Profile.ID != d.person("ada").ID || len(all.Runs) != 1 || len(all.Messages) != 1 || all.Messages[0].Address != "ada@example.com" || len(all.Events) == 0 {
		t.Errorf("%+v", all)
	}
	if got := d.call(d.server, "../api/profiles/ada/export", ""); got.status < 400 {
		t.Error("without an admin key:", got)
	}
}
