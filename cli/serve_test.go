package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/cli"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

// output is written by a serving command and read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// process is a serving command; stop tells it to end, as SIGTERM does, and returns its exit code.
type process struct {
	log  output
	stop func() int
}

func background(t *testing.T, arguments ...string) *process {
	t.Helper()
	p := &process{}
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, arguments, cli.Streams{Stdin: strings.NewReader(""), Stdout: &p.log, Stderr: &p.log})
	}()
	p.stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { p.stop() })
	return p
}

// await runs a command until it succeeds.
func await(t *testing.T, p *process, arguments ...string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for mixtape(t, arguments...).Code != 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%v does not succeed; the process says:\n%s", arguments, p.log.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// served is a deployment that was started by the commands that an operator would use.
type served struct {
	database, temporal, namespace string
	api, starterOps, workerOps    string
	admin, write, link            string
	starter, worker               *process
}

// startServing migrates, serves, and makes keys; worker adds to the worker's flags.
func startServing(t *testing.T, worker ...string) *served {
	t.Helper()
	s := &served{
		database: harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) }),
		api:      freeAddress(t), starterOps: freeAddress(t), workerOps: freeAddress(t),
		link: base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
	}
	s.temporal, s.namespace = harness.Temporal(t)
	where := []string{"--database-url", s.database, "--temporal-address", s.temporal, "--temporal-namespace", s.namespace}
	if got := mixtape(t, append([]string{"migrate"}, where...)...); got.Code != 0 || !strings.Contains(got.Out, "the database is up to date") {
		t.Fatalf("migrate: %+v", got)
	}
	where = append(where, "--queue-prefix", harness.Name(t)+"-", "--link-keys", s.link)
	s.starter = background(t, append([]string{"starter", "--listen", s.api, "--ops-listen", s.starterOps}, where...)...)
	s.worker = background(t, append(append([]string{"worker", "--base-url", "http://" + s.api, "--ops-listen", s.workerOps}, where...), worker...)...)
	await(t, s.starter, "health", "http://"+s.starterOps+"/readyz")
	await(t, s.worker, "health", "http://"+s.workerOps+"/readyz")
	key := func(name, kind string) string {
		got := mixtape(t, "keys", "create", name, "--kind", kind, "--database-url", s.database, "--admin-key", "")
		if got.Code != 0 {
			t.Fatalf("key: %+v", got)
		}
		return strings.TrimSpace(got.Out)
	}
	s.admin, s.write = key("admin", "admin"), key("backend", "server")
	return s
}

// call runs a command on the deployment.
func (s *served) call(t *testing.T, arguments ...string) result {
	t.Helper()
	return mixtape(t, append(arguments, "--url", "http://"+s.api, "--admin-key", s.admin, "--write-key", s.write)...)
}

// good runs commands that are to succeed.
func (s *served) good(t *testing.T, commands ...[]string) {
	t.Helper()
	for _, arguments := range commands {
		if got := s.call(t, arguments...); got.Code != 0 {
			t.Fatalf("%v: %+v", arguments, got)
		}
	}
}

// await repeats a command until its output has some words.
func (s *served) await(t *testing.T, words string, arguments ...string) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		got := s.call(t, arguments...)
		if strings.Contains(got.Out, words) {
			return got.Out
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v does not come to %q: %+v\n%s\n%s", arguments, words, got, s.starter.log.String(), s.worker.log.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// stop stops both processes, well.
func (s *served) stop(t *testing.T) {
	t.Helper()
	for name, p := range map[string]*process{"worker": s.worker, "starter": s.starter} {
		if code := p.stop(); code != 0 {
			t.Errorf("the %s stopped with %d:\n%s", name, code, p.log.String())
		}
		for _, secret := range []string{s.admin, s.write, s.link} {
			if strings.Contains(p.log.String(), secret) {
				t.Errorf("the log of the %s holds a secret", name)
			}
		}
	}
}

// The commands of a deployment, as an operator runs them: migrate, serve, make keys, publish, let
// somebody in, look at the metrics, stop.
func TestServe(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	if got := mixtape(t, "keys", "create", "admin", "--database-url", s.database, "--admin-key", ""); got.Code != 1 {
		t.Errorf("a name taken: %+v", got)
	}
	s.good(t, []string{"apply", good(t)}, []string{"identify", ada, "email=ada@example.com"}, []string{"track", ada, "signed_up"})
	// A new deployment sends nothing, and says so: the run goes on and ends.
	s.await(t, "sending_off", "explain", ada)
	s.await(t, "ended: completed", "runs", ada)
	for ops, name := range map[string]string{s.starterOps: "mixtape_outbox_age_seconds", s.workerOps: "temporal_local_activity"} {
		if text := fetch(t, "http://"+ops+"/metrics"); !strings.Contains(text, "\n"+name) {
			t.Errorf("%s has no %s:\n%s", ops, name, text)
		}
	}
	if got := mixtape(t, "prune", "--database-url", s.database); got.Code != 0 || !strings.Contains(got.Out, "bodies: 0 removed") {
		t.Errorf("prune: %+v", got)
	}
	if headers := s.headers(t, ada); len(headers) > 0 {
		t.Errorf("nothing is traced, but the history has %v", headers)
	}
	s.stop(t)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	if _, err := fmt.Fprint(&text, "\n"); err != nil {
		t.Fatal(err)
	}
	if err := response.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
