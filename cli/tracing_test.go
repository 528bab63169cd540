package cli_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/mixtapehq/mixtape/dev/inbox"
)

// traced is a span as it came to the collector.
type traced struct {
	*traces.Span
	Service, Scope string
}

// attribute is the value of an attribute as text.
func (s traced) attribute(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

// collection is a collector of traces that takes all.
type collection struct {
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []traced
}

func collect(t *testing.T) (*collection, string) {
	t.Helper()
	c := &collection{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(raw, &request)
		}
		if err != nil || r.Method+r.URL.Path != "POST/v1/traces" {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(raw)
		for _, process := range request.ResourceSpans {
			service := ""
			for _, a := range process.Resource.Attributes {
				if a.Key == "service.name" {
					service = a.Value.GetStringValue()
				}
			}
			for _, scope := range process.ScopeSpans {
				for _, s := range scope.Spans {
					c.spans = append(c.spans, traced{s, service, scope.Scope.Name})
				}
			}
		}
	}))
	t.Cleanup(server.Close)
	return c, server.URL
}

// find returns the spans of a name and service.
func (c *collection) find(service, name string) (found []traced) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Service == service && s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// within returns the names of the spans of a scope whose parents lead to a span.
func (c *collection) within(top traced, scope string) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parents := map[string]string{}
	for _, s := range c.spans {
		parents[string(s.SpanId)] = string(s.ParentSpanId)
	}
	for _, s := range c.spans {
		for id := string(s.SpanId); id != ""; id = parents[id] {
			if id == string(top.SpanId) && s.Scope == scope {
				names = append(names, s.Name)
				break
			}
		}
	}
	return names
}

const queries = "github.com/exaring/otelpgx"

// What others send along with a trace's ids; it is as personal as they like.
const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	luggage      = "who=ada@example.com"
)

// A walk, its queries, messages and requests can be followed from end to end, and nothing in it tells
// who somebody is. Not parallel: the environment is everybody's.
func TestTracing(t *testing.T) {
	c, address := collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
	mail, err := inbox.Start(inbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mail.Close() })
	s := startServing(t, "--smtp-url", "smtp://"+mail.Addr()+"?tls=none")
	refuse(t, s.database)
	workspace := folder(t, map[string]string{
		"workspace.yaml":            "name: acme\nchannels: { email: { provider: smtp, from: Acme <hello@acme.example> } }\n",
		"journeys/hello.yaml":       hello,
		"templates/hi.email.liquid": "---\nsubject: Hi\n---\nHi {{ user.email }}, <a href=\"{{ unsubscribe_url }}\">no more</a>\n",
	})
	s.good(t, []string{"mode", "live"}, []string{"apply", workspace}, []string{"identify", ada, "email=ada@example.com"})
	post := func(event string) int {
		body := `{"userId": "` + ada + `", "event": "` + event + `", "properties": {"email": "ada@example.com"}}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.api+"/v1/track?from=ada@example.com", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(s.write, "")
		r.Header.Set("traceparent", "00-"+callersTrace+"-b7ad6b7169203331-01")
		r.Header.Set("tracestate", "vendor=ada@example.com")
		r.Header.Set("baggage", luggage)
		r.Header.Set("User-Agent", "ada@example.com")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if got := post("signed_up"); got != http.StatusOK {
		t.Fatal("signed_up:", got)
	}
	s.await(t, "ended: completed", "runs", ada)
	s.await(t, `"Hi": sent`, "explain", ada)
	if got := post("forbidden"); got < 500 {
		t.Error("an event that the database refuses:", got)
	}
	s.good(t, []string{"explain", "ada@example.com"})
	all, err := mail.Await(t.Context(), inbox.AtLeast(1))
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(strings.Trim(all[0].Header.Get("List-Unsubscribe"), "<>"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.Split(link.Path, "/")[2]
	fetch(t, "http://"+s.api+"/u/"+token)
	headers := s.headers(t, ada)
	s.stop(t) // which hands over the last spans

	t.Run("walk", func(t *testing.T) {
		starts, walks, sends := c.find("mixtape-starter", "StartWorkflow:Journey"), c.find("mixtape-worker", "RunActivity:Advance"), c.find("mixtape-worker", "RunActivity:Deliver")
		if len(starts) == 0 || len(walks) == 0 || len(sends) == 0 {
			t.Fatalf("%d starts, %d walks and %d deliveries were traced", len(starts), len(walks), len(sends))
		}
		for _, one := range append(walks, sends...) {
			// A start that is slow is told twice.
			if !slices.ContainsFunc(starts, func(start traced) bool { return bytes.Equal(one.TraceId, start.TraceId) }) {
				t.Errorf("%s is not of a trace that began with the start", one.Name)
			}
			if names := c.within(one, queries); !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "LockProfile") }) {
				t.Errorf("%s has no queries that lock the profile: %q", one.Name, names)
			}
		}
	})
	t.Run("requests", func(t *testing.T) {
		for _, route := range []string{"POST /v1/track", "GET /api/profiles/{name}/story", "GET /u/{token}"} {
			found := c.find("mixtape-starter", route)
			if len(found) == 0 || found[0].Kind != traces.Span_SPAN_KIND_SERVER || len(c.within(found[0], queries)) == 0 {
				t.Errorf("%s: %v", route, found)
			}
		}
		tracked := c.find("mixtape-starter", "POST /v1/track")
		if len(tracked) != 2 || tracked[0].attribute("http.response.status_code") != "int_value:200" || len(tracked[0].Links) != 1 ||
			hex.EncodeToString(tracked[0].Links[0].TraceId) != callersTrace || hex.EncodeToString(tracked[0].TraceId) == callersTrace {
			t.Errorf("the caller's trace is not pointed at: %v", tracked)
		}
	})
	t.Run("errors", func(t *testing.T) {
		failed := 0
		for _, s := range c.spans {
			if strings.Contains(s.attribute("pgx.sql_state"), "P0001") {
				failed++
				if s.Status.GetCode() != traces.Status_STATUS_CODE_ERROR || len(s.Events) != 1 || s.Events[0].Attributes[0].Key != "exception.type" {
					t.Errorf("what failed is told so: %v", s.Span)
				}
			}
		}
		if failed == 0 {
			t.Error("the database's error is nowhere")
		}
	})
	t.Run("privacy", func(t *testing.T) {
		for _, word := range []string{"ada@example.com", "ada%40", "ada/", "ada%2F", token, "vendor", s.write, s.admin} {
			if at := bytes.Index(c.raw.Bytes(), []byte(word)); at >= 0 {
				t.Errorf("the spans have %q: %q", word, c.raw.Bytes()[max(0, at-100):min(c.raw.Len(), at+100)])
			}
		}
		if len(headers) == 0 {
			t.Error("the history has no header, so nothing can be followed through it")
		}
		for _, h := range headers {
			var carried map[string]string
			if err := json.Unmarshal(h["_tracer-data"].GetData(), &carried); err != nil || len(h) != 1 || len(carried) != 1 || len(carried["traceparent"]) != 55 {
				t.Errorf("the history has the header %v", h)
			}
		}
	})
}

// refuse makes the database refuse an event, and say whose it was.
func refuse(t *testing.T, database string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	_, err = db.Exec(t.Context(), `create function refuse() returns trigger language plpgsql as
		$$ begin raise exception 'not from %', new.properties ->> 'email'; end $$;
		create trigger refuse before insert on events for each row when (new.name = 'forbidden') execute function refuse()`)
	if err != nil {
		t.Fatal(err)
	}
}

// runs are the ids of a person's runs.
func (s *served) runs(t *testing.T, who string) (ids []string) {
	t.Helper()
	var listed struct{ Runs []struct{ ID string } }
	if err := json.Unmarshal([]byte(s.call(t, "runs", who, "--json").Out), &listed); err != nil || len(listed.Runs) == 0 {
		t.Fatalf("the runs of %s: %v, %v", who, listed, err)
	}
	for _, run := range listed.Runs {
		ids = append(ids, run.ID)
	}
	return ids
}

// headers are those in the histories of a person's runs.
func (s *served) headers(t *testing.T, who string) (all []map[string]*commonpb.Payload) {
	t.Helper()
	temporal, err := client.Dial(client.Options{HostPort: s.temporal, Namespace: s.namespace, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Close()
	for _, run := range s.runs(t, who) {
		seen := 0
		for history := temporal.GetWorkflowHistory(t.Context(), run, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); seen++ {
			e, err := history.Next()
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range []*commonpb.Header{
				e.GetWorkflowExecutionStartedEventAttributes().GetHeader(), e.GetActivityTaskScheduledEventAttributes().GetHeader(),
				e.GetWorkflowExecutionSignaledEventAttributes().GetHeader(), e.GetMarkerRecordedEventAttributes().GetHeader(),
				e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetHeader(),
			} {
				if len(h.GetFields()) > 0 {
					all = append(all, maps.Clone(h.GetFields()))
				}
			}
		}
		if seen == 0 {
			t.Errorf("%s has no history", run)
		}
	}
	return all
}

// An environment that names no collector properly is an error that says what to write; it shows no secret.
func TestTracingToNowhere(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318/secret")
	got := mixtape(t, "starter", "--listen", freeAddress(t), "--ops-listen", freeAddress(t), "--database-url", "postgres://127.0.0.1:1/x", "--link-keys", "eA==")
	if got.Code != 2 || !strings.Contains(got.Err, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no address of a collector; write one such as http://collector:4318") || strings.Contains(got.Err, "secret") {
		t.Errorf("%+v", got)
	}
}

// A collector that is away costs a serving process its spans, and nothing else.
func TestTracingWithoutItsCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+freeAddress(t))
	s := startServing(t)
	s.good(t, []string{"apply", good(t)}, []string{"identify", ada, "email=ada@example.com"}, []string{"track", ada, "signed_up"})
	s.await(t, "ended: completed", "runs", ada)
	began := time.Now()
	s.stop(t)
	if took := time.Since(began); took > time.Minute {
		t.Errorf("they stopped after %s", took)
	}
	for name, p := range map[string]*process{"worker": s.worker, "starter": s.starter} {
		if !strings.Contains(p.log.String(), "spans are lost") {
			t.Errorf("the %s does not say that its spans are lost:\n%s", name, p.log.String())
		}
	}
}
