package faults_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// TestManyAreEnrolledOnceThoughTheWorkerIsKilled lets 5,000 people in while the worker is killed three
// times: after it has judged some people of a few, before it has written down how far it has come, and
// just after.
func TestManyAreEnrolledOnceThoughTheWorkerIsKilled(t *testing.T) {
	t.Parallel()
	const people = 5000
	r := rig.New(t, rig.Options{NoWorker: true})
	r.Publish(store.Settings{ConfirmAbove: people}, rig.Version(`journey: offer
entry: { api: true }
steps:
  - { id: rest, wait: 30d }
`, nil))
	if _, err := r.Store.Pool().Exec(t.Context(), `insert into profiles (id, user_id, attributes)
		select 'p' || lpad(n::text, 26, '0'), 'listener-' || n, jsonb_build_object('email', n || '@example.com') from generate_series(1, $1) n`, people); err != nil {
		t.Fatal(err)
	}
	var e struct {
		ID, State            string
		Total, Seen, Entered int64
		Refused              map[string]int64
	}
	read := func(raw []byte) {
		t.Helper()
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
	}
	read(r.Admin(http.MethodPost, "/api/journeys/offer/enrolments", []byte(`{"rule": "user.email != \"\""}`)))
	if e.Total != people {
		t.Fatalf("%d people are counted", e.Total)
	}
	read(r.Admin(http.MethodPost, "/api/enrolments/"+e.ID+"/begin", []byte(`{}`)))
	entered := func() (n int64) {
		if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from runs").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	last := int64(-1)
	for _, kill := range []order{
		{Kill: "enrol:person", Nth: 777}, {Kill: "enrol:entered", Nth: 9}, {Kill: "enrol:moved", Nth: 8},
	} {
		kill.Address, kill.Worker = r.Address, true
		spawn(t, kill).awaitKill()
		n := entered()
		if n <= last || n >= people {
			t.Errorf("when it was killed at %s, %d had entered, %d before", kill.Kill, n, last)
		}
		last = n
	}
	spawn(t, order{Address: r.Address, Worker: true})
	r.Await("the enrolment is done", afterKill, func() bool {
		read(r.Admin(http.MethodGet, "/api/enrolments/"+e.ID, nil))
		return e.State == "done"
	})
	if e.Seen != people || e.Entered != people || len(e.Refused) > 0 {
		t.Errorf("it came to %+v", e)
	}
	var profiles, runs, events, twice int64
	err := r.Store.Pool().QueryRow(t.Context(), `select (select count(distinct profile_id) from runs), (select count(*) from runs),
		(select count(*) from events where name = 'enrolled'), (select count(*) from (select from runs group by profile_id having count(*) > 1) t)`).
		Scan(&profiles, &runs, &events, &twice)
	if err != nil || profiles != people || runs != people || events != people || twice != 0 {
		t.Errorf("%d people entered, in %d runs, by %d events, %d of them twice, %v", profiles, runs, events, twice, err)
	}
	r.Await("every run has its workflow", 3*time.Minute, func() bool {
		_, unstarted, err := r.Store.CountActive(t.Context())
		return err == nil && unstarted == 0
	})
	h := r.History(fmt.Sprintf("%senrol/%s", r.Address.Prefix, e.ID), true)
	if n := len(h.GetEvents()); n > 10*people/1000 {
		t.Errorf("5,000 people made %d history events, want at most 10 for each 1,000", n)
	} else {
		t.Logf("5,000 people and three kills made %d history events", n)
	}
}
