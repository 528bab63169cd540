package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/bench/rig"
)

// TestACrowdIsJudgedAsIfOneByOne lets people in by one transaction, of whom two cannot be judged (a verdict
// stands where theirs would), one has become somebody else, one is not on the list, one is gone, one was in before, some are erased,
// some have never heard jazz, and of the rest not all find room.
func TestACrowdIsJudgedAsIfOneByOne(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), rig.Version(`journey: offer
entry:
  api: true
  where: events("song_played").where(e, e.genre == "jazz").count() >= 1
  key: user.household
  limit: { max: 80, per: month }
steps:
  - { id: rest, wait: 30d }
`, nil))
	const people = 120
	users := make([]string, people)
	items := make([]rig.Item, 0, 2*people)
	for i := range people {
		users[i] = fmt.Sprintf("listener-%03d", i)
		genre := "jazz"
		if i >= 110 {
			genre = "polka"
		}
		items = append(items, rig.Identify(users[i], map[string]any{"household": i / 2}), rig.Track(users[i], "song_played", map[string]any{"genre": genre}))
		if len(items) == 100 || i == people-1 {
			r.Send(items...)
			items = items[:0]
		}
	}
	r.Admin(http.MethodPost, "/api/journeys/offer/enroll", []byte(`{"user_id": "listener-007"}`))
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := r.Store.Pool().Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	e := prepare(r, "offer", `{"list": true}`)
	named, err := json.Marshal(map[string]any{"user_ids": users})
	if err != nil {
		t.Fatal(err)
	}
	r.Admin(http.MethodPost, "/api/enrolments/"+e.ID+"/ids", named)
	exec(`insert into verdicts (profile_id, number, journey, key) select id, last_number + 1, 'offer', (attributes ->> 'household')
		from profiles where user_id in ('listener-020', 'listener-021')`)
	exec(`update profiles set merged_into = (select id from profiles where user_id = 'listener-030') where user_id = 'listener-031'`)
	exec(`delete from enrolment_ids where profile_id in (select id from profiles where user_id in ('listener-030', 'listener-040'))`)
	exec(`insert into enrolment_ids (enrolment, profile_id) values ($1, 'p_nobody')`, e.ID)
	exec(`update profiles set erased_at = now() where user_id in ('listener-050', 'listener-051')`)

	change(r, e.ID, "begin", `{}`)
	e = awaitEnrolment(r, e.ID, "is done", isDone)
	var runs, events, twice int64
	err = r.Store.Pool().QueryRow(t.Context(), `select count(*), (select count(*) from events where name = 'enrolled' and id like 'enrol/%'),
		(select count(*) from (select from runs group by profile_id having count(*) > 1) t) from runs`).Scan(&runs, &events, &twice)
	// No event is written of the two who are gone, of the two who could not be judged, and of the two erased.
	if err != nil || runs != 80 || events != people-2-2-2 || twice != 0 {
		t.Errorf("%d runs, %d people in two, %d events, %v", runs, twice, events, err)
	}
	want := map[string]int64{"failed": 2, "erased": 2, "where_false": 10, "reentry": 1, "limit": 24}
	if diff := cmp.Diff(want, e.Refused); diff != "" || e.Seen != people-2 || e.Entered != 79 {
		t.Errorf("it came to %+v (-want +got):\n%s", e, diff)
	}
}
