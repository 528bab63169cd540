package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/examples"
	"github.com/mixtapehq/mixtape/workspace"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

// Every example is in order, and does what its cases say.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/workspace.yaml")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(string(readme), "["+dir+"]("+dir+")") {
				t.Error("README.md does not name it")
			}
			suite, cases, problems, err := trial.Open(os.DirFS(dir))
			for _, p := range problems {
				t.Error(p)
			}
			if err != nil || suite == nil {
				t.Fatal(err)
			}
			if len(cases) < 3 {
				t.Errorf("%d cases, want some", len(cases))
			}
			for _, r := range suite.PlayAll(t.Context(), cases) {
				if !r.OK {
					var words strings.Builder
					r.Print(&words)
					t.Error(words.String())
				}
			}
		})
	}
}

// The demo's workspace is in the binary.
func TestOnboardingIsEmbedded(t *testing.T) {
	t.Parallel()
	w, problems := workspace.LoadFS(examples.Onboarding())
	if len(w.Versions()) != 1 || len(problems) > 0 {
		t.Errorf("%d journeys, want one; %v", len(w.Versions()), problems)
	}
}
