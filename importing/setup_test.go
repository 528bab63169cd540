package importing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// place is a deployment's database.
type place struct {
	t     *testing.T
	url   string
	store *store.Store
}

func open(t *testing.T) *place {
	t.Helper()
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	return connect(t, url)
}

func connect(t *testing.T, url string) *place {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 8, StatementTimeout: time.Minute, LockTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &place{t: t, url: url, store: s}
}

// file is one of this name with these lines.
func file(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// take imports a file and returns what it came to, and the rejects in words.
func (p *place) take(path string, o importing.Options) (importing.Result, []string) {
	p.t.Helper()
	result, rejects, err := p.try(path, o)
	if err != nil {
		p.t.Fatal(err)
	}
	return result, rejects
}

func (p *place) try(path string, o importing.Options) (importing.Result, []string, error) {
	p.t.Helper()
	source, err := importing.OpenSource(path, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if o.Source == "" {
		o.Source = "import"
	}
	if o.Rejects == "" {
		o.Rejects = path + ".rejected.jsonl"
	}
	result, err := importing.Run(p.t.Context(), p.store, source, o)
	return result, rejected(p.t, o.Rejects), err
}

func rejected(t *testing.T, path string) (all []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

// attributes are those of a person, as JSON.
func (p *place) attributes(user string) string {
	p.t.Helper()
	return p.text("select attributes::text from profiles where user_id = $1", user)
}

func (p *place) text(query string, args ...any) string {
	p.t.Helper()
	var text string
	if err := p.store.Pool().QueryRow(p.t.Context(), query, args...).Scan(&text); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return text
}

func (p *place) count(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.store.Pool().QueryRow(p.t.Context(), query, args...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// door opens the tracking API over the place, and returns how to send it a batch.
func (p *place) door() func(items []json.RawMessage) {
	p.t.Helper()
	key, err := p.store.NewKey(p.t.Context(), store.ServerKey, "backend")
	if err != nil {
		p.t.Fatal(err)
	}
	signer, err := message.NewSigner(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		p.t.Fatal(err)
	}
	handler, err := starter.New(starter.Parts{
		Store: p.store, Handler: &dispatch.Handler{Library: store.NewLibrary(p.store)}, Signer: signer, Sweeper: nobody{},
		Bell: dispatch.NewBell(), Relay: dispatch.NewBell(), Log: zap.NewNop(),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	p.t.Cleanup(server.Close)
	return func(items []json.RawMessage) {
		body, err := json.Marshal(map[string]any{"batch": items})
		if err != nil {
			p.t.Error(err)
			return
		}
		request, _ := http.NewRequest(http.MethodPost, server.URL+"/v1/batch", bytes.NewReader(body))
		request.SetBasicAuth(key, "")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			p.t.Error(err)
			return
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			p.t.Errorf("the batch is answered %s", answer.Status)
		}
	}
}

// nobody sweeps.
type nobody struct{}

func (nobody) Resume(context.Context, string) error          { return nil }
func (nobody) Migrate(context.Context, string, string) error { return nil }
func (nobody) Segments(context.Context) error                { return nil }
