package starter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

func (d *door) links() *starter.Links {
	d.t.Helper()
	l, err := starter.NewLinks(d.url+"/", d.signer)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

func (d *door) visit(method, address, form string) reply {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		d.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return d.send(r)
}

func TestUnsubscribing(t *testing.T) {
	t.Parallel()
	d := open(t)
	if _, err := d.store.Publish(t.Context(), store.Settings{Name: "acme", Brand: map[string]string{"name": "Acme & Söhne"}}, nil); err != nil {
		t.Fatal(err)
	}
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
	d.good("identify", `{"userId": "bob", "traits": {"plan": "free"}}`)
	page, err := d.links().Unsubscribe("", d.person("ada").ID, "tips")
	if err != nil {
		t.Fatal(err)
	}
	oneClick, err := d.links().OneClick("", d.person("bob").ID, "")
	if err != nil {
		t.Fatal(err)
	}

	asked := d.visit(http.MethodGet, page, "")
	if asked.status != http.StatusOK || !strings.Contains(asked.body, `<form method="post">`) || !strings.Contains(asked.body, "Acme &amp; Söhne") || !strings.Contains(asked.body, "tips") {
		t.Error(asked)
	}
	if strings.Contains(asked.body, "<script") || !strings.Contains(asked.header.Get("Content-Security-Policy"), "default-src 'none'") || asked.header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the page is not safe:", asked)
	}
	if got := d.visit(http.MethodHead, page, ""); got.status != http.StatusOK {
		t.Error(got)
	}
	if len(d.person("ada").Consents) != 0 {
		t.Fatal("looking at the page changed something")
	}

	for range 3 {
		if got := d.visit(http.MethodPost, page, ""); got.status != http.StatusOK || !strings.Contains(got.body, "You are unsubscribed") {
			t.Error(got)
		}
		if got := d.visit(http.MethodPost, oneClick, "List-Unsubscribe=One-Click"); got.status != http.StatusOK {
			t.Error(got)
		}
	}
	for who, topic := range map[string]string{"ada": "tips", "bob": ""} {
		if diff := cmp.Diff(map[string]bool{topic: false}, d.person(who).Consents); diff != "" {
			t.Error(who, diff)
		}
		if diff := cmp.Diff([]string{"changed plan", "unsubscribed", "consent_changed"}, d.names(who)); diff != "" {
			t.Error(who, diff)
		}
		if n := d.count("select count(*) from decisions where profile_id = $1 and kind = 'consent' and reason = 'withdrawn'", d.person(who).ID); n != 1 {
			t.Errorf("%s: %d decisions", who, n)
		}
	}
}

// The one who unsubscribes stays unsubscribed as whoever they turn out to be.
func TestUnsubscribingAfterAMerge(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"anonymousId": "anon", "traits": {"email": "ada@example.com"}}`)
	d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"tips": true}}}}`)
	address, err := d.links().OneClick("", d.person("anon").ID, "tips")
	if err != nil {
		t.Fatal(err)
	}
	d.good("alias", `{"previousId": "anon", "userId": "ada"}`)
	if got := d.visit(http.MethodPost, address, ""); got.status != http.StatusOK {
		t.Fatal(got)
	}
	if d.person("ada").Consents["tips"] {
		t.Error("the consent lives on")
	}
}

func TestLinksThatAreNotOurs(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("track", `{"userId": "ada", "event": "e"}`)
	ours, err := d.links().Unsubscribe("", d.person("ada").ID, "tips")
	if err != nil {
		t.Fatal(err)
	}
	token := ours[strings.LastIndex(ours, "/")+1:]
	for name, token := range map[string]string{
		"nonsense": "x", "cut off": token[:len(token)-3], "altered": "1." + token[3:], "long": strings.Repeat("a", 20_000),
		"made for something else": d.signer.Sign(message.Claim{Purpose: "click", Profile: d.person("ada").ID, Topic: "tips"}),
		"of nobody":               d.signer.Sign(message.Claim{Purpose: message.PurposeUnsubscribe, Profile: "pnobody", Topic: "tips"}),
	} {
		for _, path := range []string{"/u/" + token, "/u/" + token + "/one-click"} {
			if got := d.visit(http.MethodPost, d.url+path, ""); got.status != http.StatusNotFound {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
	}
	if got := d.visit(http.MethodGet, d.url+"/u/x", ""); got.status != http.StatusNotFound || !strings.Contains(got.body, "This link does not work") {
		t.Error(got)
	}
	if len(d.person("ada").Consents) != 0 {
		t.Error("a forged link withdrew a consent")
	}
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	signer, err := message.NewSigner([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "mail.example.com", "ftp://x", "https://", "https://x?y", "https://x#y"} {
		if _, err := starter.NewLinks(bad, signer); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
