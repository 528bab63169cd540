package faults_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// A worker that is killed while it writes what was learned leaves the rest to another: everybody has a score, and whoever waits for one is told once.
func TestAWorkerKilledWhileItLearns(t *testing.T) {
	t.Parallel()
	const people = 1200 // three pages
	r := rig.New(t, rig.Options{NoWorker: true})
	r.Publish(store.Settings{Predict: map[string]store.Predict{"back": {Within: "30d"}}}, rig.Version(`journey: likely
entry: { event: asked }
steps:
  - id: until
    wait_for: { rule: score("back") >= 0, timeout: 30d, then: [ { id: over, exit: known } ] }
`, nil))
	count := func(sql string) (n int) {
		t.Helper()
		if err := r.Store.Pool().QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.Past(fmt.Sprintf(`
insert into profiles (id, user_id, last_number, dispatched) select '{p}' || n, 'u' || n, 1000, 1000 from generate_series(1, %[1]d) n;
insert into events (profile_id, number, id, source, name, time, arrival)
select '{p}' || n, row_number() over (partition by n order by k), n || '-' || k, 'past', 'visited', t.at, t.at from generate_series(1, %[1]d) n cross join generate_series(0, 60) k
cross join lateral (select now() - interval '240 days' + interval '1 day' * (k * (4 + (n * 13) %% 36) + ((n * 7919 + k * 104729) %% 100) * (4 + (n * 13) %% 36) / 60.0) as at) t
where t.at < now() - interval '1 hour' and (n %% 3 > 0 or t.at < now() - interval '1 day' * ((n * 31) %% 200))`, people))
	for _, user := range []string{"u1", "u1200"} {
		r.Send(rig.Track(user, "asked", nil))
	}
	r.Await("both have entered", rig.Patience, func() bool { return count("select count(*) from runs") == 2 })

	killed := spawn(t, order{Address: r.Address, Worker: true, Kill: "train:written", Nth: 2})
	var began struct{ Workflow string }
	if err := json.Unmarshal(r.Admin(http.MethodPost, "/api/train", nil), &began); err != nil {
		t.Fatal(err)
	}
	killed.awaitKill()
	if n := count("select count(*) from profiles where computed -> 'scores' ? 'back'"); n == 0 || n >= people {
		t.Errorf("%d people had a score when it was killed", n)
	}
	spawn(t, order{Address: r.Address, Worker: true})
	if err := r.Client.Temporal.GetWorkflow(t.Context(), began.Workflow, "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := count("select count(*) from profiles where computed -> 'scores' ? 'back'"); n != people {
		t.Errorf("%d people have a score, want all %d", n, people)
	}
	if n := count("select count(*) from models where name = 'back'"); n != 1 {
		t.Errorf("it was learned %d times", n)
	}
	if n := count("select count(*) from training_samples"); n != 0 {
		t.Errorf("%d samples are left", n)
	}
	r.AwaitExit("u1", "known")
	r.AwaitExit("u1200", "known")
	if n := count("select count(*) from events where changed = '{$score:back}'"); n != people {
		t.Errorf("%d were told, want each once", n)
	}
}
