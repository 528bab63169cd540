package endtoend_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

const edited = `journey: paces
entry: { event: signed_up }
goal: { event: bought, within: 30d }
holdout: 50%
steps:
  - { id: settle-in, wait: LENGTH }
STEPS
`

func edition(length string, steps ...string) store.Version {
	text := strings.ReplaceAll(edited, "LENGTH", length)
	for i, s := range steps {
		steps[i] = "  - { id: " + s + ", send: { channel: email, template: " + s + " } }"
	}
	return rig.Version(strings.ReplaceAll(text, "STEPS", strings.Join(steps, "\n")), mails("hello", "nudge"))
}

// apply publishes through the API, with runs in flight going along.
func apply(r *rig.Rig, v store.Version) {
	r.TB.Helper()
	settings := tips()
	settings.Name = "rig"
	settings.Channels = map[string]store.Channel{"email": {Provider: "smtp", From: "Rig <rig@example.com>"}}
	body, err := json.Marshal(map[string]any{
		"settings": settings, "in_flight": "migrate",
		"journeys": []map[string]any{{"journey": v.Journey, "source": v.Source, "templates": v.Templates}},
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	r.Admin(http.MethodPut, "/api/workspace", body)
}

// drawn starts people until one is held out and one is not.
func drawn(r *rig.Rig) (in, out string) {
	r.TB.Helper()
	for _, user := range []string{"ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "lou"} {
		r.Send(signsUp(user)...)
		r.Await("an entry of "+user, time.Minute, func() bool { return len(r.Runs(user)) == 1 })
		if run := r.Run(user); run.Status == string(store.HeldOut) {
			out = user
		} else if in == "" {
			in = user
			r.AwaitPhase(user, journey.Waiting, "settle-in")
		}
		if in != "" && out != "" {
			return in, out
		}
	}
	r.TB.Fatal("twelve people, and all have one lot")
	return "", ""
}

func TestEditsReachRunsInFlight(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	before, after := edition("30d", "hello"), edition("1s", "nudge", "hello")
	r.Publish(tips(), before)
	in, out := drawn(r)
	apply(r, after)
	r.AwaitExit(in, journey.ReasonCompleted) // the wait is over at once
	var subjects []string
	for _, m := range r.Mails(in + "@example.com") {
		subjects = append(subjects, m.Subject)
	}
	if !slices.Equal(subjects, []string{"nudge", "hello"}) {
		t.Errorf("mails are %q", subjects)
	}
	run := r.Run(in)
	if run.Version != after.Version || run.MigrateTo != nil {
		t.Errorf("the run ended by %s, told to go on by %v", run.Version, run.MigrateTo)
	}
	if told, _ := decisions(r, run.ID); !slices.Contains(told, "operator migrated") {
		t.Errorf("the ledger says %s", strings.Join(told, ", "))
	}
	// Whoever is only measured is measured by the same goal.
	r.Await("the held-out to go along", time.Minute, func() bool { return r.Run(out).Version == after.Version })
	if held := r.Run(out); held.GoalUntil == nil || held.GoalUntil.Before(held.EnteredAt.Add(30*24*time.Hour)) {
		t.Errorf("the goal of the held-out is looked for until %v", held.GoalUntil)
	}
}

func TestEditsPassOverStepsThatAreGone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), edition("30d", "hello", "nudge"))
	in, _ := drawn(r)
	after := rig.Version(`journey: paces
entry: { event: signed_up }
steps:
  - { id: instead, send: { channel: email, template: hello } }
  - { id: nudge, send: { channel: email, template: nudge } }
  - { id: rest, wait: 30d }
`, mails("hello", "nudge"))
	apply(r, after)
	run := r.AwaitPhase(in, journey.Waiting, "rest")
	if all := r.Mails(in + "@example.com"); len(all) != 1 || all[0].Subject != "nudge" {
		t.Errorf("mails are %v, want the nudge alone", all)
	}
	// Temporal knows by which version the run goes on.
	r.Await("the search attribute", time.Minute, func() bool {
		d, err := r.Client.Temporal.DescribeWorkflowExecution(context.Background(), run.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		var version string
		field := d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()["JourneyVersion"]
		return converter.GetDefaultDataConverter().FromPayload(field, &version) == nil && version == after.Version
	})
}
