package journey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// What is imported is the past: rules count it, and only a wait for all that ever was finds it. No wait, exit
// or goal takes it for something that happens, though its number is above the entry's and its time may be.
func TestImportedEventsAreThePast(t *testing.T) {
	t.Parallel()
	entered := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		since    string
		imported bool
		exit     string // of the run, after a look with the event; empty: it waits
	}{
		{"entry", true, ""}, {"now", true, ""}, {"ever", true, journey.ReasonCompleted}, {"entry", false, journey.ReasonCompleted},
	} {
		j, problems := journey.Compile("j.yaml", fmt.Appendf(nil, `journey: j
entry: { event: go }
exit:
  - { event: left }
  - { rule: 'events("bought").count() >= 2' }
steps:
  - { id: share, wait_for: { event: shared, since: %s, timeout: 3d } }
`, c.since), journey.Options{})
		if j == nil {
			t.Fatal(problems)
		}
		shared := profile.Event{Number: 2, Name: "shared", Time: entered.Add(time.Hour), Arrival: entered.Add(time.Hour), Imported: c.imported}
		left := shared
		left.Number, left.Name, left.Imported = 3, "left", true
		s := j.Begin(profile.Event{Number: 1, Name: "go", Time: entered, Arrival: entered}, entered)
		f := journey.Facts{Now: entered.Add(2 * time.Hour), History: map[string][]profile.Event{"shared": {shared}, "left": {left}}, Latest: 3}
		if a := j.Next(s, f); a.Reason != c.exit {
			t.Errorf("since %s, imported %v: %q, want %q", c.since, c.imported, a.Reason, c.exit)
		}
		if c.exit != "" {
			continue
		}
		f.Now, f.Latest = f.Now.Add(time.Hour), 5
		f.History["shared"] = append(f.History["shared"], profile.Event{Number: 4, Name: "shared", Time: f.Now, Arrival: f.Now, Imported: true})
		if a := j.Next(s, f); a.Reason != "" {
			t.Errorf("since %s: what was imported while it waited ended it: %s", c.since, a.Reason)
		}
		for n := range int64(2) {
			f.History["bought"] = append(f.History["bought"], profile.Event{Number: 6 + n, Name: "bought", Time: entered.AddDate(-1, 0, 0), Arrival: entered.AddDate(-1, 0, 0), Imported: true})
		}
		f.Latest = 7
		if a := j.Next(s, f); a.Reason != "rule" {
			t.Errorf("since %s: a rule does not count what was imported: %q", c.since, a.Reason)
		}
	}
}
