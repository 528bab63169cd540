package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/cli"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

func freshDatabase(t *testing.T) string {
	t.Helper()
	return harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
}

func TestImport(t *testing.T) {
	t.Parallel()
	database, folder := freshDatabase(t), t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people := write("people.csv", "id,email,plan,age\nada,ada@example.com,pro,36\n,nobody@example.com,pro,36\n")
	got := mixtape(t, "import", "profiles", people, "--database-url", database, "--types", "plan=string,age=number")
	if got.Code != cli.Failed || !strings.HasPrefix(got.Out, "1 profiles are in, after ") || !strings.Contains(got.Err, "1 of 2 rows were rejected; "+people+".rejected.jsonl says which, and why") {
		t.Errorf("%+v", got)
	}
	if rejects, err := os.ReadFile(people + ".rejected.jsonl"); err != nil || string(rejects) != `{"line":3,"reason":"id is missing, and so is anonymous_id; write one of them"}`+"\n" {
		t.Errorf("%s, %v", rejects, err)
	}
	events := write("events.jsonl", `{"type": "track", "userId": "ada", "event": "song_played"}`+"\n")
	got = mixtape(t, "import", "events", events, "--database-url", database, "--json")
	var said struct{ Rows, Taken, Rejected int }
	if err := json.Unmarshal([]byte(got.Out), &said); err != nil || got.Code != cli.Good || said.Rows != 1 || said.Taken != 1 || said.Rejected != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got = mixtape(t, "import", "events", events, "--database-url", database); got.Code != cli.Good || !strings.Contains(got.Out, "was imported before, on ") {
		t.Errorf("%+v", got)
	}
	var out, wrong bytes.Buffer
	code := cli.Run(t.Context(), []string{"import", "consents", "-", "--format", "csv", "--database-url", database, "--rejects", filepath.Join(folder, "r")},
		cli.Streams{Stdin: strings.NewReader("email,tips\nada@example.com,true\n"), Stdout: &out, Stderr: &wrong})
	if code != cli.Good || !strings.HasPrefix(out.String(), "1 consents are in") {
		t.Error(code, out.String(), wrong.String())
	}
	if got = mixtape(t, "import", "suppressions", write("s.csv", "email\nada@example.com\n"), "--database-url", database); got.Code != cli.Good {
		t.Errorf("%+v", got)
	}
	s, err := store.Open(t.Context(), database, store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, err := s.FindProfile(t.Context(), "ada")
	if err != nil || p.Attributes["age"] != 36.0 || p.Attributes["plan"] != "pro" || !p.Consents["tips"] || p.Suppressed["email"] != "manual" {
		t.Errorf("%+v, %v", p, err)
	}
	for words, arguments := range map[string][]string{
		"no such file":        {"import", "profiles", filepath.Join(folder, "none.csv"), "--database-url", database},
		"--format":            {"import", "profiles", write("people", ""), "--database-url", database},
		"start `mixtape dev`": {"import", "profiles", people, "--database-url=", "--data", folder},
		"brought up to date":  {"import", "profiles", people, "--database-url", strings.Replace(database, "/test_", "/nothing_", 1)},
	} {
		if got := mixtape(t, arguments...); got.Code != cli.CouldNotRun || !strings.Contains(got.Err, words) {
			t.Errorf("%v: %+v, want %s", arguments, got, words)
		}
	}
}

func TestBenchData(t *testing.T) {
	t.Parallel()
	database := freshDatabase(t)
	got := mixtape(t, "bench", "data", "--profiles", "50", "--events", "500", "--until", "2026-03-27", "--database-url", database, "--json")
	var made struct{ Profiles, Events int }
	if err := json.Unmarshal([]byte(got.Out), &made); err != nil || got.Code != cli.Good || made.Profiles != 50 || made.Events < 300 {
		t.Errorf("%+v, %v", got, err)
	}
	if got = mixtape(t, "bench", "data", "--database-url", database); got.Code != cli.CouldNotRun || !strings.Contains(got.Err, "a population already") {
		t.Errorf("%+v", got)
	}
	if got = mixtape(t, "bench", "data", "--until", "tomorrow", "--database-url", database); got.Code != cli.Failed || !strings.Contains(got.Err, "is no date") {
		t.Errorf("%+v", got)
	}
}
