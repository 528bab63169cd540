package examples_test

import (
	"testing"

	"github.com/mixtapehq/mixtape/examples"
	"github.com/mixtapehq/mixtape/workspace"
)

func TestExamplesAreLintClean(t *testing.T) {
	t.Parallel()
	w, problems := workspace.LoadFS(examples.Onboarding())
	for _, p := range problems {
		t.Error(p)
	}
	if len(w.Versions()) != 1 {
		t.Errorf("%d journeys, want one", len(w.Versions()))
	}
}
