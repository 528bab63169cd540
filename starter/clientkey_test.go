package starter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a key that everybody can read may not do; what else is in the batch stands.
func TestAClientKeyOversteps(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com", "phone": "+331", "plan": "free"}}`)
	before := d.person("ada")
	got := d.call(d.client, "batch", `{"batch": [
		{"type": "identify", "userId": "ada", "traits": {"email": "mallory@example.com", "plan": "pro"}, "messageId": "address"},
		{"type": "identify", "userId": "ada", "traits": {"phone": null}, "messageId": "removal"},
		{"type": "identify", "userId": "ada", "context": {"consent": {"categoryPreferences": {"tips": true}}}, "messageId": "consent"},
		{"type": "identify", "userId": "ada", "traits": {"city": "Lyon", "email": "ada@example.com"}, "messageId": "fine"},
		{"type": "track", "userId": "ada", "event": "played", "messageId": "event", "context": {"traits": {"email": "stale@example.com", "theme": "dark"}, "consent": {"categoryPreferences": {"tips": true}}}}]}`)
	var refused []string
	for _, r := range got.rejected(t) {
		refused = append(refused, r.MessageID+" "+r.Field)
		if !strings.Contains(r.Error, "server key") {
			t.Error("it does not say what to do:", r.Error)
		}
	}
	if diff := cmp.Diff([]string{"address traits.email", "removal traits.phone", "consent context.consent"}, refused); diff != "" {
		t.Error(diff)
	}
	after := d.person("ada")
	want := map[string]any{"email": "ada@example.com", "phone": "+331", "plan": "free", "city": "Lyon", "theme": "dark"}
	if diff := cmp.Diff(want, after.Attributes); diff != "" {
		t.Error("attributes (-want +got)", diff)
	}
	if !cmp.Equal(before.Consents, after.Consents) {
		t.Error("consents", after.Consents)
	}
	// What was refused was not taken: sent by the server, it counts.
	d.good("identify", `{"userId": "ada", "traits": {"email": "new@example.com"}, "messageId": "address"}`)
	if got := d.person("ada").Attributes["email"]; got != "new@example.com" {
		t.Error(got)
	}
}

// A browser is where people become known: it may give the address of somebody anonymous, and the
// first one of somebody who has none.
func TestAClientKeyGivesAFirstAddress(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, body := range []string{
		`{"anonymousId": "a", "traits": {"email": "typo@example.com"}}`,
		`{"anonymousId": "a", "traits": {"email": "ada@example.com"}}`,
		`{"anonymousId": "a", "userId": "ada", "traits": {"phone": "+331"}}`,
	} {
		if got := d.call(d.client, "identify", body); got.status != http.StatusOK {
			t.Error(body, got)
		}
	}
	if got := d.call(d.client, "identify", `{"userId": "ada", "traits": {"phone": "+332"}}`); got.status != http.StatusBadRequest {
		t.Error(got)
	}
	if diff := cmp.Diff(map[string]any{"email": "ada@example.com", "phone": "+331"}, d.person("ada").Attributes); diff != "" {
		t.Error(diff)
	}
}

// Who visits as a stranger and says that they are ada brings nothing that ada has already.
func TestAClientKeyCannotBringAnAddressByMerging(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}}`)
	for _, c := range [][2]string{
		{"identify", `{"anonymousId": "stranger", "traits": {"email": "mallory@example.com"}}`},
		{"identify", `{"anonymousId": "stranger", "userId": "ada"}`},
		{"alias", `{"previousId": "stranger", "userId": "ada"}`},
	} {
		if got := d.call(d.client, c[0], c[1]); got.status != http.StatusOK {
			t.Error(c, got)
		}
	}
	if got := d.person("ada").Attributes["email"]; got != "ada@example.com" {
		t.Error("the address is", got)
	}
}

func TestConsents(t *testing.T) {
	t.Parallel()
	d := open(t)
	const withdraw = `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"tips": false, "news": true}}}}`
	d.good("identify", withdraw)
	d.good("identify", withdraw)
	if diff := cmp.Diff(map[string]bool{"tips": false, "news": true}, d.person("ada").Consents); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"consent_changed", "consent_changed"}, d.names("ada")); diff != "" {
		t.Error(diff)
	}
	if got := string(d.events("ada")[1].Properties); !strings.Contains(got, `"topic": "tips"`) || !strings.Contains(got, `"given": false`) {
		t.Error(got)
	}
	if n := d.count("select count(*) from decisions where kind = 'consent' and reason = 'withdrawn' and words like '%tips%server%'"); n != 1 {
		t.Errorf("%d decisions", n)
	}
	// Consent tools repeat themselves in every call; events set nothing.
	d.good("track", `{"userId": "ada", "event": "played", "context": {"consent": {"categoryPreferences": {"tips": true}}}}`)
	if d.person("ada").Consents["tips"] {
		t.Error("an event gave a consent that was withdrawn")
	}
	var said struct {
		Consents map[string]bool `json:"consents"`
	}
	if got := d.manage(http.MethodPut, "/api/profiles/ada/consents", `{"consents": {"tips": true, "": false}}`, &said); got.status != http.StatusOK {
		t.Fatal(got)
	}
	if diff := cmp.Diff(map[string]bool{"tips": true, "news": true, "": false}, said.Consents); diff != "" {
		t.Error(diff)
	}
	if n := d.count("select count(*) from decisions where kind = 'consent' and words like '%admin'"); n != 2 {
		t.Errorf("%d decisions by the admin", n)
	}
}
