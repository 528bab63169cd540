package starter_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	gmail   = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
)

// follow asks for a link as a reader's program does, and goes no further.
func (d *door) follow(method, link, agent string, headers ...string) *http.Response {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, link, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("User-Agent", agent)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := new(bytes.Buffer).ReadFrom(answer.Body); err != nil { // to the end: then it is written down
		d.t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// told are the events of a name, as machine or reader, with the link.
func (d *door) told(event string) (all []string) {
	d.t.Helper()
	for _, e := range d.events("ada") {
		if e.Name != event {
			continue
		}
		said, who := properties(d.t, e), "reader"
		if said["machine"] == true {
			who = "machine"
		}
		to, _ := said["url"].(string)
		all = append(all, strings.TrimSpace(who+" "+to))
	}
	return all
}

func properties(t *testing.T, e store.EventRow) (said map[string]any) {
	t.Helper()
	if err := json.Unmarshal(e.Properties, &said); err != nil {
		t.Fatal(err)
	}
	return said
}

func TestAClickIsToldAndLeadsThere(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com", "sent_at = now() - interval '1 hour'")
	const to = "https://shop.example/a?b=c&d=%20e#f"
	link := d.links().Click(m, to)
	for range 2 {
		if answer := d.follow(http.MethodGet, link, firefox); answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != to {
			t.Fatal(answer.Status, answer.Header)
		}
	}
	if got := d.told("message_clicked"); len(got) != 1 && len(got) != 2 || got[0] != "reader "+to { // two, if a minute ended between
		t.Errorf("the clicks are %q", got)
	}
	e := d.events("ada")
	if said := properties(t, e[len(e)-1]); said["journey"] != "hello" || said["template"] != "welcome" || said["message"] != m {
		t.Errorf("the click says %v", said)
	}
	before := len(e)
	d.follow(http.MethodHead, link, firefox)
	if len(d.events("ada")) != before {
		t.Error("that somebody asked whether the link is there counts as a click")
	}
	d.follow(http.MethodGet, link, "Mozilla/5.0 (compatible; Barracuda Sentinel)")
	if got := d.told("message_clicked"); got[len(got)-1] != "machine "+to {
		t.Errorf("the clicks are %q", got)
	}
}

func TestAnOpeningIsToldByItsPicture(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agent, sent string
		headers     []string
		want        string
	}{
		"a reader":            {firefox, "1 hour", nil, "reader"},
		"a reader's Gmail":    {gmail, "1 hour", nil, "reader"},
		"Apple's proxy":       {"Mozilla/5.0", "1 hour", nil, "machine"},
		"nobody":              {"", "1 hour", nil, "machine"},
		"a browser ahead":     {firefox, "1 hour", []string{"Sec-Purpose", "prefetch"}, "machine"},
		"on its way":          {firefox, "0 s", nil, "machine"},
		"a script of a robot": {"python-requests/2.32", "1 hour", nil, "machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := entered(t)
			m := d.sent("email", "ada@example.com", "sent_at = clock_timestamp() - interval '"+c.sent+"'")
			answer := d.follow(http.MethodGet, d.links().Open(m), c.agent, c.headers...)
			if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/gif" || !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
				t.Error(answer.Status, answer.Header)
			}
			if got := d.told("message_opened"); len(got) != 1 || got[0] != c.want {
				t.Errorf("the openings are %q, want %s", got, c.want)
			}
		})
	}
}

// A link leads only where its maker said, and one that is for another thing does nothing.
func TestNoLinkLeadsAnywhereElse(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	click, opening := d.links().Click(m, "https://shop.example/"), d.links().Open(m)
	unsubscribe, err := d.links().Unsubscribe(m, d.person("ada").ID, "tips")
	if err != nil {
		t.Fatal(err)
	}
	other, err := message.NewSigner(bytes.Repeat([]byte("x"), 32))
	if err != nil {
		t.Fatal(err)
	}
	token := func(link string) string { return strings.TrimSuffix(link[strings.LastIndexByte(link, '/')+1:], ".gif") }
	for name, link := range map[string]string{
		"a forged link":         d.url + "/l/" + other.Sign(message.Claim{Purpose: message.PurposeClick, Message: m, URL: "https://evil.example"}),
		"a changed one":         click[:len(click)-2] + "AA",
		"one to unsubscribe":    d.url + "/l/" + token(unsubscribe),
		"one of a picture":      d.url + "/l/" + token(opening),
		"a picture of a link":   d.url + "/o/" + token(click) + ".gif",
		"a picture of no name":  d.url + "/o/" + token(opening),
		"a link as a parameter": d.url + "/l/" + url.PathEscape("https://evil.example"),
	} {
		if answer := d.follow(http.MethodGet, link, firefox); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Location") != "" {
			t.Errorf("%s: %s to %q", name, answer.Status, answer.Header.Get("Location"))
		}
	}
	if answer := d.follow(http.MethodGet, d.url+"/u/"+token(click), firefox); answer.StatusCode == http.StatusOK {
		t.Error("a click's token opens the page to unsubscribe")
	}
	if n := len(d.told("message_clicked")) + len(d.told("message_opened")); n != 0 {
		t.Errorf("%d of them were told", n)
	}
}

// Whom we forgot is led on all the same, and nothing is written of them; so while the database is away.
func TestAReaderIsLedOnWhateverHappensHere(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	click := d.links().Click(m, "https://shop.example/")
	if _, err := d.store.Erase(t.Context(), "ada", "admin"); err != nil {
		t.Fatal(err)
	}
	events := d.count("select count(*) from events")
	if answer := d.follow(http.MethodGet, click, firefox); answer.StatusCode != http.StatusFound {
		t.Error(answer.Status)
	}
	if n := d.count("select count(*) from events"); n != events {
		t.Errorf("%d events were written of somebody who was erased", n-events)
	}
	d.store.Close()
	if answer := d.follow(http.MethodGet, click, firefox); answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "https://shop.example/" {
		t.Error(answer.Status)
	}
}

func TestALongLinkLeadsThereByItself(t *testing.T) {
	t.Parallel()
	signer, err := message.NewSigner(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	links, err := starter.NewLinks("https://mail.example.com/", signer)
	if err != nil {
		t.Fatal(err)
	}
	long := "https://shop.example/" + strings.Repeat("a", 2000)
	if links.Click("m_1", long) != long {
		t.Error("a link is tracked that no mail client would take")
	}
	for link, ours := range map[string]bool{"https://mail.example.com/u/1": true, "https://mail.example.com": true, "https://mail.example.com.evil.example/": false, "https://shop.example": false} {
		if links.Ours(link) != ours {
			t.Errorf("%s is ours: %v", link, !ours)
		}
	}
}
