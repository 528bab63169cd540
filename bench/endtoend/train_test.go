package endtoend_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workflows"
)

// aPast is what 600 people did for months: by their numbers some come often and some seldom, a third stay away from some time on, and each
// answers mail in the evening.
const aPast = `
insert into profiles (id, user_id, attributes, last_number, dispatched)
select '{p}x' || n, 'u' || n, jsonb_build_object('email', 'u' || n || '@example.com', 'timezone', 'Europe/Paris'), 1000, 1000 from generate_series(1, 600) n;
insert into events (profile_id, number, id, source, name, properties, time, arrival)
select '{p}x' || n, row_number() over (partition by n order by k), n || '-' || k, 'past', 'played',
    jsonb_build_object('genre', case when n % 5 = 0 and k % 4 > 0 then 'jazz' when t.at > now() - interval '7 days' then 'disco' else 'pop' end), t.at, t.at
from generate_series(1, 600) n cross join generate_series(0, 60) k
cross join lateral (select now() - interval '240 days' + interval '1 day' * (k * (4 + (n * 13) % 36) + ((n * 7919 + k * 104729) % 100) * (4 + (n * 13) % 36) / 60.0) as at) t
where t.at < now() - interval '1 hour' and (n % 3 > 0 or t.at < now() - interval '1 day' * ((n * 31) % 200));
insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, sent_at, opened_at)
select 'm' || n || '-' || k, 'old/x' || n || '/1', 'old', 'v', 's', k, '{p}x' || n, 'email', 'smtp', 't', 'sent', t.at, case when extract(hour from t.at at time zone 'Europe/Paris') between 18 and 20 then t.at + interval '5 minutes' end
from generate_series(1, 300) n cross join generate_series(1, 20) k
cross join lateral (select date_trunc('day', now()) - interval '1 day' * (k * 3) + interval '1 hour' * ((n * 5 + k * 7) % 24) as at) t`

// Chances are learned of everybody's past, used only where they are better than the silence alone, and wake whoever waits for them.
func TestWhatPeopleWillDoIsLearned(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := store.Settings{Affinities: map[string]store.Taste{"genre": {Events: []string{"played"}, Property: "genre", HalfLife: "30d"}}, Predict: map[string]store.Predict{"churn": {Without: true, Within: "30d"}}}
	r.Publish(settings, rig.Version(`journey: winback
entry: { event: asked }
steps:
  - { id: gone, wait_for: { rule: score("churn") > 0.5, timeout: 30d, then: [ { id: come, exit: lost } ], otherwise: [ { id: stay, exit: stayed } ] } }
`, nil), rig.Version(`journey: offer
entry: { event: asked_more, where: 'affinity("genre") == "jazz"' }
steps:
  - { id: rise, branch: [ { when: 'trending("genre", "7d") == "disco"', steps: [ { id: mail, send: { channel: email, template: taste } } ] } ] }
`, map[string]string{"taste.email.liquid": "---\nsubject: \"{{ affinity.genre }} and {{ trending.genre }}\"\n---\n{{ trending.genre }} rises, {{ score.churn }}\n"}))
	r.Past(aPast)
	ask := func(user string) {
		t.Helper()
		r.Send(rig.Track(user, "asked", nil))
		r.AwaitPhase(user, journey.Waiting, "gone")
	}
	// Of the two, one was away for half a year, though asking counts as being there; so they ask before the moment as of which it is learned.
	ask("u3")
	ask("u10")
	r.Past(`update events set time = now() - interval '190 days', arrival = arrival where name = 'asked' and profile_id = (select id from profiles where user_id = 'u3');
		delete from events where profile_id = (select id from profiles where user_id = 'u3') and name = 'played' and time > now() - interval '190 days'`)
	r.Admin(http.MethodPost, "/api/train", nil)
	var models struct {
		Models []struct {
			Name, Why string
			Promoted  bool
			Metrics   struct{ AUC float64 }
			Baseline  struct{ AUC float64 }
		}
	}
	r.Await("it is learned", rig.Patience, func() bool {
		if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/models", nil), &models); err != nil {
			t.Fatal(err)
		}
		return len(models.Models) == 5
	})
	for _, m := range models.Models {
		// There is one channel only, and nobody objected.
		if alone := m.Name == "best_channel" || m.Name == "fatigue"; m.Promoted == alone {
			t.Fatalf("%+v", m)
		}
	}
	if m := models.Models[2]; m.Name != "churn" || m.Metrics.AUC <= m.Baseline.AUC {
		t.Errorf("%+v", m)
	}
	r.AwaitExit("u3", "lost")
	if run := r.Run("u10"); run.Phase != string(journey.Waiting) {
		t.Errorf("who is still there is %s", run.Phase)
	}
	p, err := r.Store.FindProfile(t.Context(), "u3")
	if err != nil {
		t.Fatal(err)
	}
	if p.Computed.Scores["churn"] < 0.5 || len(p.Computed.Reasons["churn"]) == 0 || !strings.Contains(p.Computed.Reasons["churn"][0], "it: ") {
		t.Errorf("what is known of who is gone: %v %v", p.Computed.Scores, p.Computed.Reasons)
	}
	r.Await("the hours are written", rig.Patience, func() bool {
		p, err = r.Store.FindProfile(t.Context(), "u10")
		return err == nil && len(p.Computed.Receptive) == 168
	})
	best := 0
	for hour := range 24 {
		if p.Computed.Receptive[24+hour] > p.Computed.Receptive[24+best] {
			best = hour
		}
	}
	if best < 17 || best > 21 {
		t.Errorf("who answers from 18 to 20 is best reached at %d", best)
	}
	if p.Computed.Affinities["genre"] != "jazz" {
		t.Errorf("what u10 likes is %v", p.Computed.Affinities)
	}
	if p, err := r.Store.FindProfile(t.Context(), "u3"); err != nil || p.Computed.Affinities["genre"] == "jazz" {
		t.Errorf("what u3 likes is %v, %v", p.Computed.Affinities, err)
	}
	r.Await("what rises is read", rig.Patience, func() bool {
		d, err := r.Store.Deployment(t.Context())
		return err == nil && len(d.Settings.Trends) > 0
	})
	r.Send(rig.Track("u20", "asked_more", nil))
	offer := r.AwaitMail("u20@example.com", "jazz and disco")
	if !strings.Contains(offer.Text, "disco rises") || !strings.Contains(offer.Text, "0.") {
		t.Errorf("the mail says %q", offer.Text)
	}
	told := 0
	if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from events where changed = '{$score:churn}'").Scan(&told); err != nil || told == 0 || told > 600 {
		t.Errorf("%d were told, %v", told, err)
	}
	// It is learned every day at the workspace's hour, by a schedule that operators see in Temporal; several starters keep one.
	for range 2 {
		trainer := &workflows.Trainer{Client: r.Client, Store: r.Store, Log: zap.NewNop()}
		go trainer.Run(t.Context())
	}
	r.Await("there is a schedule", rig.Patience, func() bool {
		d, err := r.Client.Temporal.ScheduleClient().GetHandle(t.Context(), r.Client.Queue+"-train").Describe(t.Context())
		return err == nil && len(d.Info.NextActionTimes) > 0 && d.Info.NextActionTimes[0].UTC().Format("15:04") == "03:00"
	})
	// Learned again, nothing is new to anybody.
	before := time.Now()
	r.Admin(http.MethodPost, "/api/train", nil)
	r.Await("it is learned again", rig.Patience, func() bool {
		var n int
		err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from models where created_at > $1", before).Scan(&n)
		return err == nil && n == 5
	})
	again := 0
	if err := r.Store.Pool().QueryRow(t.Context(), "select count(*) from events where changed = '{$score:churn}'").Scan(&again); err != nil || again > told+3 {
		t.Errorf("%d were told again, %v", again-told, err)
	}
}
