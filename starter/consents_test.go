package starter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/store"
)

// confirmation is where the newest request of a person leads, on this door.
func (d *door) confirmation(name string) string {
	d.t.Helper()
	var link string
	query := "select properties ->> 'confirm_url' from events where profile_id = $1 and name = 'consent_requested' order by number desc limit 1"
	if err := d.store.Pool().QueryRow(d.t.Context(), query, d.person(name).ID).Scan(&link); err != nil {
		d.t.Fatal(err)
	}
	return strings.Replace(link, "https://mail.example.com", d.url, 1)
}

func doubleOptIn() store.Topics {
	return store.Topics{"news": {Name: "Newsletter", Default: "unsubscribed", DoubleOptIn: true}, "tips": {Default: "subscribed"}}
}

func TestAConsentThatIsToBeConfirmedIsNoneBefore(t *testing.T) {
	t.Parallel()
	const asking = `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"news": true}}}}`
	for name, ask := range map[string]func(*door){
		"by a server key": func(d *door) { d.good("identify", asking) },
		"by a client key": func(d *door) {
			if got := d.call(d.client, "identify", asking); got.status != http.StatusOK || strings.Contains(got.body, "rejected") {
				t.Error(got)
			}
		},
		"on the page": func(d *door) {
			if got := d.choose(d.links().Preferences(d.person("ada").ID), "news"); !strings.Contains(got.body, "One more step") {
				t.Error(got)
			}
		},
		"by the management API": func(d *door) {
			if got := d.manage(http.MethodPut, "/api/profiles/ada/consents", `{"consents": {"news": true}}`, nil); got.status != http.StatusOK {
				t.Error(got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			d.topics(doubleOptIn())
			d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
			ask(d)
			ask2 := d.names("ada")
			ask(d) // at once again: nobody is flooded
			if diff := cmp.Diff([]string{"changed plan", "consent_requested"}, ask2); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(ask2, d.names("ada")); diff != "" {
				t.Error(diff)
			}
			if p := d.person("ada"); len(p.Consents) > 0 || len(p.Requested) != 1 {
				t.Fatalf("%v, waiting: %v", p.Consents, p.Requested)
			}
			page := d.confirmation("ada")
			if got := d.visit(http.MethodGet, page, ""); got.status != http.StatusOK || !strings.Contains(got.body, "Subscribe to Newsletter?") || len(d.person("ada").Consents) > 0 {
				t.Error("looking at the page:", got)
			}
			for range 2 {
				if got := d.visit(http.MethodPost, page, ""); got.status != http.StatusOK || !strings.Contains(got.body, "You are subscribed") {
					t.Error(got)
				}
			}
			if p := d.person("ada"); !p.Consents["news"] || len(p.Requested) > 0 {
				t.Errorf("%v, waiting: %v", p.Consents, p.Requested)
			}
			if diff := cmp.Diff([]string{"changed plan", "consent_requested", "consent_changed"}, d.names("ada")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who takes a request back, or everything, is not subscribed by an old link.
func TestARequestThatIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, back := range []string{`{"news": false}`, `{"": false}`} {
		d := open(t)
		d.topics(doubleOptIn())
		d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"news": true}}}}`)
		page := d.confirmation("ada")
		d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": `+back+`}}}`)
		if got := d.visit(http.MethodPost, page, ""); got.status != http.StatusGone || !strings.Contains(got.body, "Nothing to confirm") || d.person("ada").Consents["news"] {
			t.Error(back, got, d.person("ada").Consents)
		}
	}
}

// Who wanted nothing any more and then asks for a topic is told that it does not come.
func TestConfirmingWhileEverythingIsOff(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.topics(doubleOptIn())
	d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"": false}}}}`)
	d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"news": true}}}}`)
	if got := d.visit(http.MethodPost, d.confirmation("ada"), ""); got.status != http.StatusOK || !strings.Contains(got.body, "you have turned all messages off") {
		t.Error(got)
	}
}

func TestWhatWasConfirmedElsewhere(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.topics(doubleOptIn())
	const confirmed = `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"news": true}, "confirmed": true}}}`
	d.good("identify", confirmed)
	d.good("identify", `{"userId": "bob"}`)
	if got := d.manage(http.MethodPut, "/api/profiles/bob/consents", `{"consents": {"news": true}, "confirmed": true}`, nil); got.status != http.StatusOK {
		t.Error(got)
	}
	if !d.person("ada").Consents["news"] || !d.person("bob").Consents["news"] {
		t.Error("a server key's confirmation does not count")
	}
	for _, body := range []string{
		strings.Replace(confirmed, "ada", "eve", 1),
		`{"userId": "eve", "context": {"consent": {"categoryPreferences": {"news": false}}}}`, `{"userId": "eve", "context": {"consent": {"categoryPreferences": {"tips": true}}}}`,
	} {
		if got := d.call(d.client, "identify", body); got.status == http.StatusOK {
			t.Errorf("a client key's %s is taken: %v", body, got)
		}
	}
}

// A request goes on as the person's who somebody turns out to be.
func TestConfirmingAfterAMerge(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.topics(doubleOptIn())
	d.good("identify", `{"anonymousId": "anon", "context": {"consent": {"categoryPreferences": {"news": true}}}}`)
	page := d.confirmation("anon")
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
	d.good("alias", `{"previousId": "anon", "userId": "ada"}`)
	if got := d.visit(http.MethodPost, page, ""); got.status != http.StatusOK || !d.person("ada").Consents["news"] {
		t.Error(got, d.person("ada"))
	}
}

func TestTheHistoryOfConsents(t *testing.T) {
	t.Parallel()
	d := open(t)
	topics := doubleOptIn()
	topics["offers"] = store.Topic{Default: "subscribed", Channels: []string{"email", "sms"}}
	d.topics(topics)
	d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"news": true}}}}`)
	d.visit(http.MethodPost, d.confirmation("ada"), "")
	d.choose(d.links().Preferences(d.person("ada").ID), "offers/sms")
	oneClick, err := d.links().OneClick("", d.person("ada").ID, "tips")
	if err != nil {
		t.Fatal(err)
	}
	d.visit(http.MethodPost, oneClick, "List-Unsubscribe=One-Click")
	d.manage(http.MethodPut, "/api/profiles/ada/consents", `{"consents": {"/email": false}}`, nil)
	type change struct{ Topic, Channel, Change, Source string }
	var got struct {
		Consents map[string]bool
		Topics   []struct {
			Topic, Name string
			Consented   bool
			Channels    map[string]bool
		}
		History []change
	}
	d.manage(http.MethodGet, "/api/profiles/ada/consents", "", &got)
	want := []change{
		{"", "email", "withdrawn", "the key admin"}, {"tips", "", "withdrawn", "the mail client's unsubscribe button"}, {"offers", "sms", "withdrawn", "the preference page"},
		{"news", "", "given", "the link to confirm it"}, {"news", "", "requested", "the key server"},
	}
	if diff := cmp.Diff(want, got.History); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"/email": false, "tips": false, "offers/sms": false, "news": true}, got.Consents); diff != "" {
		t.Error(diff)
	}
	for _, topic := range got.Topics {
		if topic.Consented != (topic.Topic == "news") || topic.Channels["email"] || topic.Topic == "news" && (topic.Name != "Newsletter" || !topic.Channels["sms"]) {
			t.Errorf("%+v", topic)
		}
	}
	for key, status := range map[string]int{"tip": 422, "tips/fax": 422, "/fax": 422, "tips/push": 200} {
		if got := d.manage(http.MethodPut, "/api/profiles/ada/consents", `{"consents": {"`+key+`": false}}`, nil); got.status != status {
			t.Error(key, got)
		}
	}
}
