package cli_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/mixtapehq/mixtape/cli"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

// mark is in every secret of these tests, so that one that shows is found wherever it is.
const mark = "m4rkedSecret"

// shows says where a text holds the mark, as it is, in base64 of any alignment, or as a URL writes it.
func shows(text string) bool {
	if strings.Contains(strings.ToLower(text), strings.ToLower(mark)) {
		return true
	}
	for shift := range 3 {
		coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + mark))
		if strings.Contains(text, coded[(shift*8+5)/6:len(coded)-2]) { // without the characters that the neighbours share
			return true
		}
	}
	return false
}

func TestTheMarkIsFoundInBase64(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "a", "ab", "abc"} {
		if !shows(base64.StdEncoding.EncodeToString([]byte(before + mark + "!"))) {
			t.Errorf("behind %q it is not found", before)
		}
	}
	if shows(base64.StdEncoding.EncodeToString([]byte("nothing of the kind is here"))) {
		t.Error("it is found where it is not")
	}
}

// What cannot be used is refused, and no refusal shows it.
func TestNoRefusalShowsASecret(t *testing.T) {
	t.Parallel()
	database := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	temporal, namespace := harness.Temporal(t)
	link := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	service := []string{"--temporal-address", temporal, "--temporal-namespace", namespace, "--ops-listen", "127.0.0.1:0", "--queue-prefix", harness.Name(t)}
	worker := append([]string{"worker", "--base-url", "http://127.0.0.1:1", "--database-url", database, "--link-keys", link}, service...)
	starter := append([]string{"starter", "--listen", "127.0.0.1:0", "--base-url", "http://127.0.0.1:1", "--database-url", database, "--link-keys", link}, service...)
	with := func(base []string, more ...string) []string { return append(append([]string{}, base...), more...) }
	for name, arguments := range map[string][]string{
		"mail server without a port":  with(worker, "--smtp-url", "smtp://user:"+mark+"@mail.example.com:port"),
		"mail server badly escaped":   with(worker, "--smtp-url", "smtp://user:"+mark+"%zz@mail.example.com"),
		"mail server of another kind": with(worker, "--smtp-url", "https://user:"+mark+"@mail.example.com"),
		"mail server with a space":    with(worker, "--smtp-url", "smtp://user:"+mark+" x@mail.example.com"),
		"mail server, unknown option": with(worker, "--smtp-url", "smtp://user:"+mark+"@mail.example.com?tls=maybe"),
		"DKIM key":                    with(worker, "--smtp-url", "smtp://mail.example.com", "--dkim", "a@b.example", "--dkim-key", mark),
		"short messages":              with(worker, "--sms-url", "twilio://AC1:"+mark+"@api.twilio.com:port"),
		"short messages, escaped":     with(starter, "--sms-url", "twilio://AC1:"+mark+"%zz@api.twilio.com"),
		"short messages, elsewhere":   with(worker, "--sms-url", "smpp://AC1:"+mark+"@api.twilio.com"),
		"webhooks":                    with(worker, "--webhook-secret", "whsec_"+mark+"!"),
		"Postmark":                    with(starter, "--postmark-token", mark),
		"link keys":                   with(worker, "--link-keys", mark+"!"),
		"short link key":              with(worker, "--link-keys", base64.StdEncoding.EncodeToString([]byte(mark))),
		"database, no port":           {"prune", "--database-url", "postgres://user:" + mark + "@127.0.0.1:port/mixtape"},
		"database, badly escaped":     {"prune", "--database-url", "postgres://user:" + mark + "%zz@127.0.0.1/mixtape"},
		"database, another kind":      {"prune", "--database-url", "mysql://user:" + mark + "@127.0.0.1/mixtape"},
		"database, nobody there":      {"prune", "--database-url", "postgres://user:" + mark + "@127.0.0.1:1/mixtape"},
		"database, migration":         {"migrate", "--temporal-address", temporal, "--temporal-namespace", namespace, "--database-url", "postgres://user:" + mark + "%zz@127.0.0.1/mixtape"},
		"database of that name":       {"prune", "--database-url", absent(t, database)},
		"admin key":                   {"runs", "--url", "http://127.0.0.1:1", "--admin-key", mark},
		"admin key in a header":       {"runs", "--url", "http://127.0.0.1:1", "--admin-key", mark + "\n"},
		"address of the API":          {"runs", "--url", "http://user:" + mark + "@127.0.0.1:port", "--admin-key", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var out output
			code := cli.Run(ctx, arguments, cli.Streams{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
			if code == 0 || ctx.Err() != nil {
				t.Errorf("it is not refused: %d\n%s", code, out.String())
			}
			if shows(out.String()) {
				t.Errorf("it shows the secret:\n%s", out.String())
			}
		})
	}
}

// absent is the URL of a database that is not there, with a password that nobody asks for.
func absent(t *testing.T, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s:%s@%s/missing", config.User, mark, net.JoinHostPort(config.Host, fmt.Sprint(config.Port)))
}

// refuser is a mail server that believes no password.
func refuser(t *testing.T) (address string, asked func() int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tried := make(chan struct{}, 1000)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go refuseMail(conn, tried)
		}
	}()
	return l.Addr().String(), func() int { return len(tried) }
}

func refuseMail(conn net.Conn, tried chan<- struct{}) {
	defer conn.Close()
	_, _ = io.WriteString(conn, "220 here\r\n") // what fails here the next read meets
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		answer := "250 ok"
		switch verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " "); verb {
		case "EHLO":
			answer = "250-here\r\n250 AUTH PLAIN LOGIN"
		case "AUTH":
			answer = "535 5.7.8 the password is wrong"
			select {
			case tried <- struct{}{}:
			default:
			}
		case "MAIL":
			answer = "530 5.7.0 log in first"
		case "QUIT":
			return
		}
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
			return
		}
	}
}

// A deployment whose secrets come from files, and whose mail server refuses the password: nothing that it
// writes, answers, or keeps shows one. Not parallel: the environment is everybody's.
func TestNothingThatServesShowsASecret(t *testing.T) {
	address, asked := refuser(t)
	for name, secret := range map[string]string{
		"MIXTAPE_SMTP_URL":       "smtp://user:" + mark + "@" + address + "?tls=none",
		"MIXTAPE_SMS_URL":        "twilio://AC00000000000000000000000000000000:" + mark + "@127.0.0.1:1?from=%2B33700000000",
		"MIXTAPE_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(mark+strings.Repeat("x", 24))),
		"MIXTAPE_POSTMARK_TOKEN": mark + strings.Repeat("x", 24),
		"MIXTAPE_SECRET_TOKEN":   mark,
	} {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(name+"_FILE", file)
	}
	s := startServing(t, "--log-level", "debug")
	workspace := folder(t, map[string]string{
		"workspace.yaml":            "name: acme\ncalls: { private_addresses: true }\nchannels: { email: { provider: smtp, from: Acme <hello@acme.example> } }\n",
		"journeys/hello.yaml":       strings.Replace(hello, "steps:\n", "steps:\n  - { id: ask, call: { url: \"http://127.0.0.1:1/\", headers: { Authorization: \"Bearer {{ secrets.TOKEN }}\" }, save_as: answer, timeout: 1s } }\n", 1),
		"templates/hi.email.liquid": "---\nsubject: Hi\n---\nHi {{ user.email }}, <a href=\"{{ unsubscribe_url }}\">no more</a>\n",
	})
	s.good(t, []string{"mode", "live"}, []string{"apply", workspace}, []string{"identify", ada, "email=ada@example.com"}, []string{"track", ada, "signed_up"})
	for deadline := time.Now().Add(time.Minute); asked() < 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the mail server is not asked: %s\n%s\n%s", s.call(t, "explain", ada).Out, s.starter.log.String(), s.worker.log.String())
		}
	}
	said := map[string]string{"the story": s.call(t, "explain", ada, "--json").Out, "the export": s.call(t, "export", ada).Out}
	for _, path := range []string{"/api/messages", "/api/deployment", "/api/keys", "/api/journeys", "/api/runs", "/api/openapi.json"} {
		said[path] = s.ask(t, path)
	}
	said["a report with a wrong token"] = fetch(t, "http://x:"+mark+"@"+s.api+"/v1/callbacks/postmark")
	for _, ops := range []string{s.starterOps, s.workerOps} {
		said["the metrics at "+ops] = fetch(t, "http://"+ops+"/metrics")
	}
	said["the database"] = dump(t, s.database)
	said["Temporal"] = s.histories(t, ada)
	s.stop(t)
	said["the starter's log"], said["the worker's log"] = s.starter.log.String(), s.worker.log.String()
	for where, text := range said {
		if text == "" {
			t.Errorf("%s is empty: it shows nothing, but proves nothing either", where)
		}
		if shows(text) {
			at := strings.Index(strings.ToLower(text), strings.ToLower(mark))
			t.Errorf("%s shows a secret: …%s…", where, text[max(0, at-200):min(len(text), max(0, at)+100)])
		}
		for _, key := range []string{s.admin, s.write, s.link} {
			if strings.Contains(text, key) {
				t.Errorf("%s shows a key", where)
			}
		}
	}
}

// ask reads an answer of the management API.
func (s *served) ask(t *testing.T, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.api+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.admin)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// dump is all that a database holds, as text.
func dump(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range tables {
		var text string
		if err := conn.QueryRow(t.Context(), fmt.Sprintf("select coalesce(string_agg(x::text, e'\\n'), '') from %s x", pgx.Identifier{table}.Sanitize())).Scan(&text); err != nil {
			t.Fatal(err)
		}
		all.WriteString(text)
	}
	return all.String()
}

// histories are those of a person's runs.
func (s *served) histories(t *testing.T, who string) string {
	t.Helper()
	temporal, err := client.Dial(client.Options{HostPort: s.temporal, Namespace: s.namespace, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Close()
	var all strings.Builder
	for _, run := range s.runs(t, who) {
		for history := temporal.GetWorkflowHistory(t.Context(), run, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); {
			e, err := history.Next()
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(protojson.Format(e))
		}
	}
	return all.String()
}
