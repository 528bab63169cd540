package endtoend_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
)

// recount is what reports say, counted from the rows themselves: kind, step, name, how many and how much.
const recount = `
select 'entered', '', case status when 'held_out' then 'held_out' else 'entered' end, count(*), 0 from runs where journey = $1 group by 3
union all select 'here', step, '', count(*), 0 from runs where journey = $1 and status = 'active' group by 2
union all select 'exit', step, exit_reason, count(*), 0 from runs where journey = $1 and status = 'ended' group by 2, 3
union all select 'goal', '', case status when 'held_out' then 'held_out' else 'entered' end, count(*), sum(coalesce(goal_value, 0)) from runs where journey = $1 and goal_at is not null group by 3
union all select 'sent', step, template || '.' || channel, count(*), 0 from messages where journey = $1 and state in ('sent', 'delivered', 'bounced') group by 2, 3
union all select 'skipped', step, reason, count(*), 0 from messages where journey = $1 and state = 'skipped' group by 2, 3
union all select 'unsubscribed', e.properties ->> 'step', 'hello.email', count(distinct e.properties ->> 'message'), 0 from events e where e.name = 'unsubscribed' and e.properties ->> 'journey' = $1 group by 2
union all select 'reached', d.step, 'first', count(distinct d.run_id), 0 from decisions d where d.journey = $1 and d.step in ('hello', 'which', 'second') group by 2
order by 1, 2, 3`

const recountArms = `
select variant, count(*), count(converted_at), sum(value), count(unsubscribed_at), sum(pre) from assignments where experiment = $1 group by 1 order by 1`

// What is counted as it happens is what the rows say in the end, and each person is in one arm.
func TestReportsCountWhatHappened(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := store.Settings{Costs: map[string]float64{"email": 0.25}, Topics: store.Topics{"tips": {Default: "subscribed"}}}
	r.Publish(settings, rig.Version(`journey: shop
entry: { event: signed_up, reentry: after_exit }
holdout: 40%
goal: { event: bought, within: 1h, value: event.total }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - id: which
    experiment:
      metric: looked
      variants:
        - { name: more, steps: [ { id: second, send: { channel: email, template: hello } } ] }
        - { name: control, control: true }
  - { id: patience, wait_for: { event: never, timeout: 30d } }
`, mails("hello")))
	const people = 40
	var held, treated []string
	for i := range people {
		user := fmt.Sprintf("p%02d", i)
		items := []rig.Item{rig.Identify(user, map[string]any{"email": user + "@example.com", "first_name": user})}
		if i%4 == 0 {
			items = append(items, rig.Track(user, "bought", map[string]any{"total": 5})) // before: what they were worth anyway
		}
		r.Send(append(items, rig.Track(user, "signed_up", nil))...)
	}
	r.Await("everybody is where they stay", rig.Patience, func() bool {
		held, treated = nil, nil
		for i := range people {
			user := fmt.Sprintf("p%02d", i)
			runs := r.Runs(user)
			switch {
			case len(runs) == 1 && runs[0].Status == string(store.HeldOut):
				held = append(held, user)
			case len(runs) == 1 && runs[0].Step == "patience":
				treated = append(treated, user)
			}
		}
		return len(held)+len(treated) == people
	})
	if len(held) < 5 || len(treated) < 5 {
		t.Fatalf("%d are held out of %d", len(held), people)
	}
	for i, user := range treated {
		if i%2 == 0 {
			r.Send(rig.Track(user, "bought", map[string]any{"total": 10 + i}), rig.Track(user, "bought", map[string]any{"total": 1000}))
		}
		if i%3 == 0 {
			r.Send(rig.Track(user, "looked", nil))
		}
	}
	r.Send(rig.Track(held[0], "bought", map[string]any{"total": 7}))
	mail := r.AwaitMail(treated[1]+"@example.com", "hello")
	response, err := http.Post(strings.Trim(mail.Header.Get("List-Unsubscribe"), "<>"), "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	response.Body.Close()
	last := treated[(len(treated)-1)/2*2]
	r.Await("the goals are counted", rig.Patience, func() bool {
		return r.Run(last).GoalAt != nil && r.Run(held[0]).GoalAt != nil
	})
	r.Await("all is judged", rig.Patience, func() bool {
		var pending int
		err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from profiles where pending_since is not null").Scan(&pending)
		return err == nil && pending == 0
	})

	kinds := "entered here exit goal sent skipped unsubscribed reached"
	told := map[string]bool{}
	tallies, err := r.Store.Tallies(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string][2]float64{}
	for _, c := range tallies {
		if strings.Contains(kinds, c.Kind) && (c.Kind != "reached" || c.Step != "patience") {
			key := c.Kind + " " + c.Step + " " + c.Name
			sums[key] = [2]float64{sums[key][0] + float64(c.N), sums[key][1] + c.Sum}
			told[c.Kind] = true
		}
	}
	rows, err := r.Store.Pool().Query(t.Context(), recount, "shop")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := map[string][2]float64{}
	for rows.Next() {
		var kind, step, name string
		var n, sum float64
		if err := rows.Scan(&kind, &step, &name, &n, &sum); err != nil {
			t.Fatal(err)
		}
		want[kind+" "+step+" "+name] = [2]float64{n, sum}
	}
	if diff := cmp.Diff(want, sums); diff != "" || rows.Err() != nil {
		t.Errorf("(-rows +reports) %v\n%s", rows.Err(), diff)
	}
	for _, kind := range []string{"entered", "here", "goal", "sent", "unsubscribed", "reached"} {
		if !told[kind] {
			t.Errorf("this test has counted no %s", kind)
		}
	}

	if err := r.Store.FoldTallies(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, experiment := range []string{"shop", "shop/which"} {
		arms, err := r.Store.Arms(t.Context(), experiment)
		if err != nil || len(arms) != 2 {
			t.Fatal(experiment, arms, err)
		}
		rows, err := r.Store.Pool().Query(t.Context(), recountArms, experiment)
		if err != nil {
			t.Fatal(err)
		}
		converted := int64(0)
		for i := 0; rows.Next(); i++ {
			var name string
			var people, goals, objections int64
			var value, before float64
			if err := rows.Scan(&name, &people, &goals, &value, &objections, &before); err != nil {
				t.Fatal(err)
			}
			a := arms[i]
			if a.Name != name || a.People != people || a.Converted != goals || math.Abs(a.Value.Sum-value) > 1e-9 || a.Unsubscribed != objections || a.Pre.Sum != before || a.Pre.N != people || a.Value.N != people {
				t.Errorf("%s: the rows of %s say %d people, %d converted, %v worth, %d objections, %v before; the report %+v", experiment, name, people, goals, value, objections, before, a)
			}
			converted += goals
		}
		rows.Close()
		wanted := int64((len(treated)+1)/2) + 1
		if experiment != "shop" {
			wanted = int64((len(treated) + 2) / 3)
		}
		if converted != wanted {
			t.Errorf("%s: %d converted, want %d", experiment, converted, wanted)
		}
	}

	var report insight.Report
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/journeys/shop/report", nil), &report); err != nil {
		t.Fatal(err)
	}
	if report.Entered != int64(len(treated)) || report.HeldOut != int64(len(held)) || report.Goals != int64((len(treated)+1)/2) || report.HeldGoal != 1 || report.Value <= 0 {
		t.Errorf("the report says %+v", report)
	}
	took := int64(0)
	for _, b := range report.GoalAfter {
		took += b.N
	}
	if took != report.Goals {
		t.Errorf("it says of %d goals how long they took, of %d that were reached: %+v", took, report.Goals, report.GoalAfter)
	}
	if len(report.Steps) != 4 || report.Steps[0].Reached != int64(len(treated)) || report.Steps[3].Here != int64(len(treated)) {
		t.Errorf("the steps are %+v", report.Steps)
	}
	if !report.Lift.Claimed || !report.Lift.Split.Known || report.Lift.Rate.Value <= 0 || len(report.Trials) != 1 || !report.Trials[0].Claimed || !report.Trials[0].Split.Known || report.Trials[0].Metric != "looked" {
		t.Errorf("the lift is %+v, the experiments %+v", report.Lift, report.Trials)
	}
	if report.Lift.Cost <= 0 || report.Lift.Cost != report.Cost { // everybody came once, and all went within the goal's hour
		t.Errorf("the lift cost %v, all messages %v", report.Lift.Cost, report.Cost)
	}
	if m := report.Messages[0]; m.LastTouch != int64((len(treated)+1)/2) || m.Unsubscribed != 1 {
		t.Errorf("the message %+v", m)
	}
}
