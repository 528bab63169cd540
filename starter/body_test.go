package starter_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func zipped(t *testing.T, body string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (d *door) zip(encoding string, body []byte) reply {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", encoding)
	r.SetBasicAuth(d.server, "")
	return d.send(r)
}

func TestGzip(t *testing.T) {
	t.Parallel()
	d := open(t)
	const one = `{"batch": [{"type": "track", "userId": "ada", "event": "e", "messageId": "%d"}], "x": "%s"}`
	if got := d.zip("gzip", zipped(t, fmt.Sprintf(one, 1, ""))); got.status != http.StatusOK {
		t.Error(got)
	}
	if got := d.zip("GZIP", zipped(t, fmt.Sprintf(one, 2, strings.Repeat("y", 400<<10)))); got.status != http.StatusOK {
		t.Error(got)
	}
	bomb := zipped(t, fmt.Sprintf(one, 3, strings.Repeat("0", 20<<20)))
	if got := d.zip("gzip", bomb); got.status != http.StatusRequestEntityTooLarge {
		t.Error("20 MB in", len(bomb), "bytes are answered", got)
	}
	whole := zipped(t, fmt.Sprintf(one, 4, ""))
	for name, body := range map[string][]byte{"not gzip": []byte("{}"), "cut off": whole[:len(whole)-6], "nothing": nil} {
		if got := d.zip("gzip", body); got.status != http.StatusBadRequest {
			t.Error(name, "is answered", got)
		}
	}
	if got := d.zip("br", []byte("{}")); got.status != http.StatusUnsupportedMediaType {
		t.Error(got)
	}
	if got := d.names("ada"); !cmp.Equal(got, []string{"e", "e"}) {
		t.Error(got)
	}
}

// As browsers' libraries post: the key in the body, beacons as text.
func TestKeyInTheBody(t *testing.T) {
	t.Parallel()
	d := open(t)
	post := func(media, body string) reply {
		r := d.request(http.MethodPost, "/v1/t", body)
		r.Header.Set("Content-Type", media)
		return d.send(r)
	}
	if got := post("text/plain;charset=UTF-8", `{"writeKey": "`+d.client+`", "anonymousId": "a", "event": "left"}`); got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error(got)
	}
	if got := post("application/json", `{"writeKey": "`+d.server+`", "anonymousId": "a", "event": "left"}`); got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error(got)
	}
	if got := post("text/plain", `{"writeKey": "`+d.server+`", "anonymousId": "a", "event": "left"}`); got.status != http.StatusUnsupportedMediaType {
		t.Error(got)
	}
	if got := post("application/json", `{"writeKey": 7, "anonymousId": "a", "event": "left"}`); got.status != http.StatusUnauthorized {
		t.Error(got)
	}
	if err := d.store.RevokeKey(t.Context(), "client"); err != nil {
		t.Fatal(err)
	}
	if got := post("text/plain", `{"writeKey": "`+d.client+`", "anonymousId": "a", "event": "left"}`); got.status != http.StatusUnauthorized {
		t.Error("a revoked key is answered", got)
	}
	if got := d.names("a"); !cmp.Equal(got, []string{"left", "left"}) {
		t.Error(got)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	d := open(t)
	got := d.send(d.request(http.MethodOptions, "/v1/batch", ""))
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Error(got)
	}
}

// Items beyond what one batch may have are named, the others taken.
func TestManyItems(t *testing.T) {
	t.Parallel()
	d := open(t)
	items := make([]string, 2502)
	for i := range items {
		items[i] = fmt.Sprintf(`{"type":"track","userId":"ada","event":"e","messageId":"%d"}`, i)
	}
	bad := d.call(d.server, "import", `{"batch":[`+strings.Join(items, ",")+`]}`).rejected(t)
	if len(bad) != 2 || bad[0].Index != 2500 || bad[0].MessageID != "2500" {
		t.Errorf("rejected %+v", bad)
	}
	if n := d.count("select count(*) from events"); n != 2500 {
		t.Errorf("%d events", n)
	}
}

// While the database is away senders are told to come back, and nothing of theirs is dropped.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.store.Close()
	got := d.call(d.server, "track", `{"userId": "ada", "event": "e"}`)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Error(got)
	}
	if got := d.manage(http.MethodGet, "/api/journeys", "", nil); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Error(got)
	}
}
