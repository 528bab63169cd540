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

// A number that cannot be told is asked about all the same, unless everybody is no more than go unasked.
func TestPublishingAsksWhereNobodyCanBeCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ where, breaks string }{
		"the database takes too long": {
			"user.age >= 18", `create or replace function rules.number(value jsonb) returns numeric language plpgsql as $$ begin raise exception 'out of time' using errcode = '57014'; end $$`,
		},
		"a segment is yet to be computed": {`in_segment("adults")`, "select"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			for _, statement := range []string{`insert into profiles (id, user_id, attributes) select 'p' || n, 'u' || n, '{"age": 30}' from generate_series(1, 5) n`, c.breaks} {
				if _, err := d.store.Pool().Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			source := "journey: news\nentry: { schedule: { every: 1d, at: \"09:00\" }, where: " + quoted(c.where) + " }\nsteps: [ { id: rest, wait: 1d } ]\n"
			workspace := func(unasked, more string) string {
				return `{"settings": {"name": "acme", "timezone": "Europe/Paris", "confirm_above": ` + unasked + `}, "reference": {"segments": [{"segment": "adults", "rule": "user.grown == true"}]},
					"journeys": [{"journey": "news", "source": ` + quoted(source) + `}]` + more + `}`
			}
			for unasked, want := range map[string]int{"3": 4, "5": 5, "1000": 5} {
				var plan struct {
					Journeys []struct {
						LetsIn  int `json:"lets_in"`
						Guessed bool
					}
				}
				if got := d.manage(http.MethodPut, "/api/workspace", workspace(unasked, `, "dry_run": true`), &plan); got.status != http.StatusOK {
					t.Fatalf("%d %s", got.status, got.body)
				}
				if j := plan.Journeys[0]; !j.Guessed || j.LetsIn != want {
					t.Errorf("of five, with %s unasked, it lets %d in (guessed: %v), want %d", unasked, j.LetsIn, j.Guessed, want)
				}
			}
			got := d.manage(http.MethodPut, "/api/workspace", workspace("3", ""), nil)
			if got.status != http.StatusConflict || !strings.Contains(got.body, "cannot be counted now") || !strings.Contains(got.body, `{\"confirm_entries\": 4}`) {
				t.Errorf("unasked: %d %s", got.status, got.body)
			}
			d.publish(workspace("3", `, "confirm_entries": 4`))
		})
	}
}
