package trial_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/workspace/trial"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	os.Exit(m.Run())
}

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// load reads a folder that is in order, and its cases.
func load(t *testing.T, dir string) (*trial.Suite, []trial.Case) {
	t.Helper()
	suite, cases, problems, err := trial.Open(os.DirFS(dir))
	for _, p := range problems {
		t.Error(p)
	}
	if err != nil || suite == nil {
		t.Fatal(err)
	}
	return suite, cases
}

// Each folder is a workspace. A case whose name begins with FAILS fails, all others pass, and
// report.txt is what people see.
func TestCases(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/cases*")
	if err != nil || len(folders) == 0 {
		t.Fatal(err)
	}
	for _, dir := range folders {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			suite, cases := load(t, dir)
			var report strings.Builder
			for _, r := range suite.PlayAll(t.Context(), cases) {
				r.Print(&report)
				if r.OK == strings.HasPrefix(r.Case.Name, "FAILS") {
					t.Errorf("%s: ok is %v", r.Case.Name, r.OK)
				}
			}
			golden(t, filepath.Join(dir, "report.txt"), report.String())
		})
	}
}

// A story is told with the reason of every decision.
func TestTell(t *testing.T) {
	t.Parallel()
	suite, cases := load(t, "testdata/cases")
	var story strings.Builder
	suite.Play(t.Context(), &cases[0]).Tell(&story)
	golden(t, "testdata/cases/story.txt", story.String())
}

// Each folder holds a file of cases that is wrong in many ways, and what is said of it: all at once.
func TestWrongCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wrong/*.test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := trial.Read(filepath.Base(file), source)
		var all strings.Builder
		for _, p := range problems {
			all.WriteString(p.String() + "\n")
		}
		golden(t, strings.TrimSuffix(file, ".test.yaml")+".txt", all.String())
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if updating() {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
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
