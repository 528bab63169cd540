package journey_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/rules"
)

// workspace is what a case says of the workspace around its journey.
type workspace struct {
	Timezone   string                `yaml:"timezone"`
	Attributes map[string]rules.Kind `yaml:"attributes"`
	Topics     map[string]bool       `yaml:"topics"`
	Templates  []string              `yaml:"templates"` // <name>.<channel>
}

// compileCase compiles a case's journey in its workspace; one without the file is in Paris.
func compileCase(t *testing.T, folder string) (*journey.Journey, []journey.Problem) {
	t.Helper()
	w := workspace{Timezone: "Europe/Paris"}
	if settings, err := os.ReadFile(filepath.Join(folder, "workspace.yaml")); err == nil {
		w = workspace{}
		if err := yaml.UnmarshalWithOptions(settings, &w, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
	}
	o := journey.Options{Attributes: w.Attributes, Topics: w.Topics, Zone: w.Timezone}
	if w.Templates != nil {
		o.Template = func(name, channel string) bool {
			for _, has := range w.Templates {
				if has == name+"."+channel {
					return true
				}
			}
			return false
		}
	}
	source, err := os.ReadFile(filepath.Join(folder, "journey.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return journey.Compile("journey.yaml", source, o)
}

// golden compares with a file of the case. UPDATE=1 writes it instead; read what it wrote.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func folders(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) == 0 {
		t.Fatalf("no cases in %s (%v)", pattern, err)
	}
	return all
}

func TestLint(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "testdata/lint/*") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			_, problems := compileCase(t, folder)
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
			golden(t, filepath.Join(folder, "problems.txt"), got.String())
		})
	}
}

func replaced(text, old, new string) string { return strings.ReplaceAll(text, old, new) }
