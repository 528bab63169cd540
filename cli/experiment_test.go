package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSizesOfExperiments(t *testing.T) {
	t.Parallel()
	got := mixtape(t, "experiment", "size", "--rate", "0.1", "--lift", "0.2", "--daily", "500")
	if got.Code != 0 || !strings.Contains(got.Out, "to find 12.000 % instead of 10.000 % in 80 of 100 cases:") || !strings.Contains(got.Out, "3,839 people in each of 2 variants if you look once, at the end: 16 days") || !strings.Contains(got.Out, "look every day") {
		t.Errorf("%+v", got)
	}
	if got := mixtape(t, "experiment", "size", "--rate", "0.9", "--lift", "0.5"); got.Code != 2 || !strings.Contains(got.Err, "leaves the rate below 1") {
		t.Errorf("%+v", got)
	}
}

// A winner is written into the file; what has not won is not, unless that is wanted.
func TestAnExperimentIsConcluded(t *testing.T) {
	t.Parallel()
	s := reports(t)
	source := "journey: onboarding\nentry: { event: signed_up }\nsteps:\n  - id: which\n    experiment:\n      variants:\n        - { name: plain, steps: [ { id: a, wait: 1h } ] }\n        - { name: loud, steps: [ { id: b, wait: 2h } ] }\n        - { name: control, control: true }\n  - { id: later, %s }\n"
	place := func(last string) string {
		return folder(t, map[string]string{"workspace.yaml": "name: acme\n", "journeys/onboarding.yaml": strings.Replace(source, "%s", last, 1)})
	}
	conclude := func(dir, variant string, more ...string) result {
		return mixtape(t, append([]string{"experiment", "conclude", "onboarding", "which", variant, "--dir", dir, "--url", s.URL, "--admin-key", "key"}, more...)...)
	}
	dir := place("wait: 1d")
	now := func() string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(dir, "journeys/onboarding.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	before := now()
	if got := conclude(dir, "loud"); got.Code != 1 || !strings.Contains(got.Err, "loud: undecided") || now() != before {
		t.Errorf("%+v", got)
	}
	if got := conclude(dir, "shy"); got.Code != 1 || !strings.Contains(got.Err, "has no variant shy; write plain, loud or control") {
		t.Errorf("%+v", got)
	}
	if got := conclude(dir, "plain"); got.Code != 0 || !strings.Contains(got.Out, "plain: better, +3.41 points") || !strings.Contains(now(), "steps:\n  - { id: a, wait: 1h }\n  - { id: later, wait: 1d }\n") {
		t.Errorf("%+v\n%s", got, now())
	}
	dir = place("wait: 1d")
	if got := conclude(dir, "loud", "--force"); got.Code != 0 || !strings.Contains(now(), "  - { id: b, wait: 2h }\n") {
		t.Errorf("%+v\n%s", got, now())
	}
	dir = place(`branch: [ { when: results.which == "plain", steps: [ { id: x, wait: 1d } ] } ]`)
	if got := conclude(dir, "plain"); got.Code != 1 || !strings.Contains(got.Err, "would not pass lint") || !strings.Contains(got.Err, `there is no result "which"`) {
		t.Errorf("%+v", got)
	}
}
