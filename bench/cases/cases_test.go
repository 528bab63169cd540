// Package cases_test measures how many cases a second `mixtape test` plays, beside the plain
// alternative: the same journey written by hand as a Temporal workflow, played in the SDK's test
// suite, which skips time as well.
package cases_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/workspace/trial"
)

// cases of one run; a fortnight of ten steps each.
const many = 1000

func BenchmarkCases(b *testing.B) {
	suite, cases := prepare(b, many)
	for b.Loop() {
		began := time.Now()
		play(b, suite, cases)
		ours := time.Since(began)
		began = time.Now()
		playByHand(b, len(cases))
		theirs := time.Since(began)
		b.ReportMetric(ours.Seconds(), "s/1000_cases")
		b.ReportMetric(theirs.Seconds(), "s/1000_by_hand")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x_by_hand")
	}
	b.ReportMetric(0, "ns/op") // means nothing here
}

// TestCases keeps the measurement in working order: every case passes. It says nothing of speed.
func TestCases(t *testing.T) {
	t.Parallel()
	suite, cases := prepare(t, 5)
	play(t, suite, cases)
	playByHand(t, 2)
}

func play(tb testing.TB, suite *trial.Suite, cases []trial.Case) {
	for _, r := range suite.PlayAll(tb.Context(), cases) {
		if !r.OK {
			var words strings.Builder
			r.Print(&words)
			tb.Fatal(words.String())
		}
	}
}

const journeyFile = `journey: %s
entry: { event: signed_up, where: user.email != "" }
exit: [ { event: subscribed, where: event.plan != "trial", reason: converted } ]
goal: { event: playlist_created, within: 7d }
steps:
  - { id: welcome, send: { channel: email, template: hello } }
  - { id: first-morning, wait: { for: 1d, at: "09:00" } }
  - id: activated
    branch:
      - when: events("playlist_created").within("30d").count() >= 1
        steps: [ { id: praise, send: { channel: email, template: hello } } ]
      - else: [ { id: nudge, send: { channel: email, template: hello } } ]
  - { id: mark, update: { set: { stage: "'activated'" } } }
  - { id: monday, wait: { for: 2d, on: [mon], at: "10:00" } }
  - id: share
    wait_for:
      event: playlist_shared
      timeout: 3d
      then: [ { id: thanks, send: { channel: email, template: hello } } ]
      otherwise: [ { id: reminder, send: { channel: email, template: hello } } ]
  - { id: rest, wait: 4d }
  - { id: last, send: { channel: email, template: hello } }
`

const template = `---
subject: "Hello {{ user.first_name | default: 'you' }}"
topic: tips
---
<p>Hello {{ user.first_name | default: "you" }}, on {{ user.plan }}.</p> <a href="{{ unsubscribe_url }}">Unsubscribe</a>
`

// prepare writes the workspace into a folder and reads it as `mixtape test` does.
func prepare(tb testing.TB, n int) (*trial.Suite, []trial.Case) {
	tb.Helper()
	dir := tb.TempDir()
	files := map[string]string{
		"workspace.yaml":               "name: acme\ntimezone: Europe/Paris\ntopics: { tips: { default: subscribed } }\nchannels: { email: { provider: smtp, from: \"Acme <hello@acme.example>\" } }\n",
		"templates/hello.email.liquid": template,
	}
	const each = 100 // cases of one journey
	for from := 0; from < n; from += each {
		name := fmt.Sprint("fortnight-", from/each)
		files["journeys/"+name+".yaml"] = fmt.Sprintf(journeyFile, name)
		files["journeys/"+name+".test.yaml"] = casesOf(name, from, min(n, from+each))
	}
	for file, text := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	suite, read, problems, err := trial.Open(os.DirFS(dir))
	if err != nil || len(problems) > 0 {
		tb.Fatal(err, problems)
	}
	return suite, read
}

func casesOf(journey string, from, to int) string {
	var cases strings.Builder
	fmt.Fprintf(&cases, "journey: %s\ncases:\n", journey)
	for i := from; i < to; i++ {
		fmt.Fprintf(&cases, `  - name: listener %d
    at: 2026-03-%02dT18:%02d:00+01:00
    profile: { id: p%d, timezone: Europe/Paris, attributes: { email: p%d@example.com, first_name: Ada, plan: free } }
    events:
      - { at: 0s, event: signed_up }
      - { at: 5h, event: playlist_created, properties: { songs: %d } }
    expect:
      - { send: hello, contains: "Hello Ada" }
      - { at: "09:00", send: hello }
      - { send: hello }
      - { send: hello }
      - { exit: completed }
`, i, 1+i%28, i%60, i, i, i)
	}
	return cases.String()
}

// playByHand plays as many hand-written workflows of that shape, on as many processors.
func playByHand(tb testing.TB, n int) {
	var group sync.WaitGroup
	next := make(chan struct{})
	failed := make(chan error, n)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for range next {
				var suite testsuite.WorkflowTestSuite
				suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
				env := suite.NewTestWorkflowEnvironment()
				env.RegisterActivity(deliver)
				env.ExecuteWorkflow(byHand)
				if err := env.GetWorkflowError(); err != nil {
					failed <- err
				}
			}
		})
	}
	for range n {
		next <- struct{}{}
	}
	close(next)
	group.Wait()
	close(failed)
	for err := range failed {
		tb.Fatal(err)
	}
}

func deliver(context.Context, string) error { return nil }

func byHand(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	send := func(template string) error { return workflow.ExecuteActivity(ctx, deliver, template).Get(ctx, nil) }
	for _, step := range []struct {
		template string
		wait     time.Duration
	}{{"welcome", 15 * time.Hour}, {"praise", 49 * time.Hour}, {"", 72 * time.Hour}, {"reminder", 96 * time.Hour}, {"last", 0}} {
		if step.template != "" {
			if err := send(step.template); err != nil {
				return err
			}
		}
		if err := workflow.Sleep(ctx, step.wait); err != nil {
			return err
		}
	}
	return nil
}
