package journey_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/journey"
)

const undecided = `# Who gets which mail?
journey: shop
entry: { event: signed_up }
steps:
  - id: wait
    wait: 1d
  - id: which # an experiment
    experiment:
      metric: bought
      variants:
        - { name: short, steps: [ { id: a, exit: "a } b" }, { id: b, exit: x } ] }
        - name: long
          steps:
            # two waits
            - id: c
              wait: 2d

            - { id: d, wait: 1d }
        - { name: nothing, control: true }
  # the end
  - { id: end, exit: done }
`

func TestConcludingAnExperiment(t *testing.T) {
	t.Parallel()
	before, after, _ := strings.Cut(undecided, "  - id: which")
	after = after[strings.Index(after, "  # the end"):]
	for variant, steps := range map[string]string{
		"short":   "  - { id: a, exit: \"a } b\" }\n  - { id: b, exit: x }\n",
		"long":    "  - id: c\n    wait: 2d\n\n  - { id: d, wait: 1d }\n",
		"nothing": "",
	} {
		got, err := journey.Conclude([]byte(undecided), "which", variant)
		if diff := cmp.Diff(before+steps+after, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", variant, err, diff)
		}
	}
	for step, words := range map[string]string{"wait": "there is no experiment wait", "which": "which has no variant shrt; write short"} {
		if _, err := journey.Conclude([]byte(undecided), step, "shrt"); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", step, err)
		}
	}
	within := "journey: a\nentry: { event: go }\nsteps: [ { id: x, experiment: { variants: [ { name: a, steps: [ { id: b, wait: 1d } ] }, { name: c, control: true } ] } } ]\n"
	if _, err := journey.Conclude([]byte(within), "x", "a"); err == nil || !strings.Contains(err.Error(), "write each on a line of its own") {
		t.Error(err)
	}
}
