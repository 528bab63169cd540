package endtoend_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// aShop are 500 people who visit alike, of whom a quarter buys most weeks and hardly anybody else does; half answer mail, the others push. 400 more
// got eight mails within four days, of which the first four drove nobody away, and each after them one in forty.
const aShop = `
insert into profiles (id, user_id, attributes, last_number, dispatched)
select '{p}s' || n, 's' || n, jsonb_build_object('email', '{p}s' || n || '@example.com'), 1000, 1000 from generate_series(1, 500) n;
insert into events (profile_id, number, id, source, name, time, arrival)
select '{p}s' || n, k, n || '-' || k, 'past', 'visited', t.at, t.at
from generate_series(1, 500) n cross join generate_series(1, 40) k cross join lateral (select now() - interval '1 hour' * (k * 72 - (n * 7919 + k * 104729) % 60) as at) t;
insert into events (profile_id, number, id, source, name, time, arrival)
select '{p}s' || n, 100 + k, n || '-bought-' || k, 'past', 'bought', t.at, t.at
from generate_series(1, 500) n cross join generate_series(0, 15) k cross join lateral (select now() - interval '1 hour' * (k * 168 + 20 + (n * 31 + k * 17) % 140) as at) t
where (n * 7919 + k * 15485863) % 100 < case when n % 4 = 0 then 80 else 3 end;
insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, sent_at, opened_at, clicked_at)
select '{p}s' || c || n || '-' || k, 'old/s' || n || '/1', 'old', 'v', 's', k, '{p}s' || n, c, 'p', 't', 'sent', t.at,
    case when c = 'email' and n % 2 = 0 and k % 3 > 0 then t.at + interval '5 minutes' end, case when c = 'push' and n % 2 = 1 and k % 3 > 0 then t.at + interval '5 minutes' end
from generate_series(1, 500) n cross join generate_series(1, 9) k cross join (values ('email'), ('push')) c (c)
cross join lateral (select now() - interval '9 days' * k as at) t;
insert into profiles (id, user_id, last_number, dispatched) select '{p}h' || n, 'h' || n, 1000, 1000 from generate_series(1, 400) n;
insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, sent_at)
select '{p}h' || n || '-' || k, 'old/h' || n || '/1', 'old', 'v', 's', k, '{p}h' || n, 'email', 'p', 't', 'sent', now() - interval '30 days' + interval '12 hours' * k
from generate_series(1, 400) n cross join generate_series(1, 8) k;
insert into events (profile_id, number, id, source, name, time, arrival)
select '{p}h' || n, 1, '{p}h' || n, 'mixtape', 'unsubscribed', t.at, t.at
from generate_series(1, 400) n cross join lateral (select now() - interval '30 days' + interval '12 hours' * (4 + n % 40) + interval '1 hour' as at) t where n % 40 between 1 and 4`

type learnedModel struct {
	Name, Training, Why string
	InUse               string `json:"in_use"`
	Promoted            bool
	Metrics             struct{ AUC float64 }
}

// train learns everything and returns what came of it, by name.
func train(r *rig.Rig) map[string]learnedModel {
	r.TB.Helper()
	var began struct{ Workflow string }
	if err := json.Unmarshal(r.Admin(http.MethodPost, "/api/train", nil), &began); err != nil {
		r.TB.Fatal(err)
	}
	if err := r.Client.Temporal.GetWorkflow(r.TB.Context(), began.Workflow, "").Get(r.TB.Context(), nil); err != nil {
		r.TB.Fatal(err)
	}
	var all struct{ Models []learnedModel }
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/models", nil), &all); err != nil {
		r.TB.Fatal(err)
	}
	by := map[string]learnedModel{}
	for _, m := range all.Models {
		by[m.Name] = m
	}
	return by
}

// keen holds whoever is likely to buy, until they are not.
const keen = `journey: keen
entry: { event: asked }
exit: [ { rule: '!(score("shop") > 0.4)', reason: cooled } ]
steps: [ { id: on, wait: 30d } ]
`

// A journey's goal, the channel that somebody answers, and how much is too much are learned; a model that is refused leaves the one before it in
// use, for a month; and what nobody asks for any more is forgotten, by everybody who waits for it, too.
func TestWhatIsLearnedGoesOnAndIsForgotten(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	shop := rig.Version("journey: shop\nentry: { event: signed_up }\ngoal: { event: bought, within: 7d }\nsteps: [ { id: on, wait: 1d } ]\n", nil)
	settings := store.Settings{Predict: map[string]store.Predict{"back": {Events: []string{"bought"}, Within: "14d"}}}
	r.Publish(settings, shop, rig.Version(keen, nil))
	r.Past(aShop)
	person := func(user string) (scores map[string]float64, reasons map[string][]string, channels []string) {
		t.Helper()
		p, err := r.Store.FindProfile(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		return p.Computed.Scores, p.Computed.Reasons, p.Computed.Channels
	}

	first := train(r)
	if m := first["shop"]; !m.Promoted || m.InUse != m.Training || m.Metrics.AUC < 0.8 {
		t.Errorf("of the goal it learned %+v", m)
	}
	_, reasons, byMail := person("s4")
	_, _, byPush := person("s5")
	var likely, unlikely float64
	if err := r.Store.Pool().QueryRow(t.Context(), `select avg(score) filter (where buys), avg(score) filter (where not buys)
		from (select (computed -> 'scores' ->> 'shop')::float as score, substr(user_id, 2)::int % 4 = 0 as buys from profiles where starts_with(user_id, 's')) p`).Scan(&likely, &unlikely); err != nil {
		t.Fatal(err)
	}
	if likely < 0.6 || unlikely > 0.2 || len(reasons["shop"]) != 3 {
		t.Errorf("who buys comes to %v by %v, who does not to %v", likely, reasons, unlikely)
	}
	if !slices.Equal(byMail, []string{"email", "push"}) || !slices.Equal(byPush, []string{"push", "email"}) {
		t.Errorf("the channels are %v and %v", byMail, byPush)
	}
	if m := first["fatigue"]; !strings.Contains(m.Why, "beyond the 4th in seven days") || !strings.Contains(m.Why, "{ max: 4, per: 7d }") {
		t.Errorf("of too much it learned %+v", m)
	}
	r.Send(rig.Track("s4", "asked", nil))
	r.AwaitPhase("s4", journey.Waiting, "on")

	// Nothing happens any more, so nothing can be learned: the first model goes on. Of `back` nobody asks now.
	r.Past("update events set time = time - interval '60 days' where name <> 'asked'")
	r.Publish(store.Settings{}, shop, rig.Version(keen, nil))
	second := train(r)
	if m := second["shop"]; m.Promoted || m.Training == first["shop"].Training || m.InUse != first["shop"].Training {
		t.Errorf("of nothing it learned %+v", m)
	}
	scores, reasons, _ := person("s4")
	if _, is := scores["shop"]; !is || len(reasons["shop"]) != 3 {
		t.Errorf("by the model that goes on s4 comes to %v by %v", scores, reasons)
	}
	if _, is := scores["back"]; is || len(reasons["back"]) > 0 || second["back"].Name != "" {
		t.Errorf("of what nobody asks for any more there is %v, %v, %+v", scores, reasons, second["back"])
	}

	// After a month without a better one it is not true any more.
	r.Past("update models set created_at = created_at - interval '31 days'")
	if m := train(r)["shop"]; m.Promoted || m.InUse != "" {
		t.Errorf("after a month it is %+v", m)
	}
	if scores, reasons, _ := person("s4"); len(scores) > 0 || len(reasons) > 0 {
		t.Errorf("after a month there is %v, %v", scores, reasons)
	}
	r.AwaitExit("s4", "cooled")
}

// aLeak are 600 people who come and go by chance. Just before each moment as of which a model would be made each got a mail, which they opened afterwards, by
// being there again.
const aLeak = `
insert into profiles (id, user_id, last_number, dispatched) select '{p}l' || n, 'l' || n, 1000, 1000 from generate_series(1, 600) n;
insert into events (profile_id, number, id, source, name, time, arrival)
select '{p}l' || n, k, n || '-' || k, 'past', 'visited', t.at, t.at
from generate_series(1, 600) n cross join generate_series(0, 20) k
cross join lateral (select now() - interval '1 hour' * (k * 240 + 4 + ('x' || substr(md5(n || 'at' || k), 1, 6))::bit(24)::int % 230) as at) t
where ('x' || substr(md5(n || '-' || k), 1, 6))::bit(24)::int % 100 < 15;
insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, sent_at, opened_at)
select '{p}l' || n || '-' || w, 'old/l' || n || '/1', 'old', 'v', 's', w, '{p}l' || n, 'email', 'p', 't', 'sent', m.moment - interval '1 hour',
    (select min(e.time) from events e where e.profile_id = '{p}l' || n and e.time > m.moment + interval '5 minutes' and e.time < m.moment + interval '30 days')
from generate_series(1, 600) n cross join generate_series(1, 2) w cross join lateral (select now() - interval '30 days' * w as moment) m`

// What people did after the moment is not known at it: an opening of a message of before tells nothing.
func TestNothingOfAfterwardsIsLearned(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(store.Settings{Predict: map[string]store.Predict{"back": {Within: "30d"}}})
	r.Past(aLeak)
	// The model would know who comes back by who opened.
	var opened int
	if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from messages where opened_at is not null").Scan(&opened); err != nil || opened < 300 || opened > 900 {
		t.Fatalf("%d were opened, %v", opened, err)
	}
	m := train(r)["back"]
	if m.Promoted || m.Metrics.AUC == 0 || m.Metrics.AUC > 0.6 || !strings.Contains(m.Why, "not surely better") {
		t.Errorf("by chance alone it learned %+v", m)
	}
}
