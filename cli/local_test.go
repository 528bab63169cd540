package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leave writes the file that a local deployment leaves in its data folder.
func leave(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "local.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheLocalDeploymentIsFound(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{"GET /api/sending-mode": {`200 {"mode":"live"}`}, "POST /v1/track": {`200 {}`}})
	dir := leave(t, `{"url":"`+s.URL+`","admin_key":"local admin","write_key":"local write"}`)
	if diff := cmp.Diff(result{0, "live: messages go to the people\n", ""}, mixtape(t, "mode", "--data", dir)); diff != "" {
		t.Errorf("mode (-want +got):\n%s", diff)
	}
	if got := mixtape(t, "track", "ada", "signed_up", "--data", dir); got.Code != 0 {
		t.Errorf("track: %+v", got)
	}
	if s.asked[0].Key != "Bearer local admin" || s.asked[1].Key != "basic local write" {
		t.Errorf("the keys were %q and %q", s.asked[0].Key, s.asked[1].Key)
	}
}

// The local deployment's keys never go to an address that was given.
func TestLocalKeysStayLocal(t *testing.T) {
	t.Parallel()
	local, other := serve(t, nil), serve(t, nil)
	dir := leave(t, `{"url":"`+local.URL+`","admin_key":"local admin","write_key":"local write"}`)
	for _, arguments := range [][]string{{"mode"}, {"track", "ada", "signed_up"}} {
		got := mixtape(t, append(arguments, "--data", dir, "--url", other.URL)...)
		if got.Code != 2 || !strings.Contains(got.Err, "there is no") {
			t.Errorf("%v: %+v", arguments, got)
		}
	}
	if len(local.asked)+len(other.asked) > 0 {
		t.Errorf("asked %v and %v", local.asked, other.asked)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	got := mixtape(t, "mode", "--url", gone.URL, "--admin-key", "secret-key")
	if got.Code != 2 || !strings.Contains(got.Err, "nobody answers at "+gone.URL) || strings.Contains(got.Err, "secret") {
		t.Errorf("%+v", got)
	}
	got = mixtape(t, "mode", "--data", leave(t, `{"admin_key":"a","write_key":"b"}`))
	if got.Code != 2 || !strings.Contains(got.Err, "`mixtape dev` is not running") {
		t.Errorf("%+v", got)
	}
	got = mixtape(t, "mode", "--data", leave(t, `not JSON`))
	if got.Code != 2 || !strings.Contains(got.Err, "cannot be read") {
		t.Errorf("%+v", got)
	}
	got = mixtape(t, "mode", "--url", "ftp://x", "--admin-key", "k")
	if got.Code != 2 || !strings.Contains(got.Err, "is no address of an API") {
		t.Errorf("%+v", got)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("the database does not answer\n"))
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	}))
	t.Cleanup(s.Close)
	if diff := cmp.Diff(result{0, "ready\n", ""}, mixtape(t, "health", s.URL+"/readyz")); diff != "" {
		t.Errorf("well (-want +got):\n%s", diff)
	}
	want := result{1, "", "mixtape: " + s.URL + "/ill answers 503 Service Unavailable: the database does not answer\n"}
	if diff := cmp.Diff(want, mixtape(t, "health", s.URL+"/ill")); diff != "" {
		t.Errorf("ill (-want +got):\n%s", diff)
	}
	if got := mixtape(t, "health", "http://127.0.0.1:1/"); got.Code != 1 || !strings.Contains(got.Err, "does not answer") {
		t.Errorf("gone: %+v", got)
	}
}

// What is wrong with a secret is said without showing it.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"link key":       {"--link-keys", "not-base64-secret!", "--database-url", "postgres://u:p@127.0.0.1:1/x"},
		"short link key": {"--link-keys", "c2VjcmV0", "--database-url", "postgres://u:p@127.0.0.1:1/x"},
		"database":       {"--link-keys", "a2V5", "--database-url", "u:secret@db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mixtape(t, append([]string{"worker", "--base-url", "http://localhost", "--ops-listen", "127.0.0.1:0"}, flags...)...)
			if got.Code != 2 || got.Err == "" || strings.Contains(got.Err+got.Out, "secret") || strings.Contains(got.Err+got.Out, "c2VjcmV0") {
				t.Errorf("%+v", got)
			}
		})
	}
}
