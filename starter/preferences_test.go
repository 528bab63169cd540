package starter_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

func (d *door) topics(topics store.Topics) {
	d.t.Helper()
	if _, err := d.store.Publish(d.t.Context(), store.Settings{Name: "acme", Topics: topics, Brand: map[string]string{"name": "Acme & Söhne"}}, nil); err != nil {
		d.t.Fatal(err)
	}
}

// choose fills the preference page's form as a browser does, with some switches turned, and sends it.
func (d *door) choose(page string, turn ...string) reply {
	d.t.Helper()
	shown := d.visit(http.MethodGet, page, "")
	form := url.Values{}
	for _, input := range regexp.MustCompile(`<input [^>]*>`).FindAllString(shown.body, -1) {
		field := func(name string) string {
			if m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(input); m != nil {
				return m[1]
			}
			return ""
		}
		name, value, on := field("name"), field("value"), strings.Contains(input, " checked")
		for _, key := range turn {
			if name == "want" && key == value {
				on = !on
			}
		}
		if name != "want" || on {
			form.Add(name, value)
		}
	}
	if len(form["shown"]) == 0 {
		d.t.Fatal("there is no form:", shown)
	}
	noFollow := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := noFollow.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		d.t.Fatal(answer.Status)
	}
	return d.visit(http.MethodGet, page+answer.Header.Get("Location"), "")
}

func TestThePreferencePage(t *testing.T) {
	t.Parallel()
	tips := store.Topics{
		"tips": {Name: "Tips & tricks", Default: "subscribed"}, "news": {Default: "unsubscribed"},
		"offers": {Default: "subscribed", Channels: []string{"sms", "email"}},
	}
	for name, c := range map[string]struct {
		said string // before
		turn []string
		want map[string]bool
	}{
		"saving without a change says nothing":         {turn: nil, want: nil},
		"a topic off":                                  {turn: []string{"tips"}, want: map[string]bool{"tips": false}},
		"a topic on":                                   {turn: []string{"news"}, want: map[string]bool{"news": true}},
		"everything off":                               {turn: []string{""}, want: map[string]bool{"": false}},
		"everything on again":                          {said: `"": false`, turn: []string{""}, want: map[string]bool{"": true}},
		"one channel off":                              {turn: []string{"offers/sms"}, want: map[string]bool{"offers/sms": false}},
		"all channels off are the topic off":           {turn: []string{"offers/sms", "offers/email"}, want: map[string]bool{"offers": false}},
		"a topic off whatever of its channels":         {said: `"offers/email": true`, turn: []string{"offers"}, want: map[string]bool{"offers": false}},
		"a topic on without a channel is on in all":    {said: `"offers": false`, turn: []string{"offers"}, want: map[string]bool{"offers": true, "offers/email": true, "offers/sms": true}},
		"one channel on while the topic is off":        {said: `"offers": false`, turn: []string{"offers/sms"}, want: map[string]bool{"offers": false, "offers/sms": true}},
		"a topic on in one channel":                    {said: `"offers": false`, turn: []string{"offers", "offers/sms"}, want: map[string]bool{"offers": true, "offers/sms": true, "offers/email": false}},
		"a channel on again that nothing came through": {said: `"/sms": false`, turn: []string{"/sms"}, want: map[string]bool{"/sms": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			d.topics(tips)
			d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {`+c.said+`}}}}`)
			page := d.links().Preferences(d.person("ada").ID)
			if got := d.choose(page, c.turn...); got.status != http.StatusOK || !strings.Contains(got.body, "Your choice is saved.") {
				t.Error(got)
			}
			got := d.person("ada").Consents
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			before := len(d.events("ada"))
			d.choose(page)
			if len(d.events("ada")) != before {
				t.Error("saving again without a change changed something")
			}
		})
	}
}

func TestThePreferencePageIsSafeAndReadable(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.topics(store.Topics{"tips": {Name: "Tips <b>& tricks", Default: "subscribed"}})
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}}`)
	id := d.person("ada").ID
	got := d.visit(http.MethodGet, d.links().Preferences(id), "")
	if got.status != http.StatusOK || !strings.Contains(got.body, "Tips &lt;b&gt;&amp; tricks") || !strings.Contains(got.body, "Acme &amp; Söhne") {
		t.Error(got)
	}
	if strings.Contains(got.body, "<script") || strings.Contains(got.body, "ada@") || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page is not safe:", got)
	}
	unsubscribe, err := d.links().Unsubscribe("", id, "tips")
	if err != nil {
		t.Fatal(err)
	}
	asked := d.visit(http.MethodGet, unsubscribe, "")
	link := regexp.MustCompile(`href="\.\./(p/[^"]+)"`).FindStringSubmatch(asked.body)
	if link == nil || d.visit(http.MethodGet, d.url+"/"+link[1], "").status != http.StatusOK || !strings.Contains(asked.body, "Tips &lt;b&gt;") {
		t.Error("the unsubscribe page does not lead there:", asked)
	}
	token := unsubscribe[strings.LastIndex(unsubscribe, "/")+1:]
	for _, path := range []string{"/p/" + token, "/p/x", "/p/" + d.signer.Sign(message.Claim{Purpose: message.PurposePreferences, Profile: "pnobody"})} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := d.visit(method, d.url+path, "shown=tips&was=tips"); got.status != http.StatusNotFound || !strings.Contains(got.body, "This link does not work") {
				t.Errorf("%s %s: %v", method, path, got)
			}
		}
	}
	if got := d.visit(http.MethodPost, d.links().Preferences(id), ""); got.status != http.StatusOK || len(d.person("ada").Consents) != 0 {
		t.Error("an empty form changed something:", got)
	}
}
