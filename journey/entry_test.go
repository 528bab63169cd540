package journey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

func TestEntryVerdict(t *testing.T) {
	t.Parallel()
	entered := func(reentry string) string {
		return `{journey: a, holdout: 10%, entry: {event: go, api: true, where: event.ok == true, max_age: 2d, reentry: ` + reentry + `, limit: {max: 5, per: day}}, steps: [{id: w, wait: 1h}]}`
	}
	fine := happened(9, "go", at(0), map[string]any{"ok": true})
	wrong := happened(9, "go", at(0), nil)
	old := happened(9, "go", at(-48.01), map[string]any{"ok": true})
	yesterday, month := at(-24), at(-30*24)
	in, out := false, true
	for _, c := range []struct {
		name, reentry string
		candidate     journey.Candidate
		want          string
	}{
		{"nothing against it", "never", journey.Candidate{Event: fine}, ""},
		{"paused before erased", "never", journey.Candidate{Event: wrong, Paused: true, Erased: true}, "paused"},
		{"erased before where", "never", journey.Candidate{Event: wrong, Erased: true}, "erased"},
		{"where before stale", "never", journey.Candidate{Event: happened(9, "go", at(-99), nil)}, "where_false"},
		{"where holds for enrolments, too", "never", journey.Candidate{Event: wrong, ByAPI: true}, "where_false"},
		{"stale before re-entry", "never", journey.Candidate{Event: old, Last: &yesterday}, "stale"},
		{"an enrolment is never stale", "never", journey.Candidate{Event: old, ByAPI: true}, ""},
		{"never again", "never", journey.Candidate{Event: fine, Last: &month}, "reentry"},
		{"beside an active run", "after_exit", journey.Candidate{Event: fine, Last: &month, Active: true}, "reentry"},
		{"after its exit", "after_exit", journey.Candidate{Event: fine, Last: &yesterday}, ""},
		{"too early", "{after: 30d}", journey.Candidate{Event: fine, Last: &yesterday}, "reentry"},
		{"thirty days to the second", "{after: 30d}", journey.Candidate{Event: fine, Last: &month}, ""},
		{"long after, and still active", "{after: 30d}", journey.Candidate{Event: fine, Last: &month, Active: true}, "reentry"},
		{"always", "always", journey.Candidate{Event: fine, Last: &yesterday, Active: true}, ""},
		{"the tenth of a chain", "always", journey.Candidate{Event: fine, Chain: 9}, ""},
		{"the eleventh of a chain", "always", journey.Candidate{Event: fine, Chain: 10}, "loop"},
		{"re-entry before the limit", "never", journey.Candidate{Event: fine, Last: &month, Full: true}, "reentry"},
		{"as many as may", "never", journey.Candidate{Event: fine, Full: true, HeldOut: &out}, "limit"},
		{"the limit is not for enrolments alone", "never", journey.Candidate{Event: fine, ByAPI: true, Full: true}, "limit"},
		{"held out", "always", journey.Candidate{Event: fine, HeldOut: &out, Chain: 10}, "holdout"},
		{"re-entry before loop", "never", journey.Candidate{Event: fine, Last: &month, Chain: 10}, "reentry"},
	} {
		if c.candidate.HeldOut == nil {
			c.candidate.HeldOut = &in
		}
		if got := compiled(t, entered(c.reentry)).EntryVerdict(c.candidate, journey.Facts{Now: at(0)}); got != c.want {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEntryKey(t *testing.T) {
	t.Parallel()
	j := compiled(t, `{journey: a, entry: {event: go, key: event.id}, steps: [{id: w, wait: 1h}]}`)
	for _, c := range []struct {
		id   any
		want string
	}{
		{nil, ""}, {"", ""}, {"42", "42"}, {42.0, "42"}, {1e15, "1000000000000000"}, {1.5, "1.5"}, {true, "true"},
		{[]any{"a", 1.0}, `["a",1]`}, {" x/y ", " x/y "},
	} {
		e := happened(1, "go", at(0), map[string]any{"id": c.id})
		if got := j.EntryKey(journey.Facts{Now: at(0)}, e); got != c.want {
			t.Errorf("%v: key %q, want %q", c.id, got, c.want)
		}
	}
}

// What a journey says of itself, so that others fetch, wake and show what is right.
func TestAccessors(t *testing.T) {
	t.Parallel()
	j, problems := compileCase(t, "testdata/lint/clean")
	if j == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	var ids []string
	for _, s := range j.Steps() {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids[:5], []string{"welcome", "settle-in", "activated", "praise", "nudge"}) || j.Steps()[0].Line != 16 || j.Steps()[2].Kind != "branch" {
		t.Errorf("steps %v, the first %+v", ids, j.Steps()[0])
	}
	if send, ok := j.SendStep("praise"); !ok || !slices.Equal(send.Channels, []string{"push", "email"}) || len(j.Sends()) != 5 {
		t.Errorf("send %+v of %d", send, len(j.Sends()))
	}
	const week = 7 * 24 * time.Hour
	want := journey.Needs{
		Events: []rules.EventRead{
			{Name: "opened", Within: week, Each: week, Windows: []rules.Window{{Least: week, Most: week}}}, // of its timeout, which is a date
			{Name: "playlist_created"},
			{Name: "playlist_shared", Properties: true, Each: rules.Always},
		},
		After: map[string]int64{"playlist_created": 7, "playlist_shared": 7, "subscribed": 7},
	}
	if diff := cmp.Diff(want, j.Needs(&journey.State{Entry: profile.Event{Number: 3}, Judged: 7})); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	if n := j.EntryNeeds(); len(n.Events)+len(n.After) > 0 {
		t.Errorf("entry needs %+v", n)
	}
	for event, cares := range map[string]bool{"subscribed": true, "playlist_shared": true, "opened": true, "signed_up": false, "": false, "noise": false} {
		if j.Cares(event, nil) != cares {
			t.Errorf("cares for %q: %v", event, !cares)
		}
	}
	for attribute, cares := range map[string]bool{"vip": true, "renews_at": true, "timezone": true, "plan": false, "email": false} {
		if j.Cares("", []string{attribute}) != cares {
			t.Errorf("cares for user.%s: %v", attribute, !cares)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	id := func(source string, templates ...string) string {
		all := map[string]string{}
		for i := 0; i < len(templates); i += 2 {
			all[templates[i]] = templates[i+1]
		}
		return journey.Hash([]byte(source), all)
	}
	if id("a", "b", "c", "d", "e") != id("a", "d", "e", "b", "c") {
		t.Error("the order of templates counts")
	}
	seen := map[string]bool{}
	for _, h := range []string{id("a"), id("ab"), id("a", "b", ""), id("a", "", "b"), id("a", "b", "c"), id("a", "bc", ""), id("", "a", "")} {
		if seen[h] || len(h) < 12 {
			t.Errorf("the id %q comes twice, or is short", h)
		}
		seen[h] = true
	}
}
