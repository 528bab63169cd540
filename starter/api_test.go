package starter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hello = `journey: hello
name: Say hello
entry:
  event: signed_up
  api: true
  where: user.plan == "free" || event.plan == "free"
exit:
  - event: subscribed
steps:
  - id: pause
    wait: 1d
`

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

type change struct {
	Journey, Change, Version, Previous string
	Runs                               int
}

func (d *door) publish(body string) []change {
	d.t.Helper()
	var out struct {
		Journeys []change `json:"journeys"`
	}
	if got := d.manage(http.MethodPut, "/api/workspace", body, &out); got.status != http.StatusOK {
		d.t.Fatalf("publish: %d %s", got.status, got.body)
	}
	return out.Journeys
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	d := open(t)
	one := `{"settings": {"name": "acme", "confirm_above": 1}, "journeys": [{"journey": "hello", "source": ` + quoted(hello) + `}]`
	if got := d.publish(one + `, "dry_run": true}`); len(got) != 1 || got[0].Change != "new" || got[0].Version == "" {
		t.Error(got)
	}
	if n := d.count("select count(*) from journeys"); n != 0 {
		t.Fatal("a dry run published")
	}
	first := d.publish(one + `}`)[0].Version
	if got := d.publish(one + `}`); got[0].Change != "unchanged" {
		t.Error(got)
	}
	d.good("track", `{"userId": "ada", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.judge()
	two := `{"settings": {"name": "acme"}, "journeys": [{"journey": "hello", "source": ` + quoted(strings.Replace(hello, "1d", "2d", 1)) + `}]}`
	got := d.publish(two)
	if got[0].Change != "changed" || got[0].Previous != first || got[0].Runs != 1 || got[0].Version == first {
		t.Error(got)
	}
	if got := d.publish(`{"settings": {"name": "acme"}, "journeys": []}`); len(got) != 1 || got[0].Change != "archived" || got[0].Runs != 1 {
		t.Error(got)
	}
	if got := d.publish(two); got[0].Change != "restored" {
		t.Error(got)
	}
	var journey struct {
		Name, Source, Version string
		Active                int
		Versions              []struct {
			Version string
			Active  int
		}
	}
	d.manage(http.MethodGet, "/api/journeys/hello", "", &journey)
	if journey.Name != "Say hello" || !strings.Contains(journey.Source, "2d") || journey.Active != 1 || len(journey.Versions) != 2 {
		t.Errorf("%+v", journey)
	}
}

// What rules look up is published with the journeys that do, and they are held against it.
func TestPublishingWhatRulesLookUp(t *testing.T) {
	t.Parallel()
	d := open(t)
	source := "journey: hello\nentry: { event: e, where: 'in_segment(\"vip\") && catalog(\"products\", event.sku).price < 10 && on_day(\"holidays\")' }\nsteps:\n  - { id: stop, exit: done }\n"
	body := `{"settings": {"name": "acme"}, "journeys": [{"journey": "hello", "source": ` + quoted(source) + `}], "reference": `
	d.publish(body + `{"segments": [{"segment": "paid", "rule": "user.plan == 'pro'"}, {"segment": "vip", "rule": "in_segment('paid') && user.vip"}],
		"catalogs": {"products": {"s1": {"sku": "s1", "price": 9.5}}}, "calendars": {"holidays": [{"from": "2026-05-01", "to": "2026-05-02"}]}}}`)
	if n := d.count("select count(*) from journeys"); n != 1 {
		t.Errorf("%d journeys", n)
	}
	got := d.manage(http.MethodPut, "/api/workspace", body+`{"segments": [{"segment": "vpi", "rule": "in_segment('late') && user.x"}, {"segment": "late", "rule": "usr.x"}],
		"catalogs": {"product": {}}, "calendars": {}}}`, nil)
	if got.status != http.StatusUnprocessableEntity {
		t.Fatal(got)
	}
	for _, want := range []string{`no segment \"vip\"; write \"vpi\"`, `no catalog \"products\"`, `no calendar \"holidays\"`, "segments/late", "does not stand before it"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("nothing is said of %s: %s", want, got.body)
		}
	}
}

// Everything that is wrong is said at once, with file and line, and nothing is published.
func TestPublishingWhatDoesNotParse(t *testing.T) {
	t.Parallel()
	d := open(t)
	got := d.manage(http.MethodPut, "/api/workspace", `{"settings": {"name": "acme"}, "journeys": [
		{"journey": "broken", "source": "journey: broken\nentry: {event: e}\nsteps:\n  - id: a\n    wiat: 1d\n"},
		{"journey": "fine", "source": `+quoted(strings.Replace(hello, "journey: hello", "journey: fine", 1))+`},
		{"journey": "other", "source": `+quoted(hello)+`},
		{"journey": "unsent", "source": "journey: unsent\nentry: {event: e}\nsteps:\n  - id: a\n    send: {channel: email, template: nowhere}\n"},
		{"journey": "torn", "source": "journey: torn\nentry: {event: e}\nsteps:\n  - id: a\n    send: {channel: email, template: t}\n", "templates": {"t.email.liquid": "---\nsubject: Hi {{\n---\n{% if %}"}}]}`, nil)
	if got.status != http.StatusUnprocessableEntity {
		t.Fatal(got)
	}
	for _, want := range []string{"journeys/broken.yaml:5:", "same key in both places", "journeys/unsent.yaml:5:", "nowhere", "t.email.liquid:"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("nothing is said of %s: %s", want, got.body)
		}
	}
	if n := d.count("select count(*) from journeys"); n != 0 {
		t.Error("something was published")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d := open(t)
	var made struct{ Key, Name, Kind string }
	if got := d.manage(http.MethodPost, "/api/keys", `{"name": "website", "kind": "client"}`, &made); got.status != http.StatusCreated || made.Key == "" {
		t.Fatal(got)
	}
	if got := d.call(made.Key, "track", `{"anonymousId": "a", "event": "e"}`); got.status != http.StatusOK {
		t.Error(got)
	}
	for body, status := range map[string]int{
		`{"name": "website", "kind": "server"}`: http.StatusConflict, `{"name": "mixtape", "kind": "server"}`: 422,
		`{"name": "x", "kind": "root"}`: 422, `{"name": "", "kind": "server"}`: 422, `{"kind": "server"}`: 422, `{"name": "a\u0000", "kind": "server"}`: 400,
	} {
		if got := d.manage(http.MethodPost, "/api/keys", body, nil); got.status != status || got.header.Get("Content-Type") != "application/problem+json" {
			t.Error(body, got)
		}
	}
	var list struct {
		Keys []struct{ Name, Kind string }
	}
	if got := d.manage(http.MethodGet, "/api/keys", "", &list); len(list.Keys) != 4 || strings.Contains(got.body, made.Key) {
		t.Error(got)
	}
	if got := d.manage(http.MethodDelete, "/api/keys/website", "", nil); got.status != http.StatusNoContent {
		t.Error(got)
	}
	if got := d.call(made.Key, "track", `{"anonymousId": "a", "event": "e"}`); got.status != http.StatusUnauthorized {
		t.Error(got)
	}
	if got := d.manage(http.MethodDelete, "/api/keys/nobody", "", nil); got.status != http.StatusNotFound {
		t.Error(got)
	}
	if got := d.manage(http.MethodDelete, "/api/keys/admin", "", nil); got.status != http.StatusConflict {
		t.Error("one may lock oneself out:", got)
	}
}

func TestWhoMayManage(t *testing.T) {
	t.Parallel()
	d := open(t)
	try := func(dress func(*http.Request)) int {
		r := d.request(http.MethodGet, "/api/journeys", "")
		dress(r)
		return d.send(r).status
	}
	got := []int{
		try(func(*http.Request) {}),
		try(func(r *http.Request) { r.Header.Set("Authorization", "Bearer nonsense") }),
		try(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+d.server) }),
		try(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+d.admin) }),
		try(func(r *http.Request) { r.SetBasicAuth("admin", d.admin) }),
	}
	if diff := cmp.Diff([]int{401, 401, 403, 200, 200}, got); diff != "" {
		t.Error(diff)
	}
	// A browser that knows the key must not act for another site.
	r := d.request(http.MethodPost, "/api/pause", "")
	r.SetBasicAuth("admin", d.admin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := d.send(r); got.status != http.StatusForbidden {
		t.Error(got)
	}
	for _, path := range []string{"/api/profiles/a%00b", "/api/profiles/%ff", "/api/runs?journey=%00"} {
		if got := d.manage(http.MethodGet, path, "", nil); got.status != http.StatusBadRequest {
			t.Error(path, got)
		}
	}
	if got := d.manage(http.MethodGet, "/api/nothing", "", nil); got.status != http.StatusNotFound || got.header.Get("Content-Type") != "application/problem+json" {
		t.Error(got)
	}
}

func TestSendingMode(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, c := range []struct {
		body   string
		status int
	}{
		{`{"mode": "redirect"}`, 422}, {`{"mode": "redirect", "redirect_to": "me"}`, 422}, {`{"mode": "live", "redirect_to": "me@example.com"}`, 422},
		{`{"mode": "on"}`, 422}, {`{"mode": "redirect", "redirect_to": "me@example.com"}`, 200},
	} {
		if got := d.manage(http.MethodPut, "/api/sending-mode", c.body, nil); got.status != c.status {
			t.Error(c.body, got)
		}
	}
	var deployment struct {
		SendingMode string `json:"sending_mode"`
		RedirectTo  string `json:"redirect_to"`
	}
	d.manage(http.MethodGet, "/api/deployment", "", &deployment)
	if deployment.SendingMode != "redirect" || deployment.RedirectTo != "me@example.com" {
		t.Error(deployment)
	}
}

func TestDocumentation(t *testing.T) {
	t.Parallel()
	d := open(t)
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string `json:"summary"`
		} `json:"paths"`
	}
	got := d.send(d.request(http.MethodGet, "/api/openapi.json", ""))
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatal(got, err)
	}
	page := d.send(d.request(http.MethodGet, "/api/docs", ""))
	if page.status != http.StatusOK || strings.Contains(page.body, "<script") || strings.Contains(page.body, "src=") {
		t.Error("the page needs more than itself")
	}
	n := 0
	for path, methods := range doc.Paths {
		for _, o := range methods {
			n++
			if o.Summary == "" || !strings.Contains(page.body, `id="`+o.OperationID+`"`) {
				t.Error("the page leaves out", path, o.OperationID)
			}
		}
	}
	if n < 25 {
		t.Errorf("%d operations", n)
	}
}
