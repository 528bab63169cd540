package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// The gate, in memory, and the claim, in SQL, agree on who has consented to what.
func TestTheGateAndTheClaimAgreeOnConsent(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	topics, channels := []string{"", "tips", "news"}, []string{"", "email", "sms"}
	rapid.Check(t, func(rt *rapid.T) {
		consents := map[string]bool{}
		for _, topic := range topics {
			for _, channel := range channels {
				if said := rapid.SampledFrom([]string{"", "", "yes", "no"}).Draw(rt, topic+"/"+channel); said != "" {
					consents[profile.ConsentKey(topic, channel)] = said == "yes"
				}
			}
		}
		settings := store.Settings{Name: "test", Topics: store.Topics{}}
		for _, topic := range topics[1:] {
			if rapid.Bool().Draw(rt, topic+" is known") {
				settings.Topics[topic] = store.Topic{
					Default:  rapid.SampledFrom([]string{"subscribed", "unsubscribed"}).Draw(rt, "default"),
					Channels: rapid.SampledFrom([][]string{nil, {"email"}, {"sms", "push"}}).Draw(rt, "channels"),
				}
			}
		}
		topic, channel := rapid.SampledFrom(topics).Draw(rt, "topic"), rapid.SampledFrom(channels[1:]).Draw(rt, "channel")
		priority := rapid.SampledFrom([]string{"normal", "normal", "high", "transactional"}).Draw(rt, "priority")
		raw, err := json.Marshal(settings)
		d.must(err)
		said, err := json.Marshal(consents)
		d.must(err)
		d.exec("update deployment set settings = $1", raw)
		d.exec("update profiles set consents = $1", said)
		d.exec("update messages set topic = $1, channel = $2, priority = $3, state = 'rendered'", topic, channel, priority)
		verdict := gate.Decide(gate.Question{
			Now: time.Now(), Profile: &profile.Profile{ID: d.profile, Consents: consents}, Topics: &settings, Transactional: priority == "transactional",
			Candidates: []gate.Candidate{{Channel: channel, Topic: topic, Template: true, Provider: true, Address: "somewhere"}},
		})
		if _, had := d.claim(d.message, false); had != (verdict.Kind == gate.Now) {
			rt.Errorf("the gate says %s %s, and that a claim is had is %v", verdict.Kind, verdict.Reason, had)
		}
	})
}
