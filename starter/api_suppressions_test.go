package starter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSuppressingByHand(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com"}}`)
	put := func(body string) map[string]string {
		t.Helper()
		var out struct{ Suppressed map[string]string }
		if got := d.manage(http.MethodPut, "/api/profiles/ada/suppressions", body, &out); got.status != http.StatusOK {
			t.Fatal(got)
		}
		return out.Suppressed
	}
	for range 2 {
		if diff := cmp.Diff(map[string]string{"email": "manual"}, put(`{"suppressed": {"email": true}}`)); diff != "" {
			t.Error(diff)
		}
	}
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@new.example"}}`)
	if got := d.person("ada").Suppressed["email"]; got != "manual" {
		t.Errorf("a new address lifted what an operator said: %q", got)
	}
	d.exec(`update profiles set suppressed = '{"email": "complained"}'`)
	if got := put(`{"suppressed": {"email": false, "sms": true}}`); len(got) != 1 || got["sms"] != "manual" {
		t.Error(got)
	}
	var story struct{ Lines []struct{ Words string } }
	d.manage(http.MethodGet, "/api/profiles/ada/story", "", &story)
	for _, want := range []string{"email was suppressed (manual) by the key admin", "email is no longer suppressed, by the key admin"} {
		if strings.Count(fmt.Sprint(story.Lines), want) != 1 {
			t.Errorf("not once %q: %v", want, story.Lines)
		}
	}
	if got := d.manage(http.MethodPut, "/api/profiles/ada/suppressions", `{"suppressed": {"pigeon": true}}`, nil); got.status != http.StatusUnprocessableEntity {
		t.Error(got)
	}
	if got := d.manage(http.MethodPut, "/api/profiles/nobody/suppressions", `{"suppressed": {}}`, nil); got.status != http.StatusNotFound {
		t.Error(got)
	}
}
