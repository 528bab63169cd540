package message_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/rules"
)

// given is a case's data.json: which template is rendered with what.
type given struct {
	Template, Channel, Locale          string
	User, Event, Entry, Results, Brand map[string]any
	Now                                time.Time
	Zone                               string
	Unsubscribe                        string
	Catalogs                           map[string]rules.Catalog
}

func templates(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.liquid"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no templates (%v)", folder, err)
	}
	files := map[string]string{}
	for _, p := range paths {
		files[filepath.Base(p)] = readFile(t, p)
	}
	return files
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// golden compares with a case's file; UPDATE_GOLDEN=1 writes it instead, to be read before it is
// committed.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(readFile(t, path), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func folders(t *testing.T, root string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", root, "*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no cases in %s (%v)", root, err)
	}
	return all
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "render") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			set, problems := message.Parse(templates(t, folder))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var g given
			if err := json.Unmarshal([]byte(readFile(t, filepath.Join(folder, "data.json"))), &g); err != nil {
				t.Fatal(err)
			}
			zone, err := time.LoadLocation(g.Zone)
			if err != nil {
				t.Fatal(err)
			}
			template, ok := set.Find(g.Template, g.Channel, g.Locale)
			if !ok {
				t.Fatalf("no template %s", g.Template)
			}
			data := message.Data{User: g.User, Event: g.Event, Entry: g.Entry, Results: g.Results, Brand: g.Brand,
				Catalogs: g.Catalogs, Now: g.Now, Zone: zone, Links: message.Links{Unsubscribe: g.Unsubscribe}}
			out, err := template.Render(data)
			again, errAgain := template.Render(data)
			if diff := cmp.Diff(out, again); diff != "" || (err == nil) != (errAgain == nil) {
				t.Errorf("a second render differs: %s", diff)
			}
			golden(t, filepath.Join(folder, "want.txt"), describe(out, err))
		})
	}
}

// describe writes a message or an error as a case's want.txt.
func describe(out message.Rendered, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, f := range []struct{ name, value string }{
		{"subject", out.Subject}, {"preheader", out.Preheader}, {"from", out.From}, {"topic", out.Topic},
		{"title", out.Title}, {"link", out.Link}, {"image", out.Image},
	} {
		if f.value != "" {
			b.WriteString(f.name + ": " + f.value + "\n")
		}
	}
	if out.HTML != "" {
		b.WriteString("--- html ---\n" + out.HTML)
	}
	b.WriteString("--- text ---\n" + out.Text)
	return b.String()
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "problems") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			_, problems := message.Parse(templates(t, folder))
			var b strings.Builder
			for _, p := range problems {
				b.WriteString(p.String() + "\n")
			}
			golden(t, filepath.Join(folder, "want.txt"), b.String())
		})
	}
}
