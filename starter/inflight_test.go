package starter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type flight struct {
	Version, Step, Phase, To string
	Runs                     int
	Stays                    bool
}

func TestPublishingTakesRunsAlong(t *testing.T) {
	t.Parallel()
	d := open(t)
	workspace := func(source string) string {
		return `{"settings": {"name": "acme", "confirm_above": 1}, "journeys": [{"journey": "hello", "source": ` + quoted(source) + `}]`
	}
	d.publish(workspace(hello) + `, "in_flight": "migrate"}`)
	first := d.publish(workspace(hello) + `, "in_flight": "migrate"}`)[0].Version
	if len(d.swept.all) != 0 {
		t.Errorf("a new journey and an unchanged one: swept %q", d.swept.all)
	}
	_, err := d.store.Pool().Exec(t.Context(), `insert into runs (id, journey, version, profile_id, origin, n, status, state, step, phase, entered_at)
		select 'hello/p' || n || '/1', 'hello', $1, 'p' || n, 'p' || n, 1, 'active', '{}', case when n < 3 then 'pause' else '' end, 'waiting', now() from generate_series(1, 3) n`, first)
	if err != nil {
		t.Fatal(err)
	}
	later := strings.Replace(hello, "  - id: pause\n    wait: 1d\n", "  - id: rest\n    wait: 2d\n", 1)
	var plan struct {
		Journeys []struct{ Migrations []flight }
	}
	got := d.manage(http.MethodPut, "/api/workspace", workspace(later)+`, "in_flight": "migrate", "dry_run": true}`, &plan)
	want := []flight{
		{Version: first, Phase: "waiting", Runs: 1, Stays: true},
		{Version: first, Step: "pause", Phase: "waiting", Runs: 2},
	}
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if diff := cmp.Diff(want, plan.Journeys[0].Migrations); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	// That many want to be confirmed: nothing is published before.
	got = d.manage(http.MethodPut, "/api/workspace", workspace(later)+`, "in_flight": "migrate"}`, nil)
	if got.status != http.StatusConflict || !strings.Contains(got.body, `{\"confirm\": 3}`) {
		t.Errorf("unasked: %d %s", got.status, got.body)
	}
	if n := d.count("select count(*) from journeys where version = $1", first); n != 1 {
		t.Fatal("it was published all the same")
	}
	second := d.publish(workspace(later) + `, "in_flight": "migrate", "confirm": 3}`)[0].Version
	if !slices.Equal(d.swept.all, []string{"hello@" + second}) {
		t.Errorf("swept %q", d.swept.all)
	}
}
