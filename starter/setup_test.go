package starter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// door is a front door over a database of its own, as one that calls it sees it.
type door struct {
	t      *testing.T
	store  *store.Store
	parts  starter.Parts
	url    string
	server string // keys
	client string
	admin  string
	swept  *sweeper
	signer *message.Signer
}

type sweeper struct {
	mu  sync.Mutex
	all []string
}

func (s *sweeper) Resume(_ context.Context, journey string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, journey)
	return nil
}

func (s *sweeper) Segments(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, "segments")
	return nil
}

func (s *sweeper) Migrate(_ context.Context, journey, version string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, journey+"@"+version)
	return nil
}

func open(t *testing.T) *door {
	t.Helper()
	database := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), database, store.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d := &door{t: t, store: s, swept: &sweeper{}}
	if d.signer, err = message.NewSigner(bytes.Repeat([]byte("k"), 32)); err != nil {
		t.Fatal(err)
	}
	for kind, key := range map[store.KeyKind]*string{store.ServerKey: &d.server, store.ClientKey: &d.client, store.AdminKey: &d.admin} {
		if *key, err = s.NewKey(t.Context(), kind, string(kind)); err != nil {
			t.Fatal(err)
		}
	}
	links, err := starter.NewLinks("https://mail.example.com", d.signer)
	if err != nil {
		t.Fatal(err)
	}
	d.parts = starter.Parts{
		Links: links,
		Store: s, Handler: &dispatch.Handler{Library: store.NewLibrary(s)}, Signer: d.signer, Sweeper: d.swept,
		Bell: dispatch.NewBell(), Relay: dispatch.NewBell(), Log: zap.NewNop(), Version: "test",
	}
	handler, err := starter.New(d.parts)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(listener.Close)
	d.url = listener.URL
	return d
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   string
}

func (d *door) send(r *http.Request) reply {
	d.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{status: answer.StatusCode, header: answer.Header, body: string(raw)}
}

func (d *door) request(method, path, body string) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

// call posts to the tracking API with a key.
func (d *door) call(key, path, body string) reply {
	d.t.Helper()
	r := d.request(http.MethodPost, "/v1/"+path, body)
	r.SetBasicAuth(key, "")
	return d.send(r)
}

// good posts with the server's key and wants success without a rejection.
func (d *door) good(path, body string) {
	d.t.Helper()
	if got := d.call(d.server, path, body); got.status != http.StatusOK || strings.TrimSpace(got.body) != `{"success":true}` {
		d.t.Fatalf("%s %s: %d %s", path, body, got.status, got.body)
	}
}

// manage calls the management API and decodes its answer.
func (d *door) manage(method, path, body string, into any) reply {
	d.t.Helper()
	r := d.request(method, path, body)
	r.Header.Set("Authorization", "Bearer "+d.admin)
	got := d.send(r)
	if into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			d.t.Fatalf("%s %s: %d %s: %v", method, path, got.status, got.body, err)
		}
	}
	return got
}

type rejected struct {
	Index     int    `json:"index"`
	MessageID string `json:"messageId"`
	Field     string `json:"field"`
	Error     string `json:"error"`
}

func (r reply) rejected(t *testing.T) []rejected {
	t.Helper()
	var a struct {
		Success  bool       `json:"success"`
		Rejected []rejected `json:"rejected"`
	}
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != http.StatusOK || !a.Success {
		t.Fatalf("no answer to a batch: %d %s", r.status, r.body)
	}
	return a.Rejected
}

// person reads a profile by any of its names.
func (d *door) person(name string) *profile.Profile {
	d.t.Helper()
	p, err := d.store.FindProfile(d.t.Context(), name)
	if err != nil {
		d.t.Fatalf("profile %s: %v", name, err)
	}
	return p
}

// events reads what is recorded of a person, oldest first.
func (d *door) events(name string) []store.EventRow {
	d.t.Helper()
	rows, err := d.store.EventsOfProfile(d.t.Context(), d.person(name).ID, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

// names are those of a person's events in order; a change of the profile is "changed a,b".
func (d *door) names(name string) []string {
	d.t.Helper()
	var all []string
	for _, e := range d.events(name) {
		if e.Name == "" {
			all = append(all, "changed "+strings.Join(e.Changed, ","))
		} else {
			all = append(all, e.Name)
		}
	}
	return all
}

// judge dispatches until no profile has an event that waits.
func (d *door) judge() {
	d.t.Helper()
	dispatcher := &dispatch.Dispatcher{Store: d.store, Handler: d.parts.Handler, Log: zap.NewNop()}
	for {
		found, err := dispatcher.Once(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		if !found {
			return
		}
	}
}

// counts counts rows behind the API's back.
func (d *door) count(query string, args ...any) (n int) {
	d.t.Helper()
	if err := d.store.Pool().QueryRow(d.t.Context(), query, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// escape writes a name as one part of a path.
func escape(name string) string { return url.PathEscape(name) }
