package starter_test

import (
	"net/http"
	"strings"
	"testing"
)

// What lets many people in by itself is told before, and wants their number typed back.
func TestPublishingAsksBeforeItLetsManyIn(t *testing.T) {
	t.Parallel()
	d := open(t)
	execute := func(statement string) {
		t.Helper()
		if _, err := d.store.Pool().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	execute(`insert into profiles (id, user_id, attributes) select 'p' || n, 'u' || n, jsonb_build_object('plan', case when n <= 3 then 'pro' else 'free' end) from generate_series(1, 5) n`)
	journey := func(entry string) string {
		return "journey: news\nentry: " + entry + "\nsteps: [ { id: rest, wait: 1d } ]\n"
	}
	workspace := func(source, segment string, more string) string {
		return `{"settings": {"name": "acme", "timezone": "Europe/Paris", "confirm_above": 1}, "reference": {"segments": [{"segment": "pros", "rule": ` + quoted(segment) + `}]},
			"journeys": [{"journey": "news", "source": ` + quoted(source) + `}]` + more + `}`
	}
	const none, pros = `user.plan == "none"`, `user.plan == "pro"`
	letsIn := func(source, segment string) (n int, guessed bool) {
		t.Helper()
		var plan struct {
			Journeys []struct {
				LetsIn  int `json:"lets_in"`
				Guessed bool
			}
		}
		if got := d.manage(http.MethodPut, "/api/workspace", workspace(source, segment, `, "dry_run": true`), &plan); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return plan.Journeys[0].LetsIn, plan.Journeys[0].Guessed
	}
	scheduled := journey(`{ schedule: { every: 1d, at: "09:00" }, where: user.plan == "pro" }`)
	if n, guessed := letsIn(scheduled, none); n != 3 || guessed {
		t.Errorf("a new schedule lets %d in (guessed: %v), want 3", n, guessed)
	}
	got := d.manage(http.MethodPut, "/api/workspace", workspace(scheduled, none, ""), nil)
	if got.status != http.StatusConflict || !strings.Contains(got.body, `{\"confirm_entries\": 3}`) {
		t.Errorf("unasked: %d %s", got.status, got.body)
	}
	if n := d.count("select count(*) from journeys"); n != 0 {
		t.Error("it was published all the same")
	}
	d.publish(workspace(scheduled, none, `, "confirm_entries": 3`))

	// What changes nothing about whom the schedule asks is not asked about again.
	if n, _ := letsIn(strings.Replace(scheduled, "wait: 1d", "wait: 2d", 1), none); n != 0 {
		t.Errorf("another step: lets %d in", n)
	}
	if n, _ := letsIn(strings.Replace(scheduled, `"09:00"`, `"10:00"`, 1), none); n != 3 {
		t.Errorf("another hour: lets %d in", n)
	}
	if n, _ := letsIn(strings.Replace(scheduled, `"pro"`, `"free"`, 1), none); n != 2 {
		t.Errorf("another rule: lets %d in", n)
	}
	// One whose last time is over lets nobody in.
	if n, _ := letsIn(journey(`{ schedule: { once: "2020-01-01 10:00" } }`), none); n != 0 {
		t.Errorf("an old date: lets %d in", n)
	}
	// A rule that only each one's own entry answers is asked of everybody.
	if n, _ := letsIn(journey(`{ schedule: { every: 1d, at: "09:00" }, where: event.name != "x" }`), none); n != 5 {
		t.Errorf("a rule about the event: lets %d in", n)
	}
	// A segment whose rule changes lets in those who join it.
	bySegment := journey(`{ segment: pros, reentry: never }`)
	d.publish(workspace(bySegment, none, ""))
	execute("update profiles set segments = '{pros}' where id = 'p1'")
	if n, _ := letsIn(bySegment, pros); n != 2 {
		t.Errorf("another rule of the segment: lets %d in, want the 2 who are not in it yet", n)
	}
	if n, _ := letsIn(bySegment, none); n != 0 {
		t.Errorf("the same rule: lets %d in", n)
	}
}
