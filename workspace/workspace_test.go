package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workspace"
)

// TestLint compares what lint says of each folder with its problems.txt. UPDATE_GOLDEN=1 writes
// that file instead, to be read before it is committed.
func TestLint(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/lint/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			_, problems := workspace.Load(folder)
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
			file := filepath.Join(folder, "problems.txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func good(t *testing.T) *workspace.Workspace {
	t.Helper()
	w, problems := workspace.Load("testdata/lint/good")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return w
}

func TestSettings(t *testing.T) {
	t.Parallel()
	want := store.Settings{
		Name: "acme", Timezone: "Europe/Paris",
		Topics: map[string]store.Topic{
			"tips": {Default: "subscribed", Channels: []string{"email"}},
			"news": {Default: "unsubscribed"},
		},
		Attributes:   map[string]string{"first_name": "string", "plan": "string", "renews_at": "date", "total_spent": "number", "vip": "bool"},
		Channels:     map[string]store.Channel{"email": {Provider: "smtp", From: "Acme <hello@acme.example>"}},
		Brand:        map[string]string{"name": "Acme", "colour": "#123456"},
		Retention:    map[string]string{"events": "400d", "bodies": "30d"},
		ConfirmAbove: 1000,
	}
	if diff := cmp.Diff(want, good(t).Settings, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// What is published compiles by the code that runs it, without the workspace beside it.
func TestVersionsCompile(t *testing.T) {
	t.Parallel()
	versions := good(t).Versions()
	if len(versions) != 1 {
		t.Fatalf("%d versions, want one", len(versions))
	}
	compiled, err := store.Compile(versions[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := compiled.Templates.Find("welcome", "email", "fr-CA"); !ok {
		t.Error("the template of a sister locale is not in the bundle")
	}
}

const (
	settings = "name: acme\ntimezone: UTC\n"
	hello    = "journey: hello\nentry: { api: true }\nsteps:\n  - { id: a, send: { channel: email, template: hi } }\n"
)

func files(more map[string]string) fstest.MapFS {
	all := map[string]string{
		"workspace.yaml":                  settings,
		"journeys/hello.yaml":             hello,
		"templates/hi.email.liquid":       "---\nsubject: Hi\n---\nHi\n",
		"templates/hi.email.fr.liquid":    "---\nsubject: Salut\n---\nSalut\n",
		"templates/hi.push.liquid":        "---\ntitle: Hi\n---\nHi\n",
		"templates/unused.email.liquid":   "---\nsubject: Unused\n---\nUnused\n",
		"templates/_footer.liquid":        "bye\n",
		"templates/hiking.email.liquid":   "---\nsubject: Walk\n---\nWalk\n",
		"templates/hi.email.notes.txt":    "not a template",
		"somewhere/else/workspace.yaml":   "name: other\n",
		"journeys/.hello.yaml.swp":        "an editor's",
		"journeys/hello.test.yaml":        "journey: hello\n",
		"templates/hi.email.en-GB.liquid": "---\nsubject: Hiya\n---\nHiya\n",
	}
	for name, text := range more {
		all[name] = text
	}
	fsys := fstest.MapFS{}
	for name, text := range all {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func version(t *testing.T, more map[string]string) store.Version {
	t.Helper()
	w, problems := workspace.LoadFS(files(more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return w.Versions()[0]
}

func TestBundle(t *testing.T) {
	t.Parallel()
	v := version(t, nil)
	want := store.Version{Journey: "hello", Source: hello, Templates: map[string]string{
		"hi.email.liquid":       "---\nsubject: Hi\n---\nHi\n",
		"hi.email.fr.liquid":    "---\nsubject: Salut\n---\nSalut\n",
		"hi.email.en-GB.liquid": "---\nsubject: Hiya\n---\nHiya\n",
		"_footer.liquid":        "bye\n",
	}}
	want.Version = journey.Hash([]byte(want.Source), want.Templates)
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
	same := map[string]string{
		"templates/unused.email.liquid": "---\nsubject: Unused\n---\nChanged\n",
		"templates/hi.push.liquid":      "---\ntitle: Hi\n---\nChanged\n",
		"workspace.yaml":                settings + "confirm_above: 5\n",
	}
	for name, text := range same {
		if got := version(t, map[string]string{name: text}).Version; got != v.Version {
			t.Errorf("a change of %s, which the journey does not send, makes a new version", name)
		}
	}
	other := map[string]string{
		"journeys/hello.yaml":          hello + "# a remark\n",
		"templates/hi.email.fr.liquid": "---\nsubject: Salut\n---\nChanged\n",
		"templates/_footer.liquid":     "changed\n",
	}
	for name, text := range other {
		if got := version(t, map[string]string{name: text}).Version; got == v.Version {
			t.Errorf("a change of %s makes no new version", name)
		}
	}
}
