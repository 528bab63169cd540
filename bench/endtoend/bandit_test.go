package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// What came of people who were drawn before decides what others are drawn, each by what they are like, and it is kept by what they were.
func TestABanditChoosesForThePerson(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(store.Settings{}, rig.Version(`journey: shop
entry: { event: signed_up }
goal: { event: bought, within: 7d }
steps:
  - id: offer
    experiment:
      assign: bandit
      per_person: true
      context: [plan]
      floor: 0.02
      variants:
        - { name: gift, steps: [ { id: a, wait: 1h } ] }
        - { name: rebate, steps: [ { id: b, wait: 1h } ] }
`, nil))
	// Three hundred in a thousand of each plan like what the other does not, at whatever hour they came: of an hour at which nobody came before it would be unsure.
	_, err := r.Store.Pool().Exec(t.Context(), `insert into assignments (experiment, profile_id, version, variant, chance, context, at, converted_at)
		select 'shop/offer', 'past' || n, 'v', v.name, 0.5, jsonb_build_object('plan=' || p.name, 1, 'frequency', 0.3, 'hours=' || n / 40 % 6, 1) || case when n / 40 % 7 < 2 then '{"weekend": 1}' else '{}' end::jsonb, now() - interval '30 days',
			case when (n / 4) % 10 < case when (p.name = 'free') = (v.name = 'gift') then 4 else 1 end then now() - interval '29 days' end
		from generate_series(0, 3999) n
		cross join lateral (select case when n % 2 = 0 then 'free' else 'paid' end as name) p
		cross join lateral (select case when n / 2 % 2 = 0 then 'gift' else 'rebate' end as name) v`)
	if err != nil {
		t.Fatal(err)
	}
	bandits := &starter.Bandits{Store: r.Store, Library: r.Library, Log: zap.NewNop()}
	if err := bandits.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	const people = 12
	for i := range people {
		user := fmt.Sprintf("p%d", i)
		r.Send(rig.Identify(user, map[string]any{"plan": []string{"free", "paid"}[i%2]}), rig.Track(user, "signed_up", nil))
	}
	right := 0
	for i := range people {
		user, liked := fmt.Sprintf("p%d", i), []string{"a", "b"}[i%2]
		r.Await(user+" has a variant", rig.Patience, func() bool { step := r.Run(user).Step; return step == "a" || step == "b" })
		if r.Run(user).Step == liked {
			right++
		}
	}
	if right < people-2 {
		t.Errorf("%d of %d got what people like them like", right, people)
	}
	var kept int
	err = r.Store.Pool().QueryRow(t.Context(), `select count(*) from assignments a join profiles p on p.id = a.profile_id
		where a.experiment = 'shop/offer' and a.chance > 0.02 and a.context ->> ('plan=' || (p.attributes ->> 'plan')) = '1'`).Scan(&kept)
	if err != nil || kept < people-2 {
		t.Errorf("%d were kept with what they were drawn by, %v", kept, err)
	}
	var report insight.Report
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/journeys/shop/report", nil), &report); err != nil {
		t.Fatal(err)
	}
	if e := report.Trials[0]; e.Personal == nil || !e.Earned || e.Personal.Value < 0.1 || e.Personal.Value > 0.2 || !e.Bandit {
		t.Errorf("%+v", e)
	}
}
