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

// The commands of a deployment, as an operator runs them: migrate, serve, make keys, publish, let
// somebody in, look at the metrics, stop.
func TestServe(t *testing.T) {
	t.Parallel()
	database := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	temporal, namespace := harness.Temporal(t)
	link := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	api, starterOps, workerOps := freeAddress(t), freeAddress(t), freeAddress(t)
	where := []string{"--database-url", database, "--temporal-address", temporal, "--temporal-namespace", namespace}
	serving := append(where, "--queue-prefix", harness.Name(t)+"-", "--link-keys", link)

	if got := mixtape(t, append([]string{"migrate"}, where...)...); got.Code != 0 || !strings.Contains(got.Out, "the database is up to date") {
		t.Fatalf("migrate: %+v", got)
	}
	starter := background(t, append([]string{"starter", "--listen", api, "--ops-listen", starterOps}, serving...)...)
	worker := background(t, append([]string{"worker", "--base-url", "http://" + api, "--ops-listen", workerOps}, serving...)...)
	await(t, starter, "health", "http://"+starterOps+"/readyz")
	await(t, worker, "health", "http://"+workerOps+"/readyz")

	key := func(name, kind string) string {
		got := mixtape(t, "keys", "create", name, "--kind", kind, "--database-url", database, "--admin-key", "")
		if got.Code != 0 {
			t.Fatalf("key: %+v", got)
		}
		return strings.TrimSpace(got.Out)
	}
	admin, write := key("admin", "admin"), key("backend", "server")
	if got := mixtape(t, "keys", "create", "admin", "--database-url", database, "--admin-key", ""); got.Code != 1 {
		t.Errorf("a name taken: %+v", got)
	}
	call := func(arguments ...string) result {
		return mixtape(t, append(arguments, "--url", "http://"+api, "--admin-key", admin, "--write-key", write)...)
	}
	for _, arguments := range [][]string{{"apply", good(t)}, {"identify", ada, "email=ada@example.com"}, {"track", ada, "signed_up"}} {
		if got := call(arguments...); got.Code != 0 {
			t.Fatalf("%v: %+v", arguments, got)
		}
	}
	// A new deployment sends nothing, and says so: the run goes on and ends.
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(call("explain", ada).Out, "sending_off") || !strings.Contains(call("runs", ada).Out, "ended: completed") {
		if time.Now().After(deadline) {
			t.Fatalf("she did not get through: %+v\n%s\n%s", call("explain", ada), starter.log.String(), worker.log.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
	for ops, name := range map[string]string{starterOps: "mixtape_outbox_age_seconds", workerOps: "temporal_local_activity"} {
		if text := fetch(t, "http://"+ops+"/metrics"); !strings.Contains(text, "\n"+name) {
			t.Errorf("%s has no %s:\n%s", ops, name, text)
		}
	}
	if got := mixtape(t, "prune", "--database-url", database); got.Code != 0 || !strings.Contains(got.Out, "bodies: 0 removed") {
		t.Errorf("prune: %+v", got)
	}
	for name, p := range map[string]*process{"worker": worker, "starter": starter} {
		if code := p.stop(); code != 0 {
			t.Errorf("the %s stopped with %d:\n%s", name, code, p.log.String())
		}
		for _, secret := range []string{admin, write, link} {
			if strings.Contains(p.log.String(), secret) {
				t.Errorf("the log of the %s holds a secret", name)
			}
		}
	}
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
