package trial_test

import (
	"testing"
	"testing/fstest"

	"github.com/mixtapehq/mixtape/workspace/trial"
)

// A step that changes a consent says so in the ledger, with the journey and the step; one that changes
// nothing says nothing.
func TestAStepsConsentsAreInTheLedger(t *testing.T) {
	t.Parallel()
	suite, cases, problems, err := trial.Open(fstest.MapFS{
		"workspace.yaml": {Data: []byte("name: acme\ntopics: { tips: { default: subscribed }, news: { default: unsubscribed } }\n")},
		"journeys/stop.yaml": {Data: []byte(`journey: stop
entry: { event: annoyed }
steps:
  - { id: calm, update: { consent: { tips: false, news/sms: true } } }
  - { id: again, update: { consent: { tips: false } } }
`)},
		"journeys/stop.test.yaml": {Data: []byte(`journey: stop
cases:
  - name: no more
    at: 2026-03-18T12:00:00Z
    profile: { id: ada, consents: { tips/email: true } }
    events:
      - { at: 0s, event: annoyed }
    expect:
      - { exit: completed }
`)},
	})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	told := suite.Play(t.Context(), &cases[0])
	var got []string
	for _, d := range told.Ledger {
		if d.Kind == "consent" {
			got = append(got, d.Journey+" "+d.Step+": "+d.Words)
		}
	}
	want := []string{
		"stop calm: consent to news through sms was given by a step of stop", "stop calm: consent to tips was withdrawn by a step of stop",
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || !told.OK {
		t.Errorf("%q, want %q", got, want)
	}
}
