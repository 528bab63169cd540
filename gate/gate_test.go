package gate_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/profile"
)

// topics are those that people are subscribed to unless they said no.
type topics map[string]bool

func (t topics) Subscribed(topic, _ string) bool { return t[topic] }

func now() time.Time { return time.Date(2026, 3, 27, 18, 0, 0, 0, time.UTC) }

func ada() *profile.Profile {
	return &profile.Profile{Attributes: map[string]any{"email": "ada@example.com", "phone": "+33123456789"}}
}

// question is one that the gate answers with now.
func question() gate.Question {
	return gate.Question{
		Now: now(), Profile: ada(), Topics: topics{"tips": true},
		Candidates: []gate.Candidate{{Channel: "email", Topic: "tips", Template: true, Provider: true}},
	}
}

func TestTheGate(t *testing.T) {
	t.Parallel()
	push := gate.Candidate{Channel: "push", Topic: "tips", Template: true, Provider: true}
	for name, c := range map[string]struct {
		change func(*gate.Question)
		want   gate.Verdict
	}{
		"nothing forbids it": {
			change: func(*gate.Question) {},
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"the deployment is off, whatever else": {
			change: func(q *gate.Question) {
				q.Off, q.Transactional = true, true
				q.Profile.Suppressed = map[string]string{"email": "bounced"}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.SendingOff, Channel: "email"},
		},
		"what is to be skipped after a pause, transactional or not": {
			change: func(q *gate.Question) { q.Paused, q.Transactional, q.HeldOut = true, true, true },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.PausedSkip, Channel: "email"},
		},
		"who does not want it anyway": {
			change: func(q *gate.Question) { q.Paused, q.Profile.Consents = true, map[string]bool{"tips": false} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"an inbox is everybody's": {
			change: func(q *gate.Question) {
				q.Profile.ID = "p1"
				q.Candidates = []gate.Candidate{{Channel: "inbox", Template: true, Provider: true}}
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "inbox", Address: "p1"},
		},
		"a webhook is the workspace's": {
			change: func(q *gate.Question) {
				q.Candidates = []gate.Candidate{{Channel: "webhook", Template: true, Provider: true, Address: "https://example.com"}}
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "webhook", Address: "https://example.com"},
		},
		"all goes to one address": {
			change: func(q *gate.Question) { q.RedirectTo = "team@example.com" },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "team@example.com", OriginallyTo: "ada@example.com"},
		},
		"one address is no device": {
			change: func(q *gate.Question) {
				q.RedirectTo = "team@example.com"
				q.Candidates = append([]gate.Candidate{push}, q.Candidates...)
				q.Profile.Devices = []profile.Device{{Channel: "push", Token: "t"}}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.SendingOff, Channel: "push"},
		},
		"who has no device gets the mail there": {
			change: func(q *gate.Question) {
				q.RedirectTo = "team@example.com"
				q.Candidates = append([]gate.Candidate{push}, q.Candidates...)
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "email", Address: "team@example.com", OriginallyTo: "ada@example.com"},
		},
		"one address is no web service, for transactional messages either": {
			change: func(q *gate.Question) {
				q.RedirectTo, q.Transactional = "team@example.com", true
				q.Candidates = []gate.Candidate{{Channel: "webhook", Template: true, Provider: true, Address: "https://example.com"}}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.SendingOff, Channel: "webhook"},
		},
		"consent to the topic was withdrawn": {
			change: func(q *gate.Question) { q.Profile.Consents = map[string]bool{"tips": false} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"nobody said so and the topic wants it said": {
			change: func(q *gate.Question) { q.Topics = topics{} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"it was said though the topic wants it said": {
			change: func(q *gate.Question) { q.Topics = topics{}; q.Profile.Consents = map[string]bool{"tips": true} },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"consent to everything was withdrawn": {
			change: func(q *gate.Question) { q.Profile.Consents = map[string]bool{"": false, "tips": true} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"the topic is not wanted through this channel": {
			change: func(q *gate.Question) {
				q.Profile.Consents = map[string]bool{"tips": true, "tips/email": false}
				q.Profile.Devices = []profile.Device{{Channel: "push", Token: "t"}}
				q.Candidates = append(q.Candidates, push)
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "push", Address: "t"},
		},
		"the topic is wanted through this channel alone": {
			change: func(q *gate.Question) { q.Profile.Consents = map[string]bool{"tips": false, "tips/email": true} },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"nothing is wanted through this channel, whatever the topic": {
			change: func(q *gate.Question) { q.Profile.Consents = map[string]bool{"/email": false, "tips/email": true} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"a template without topic is not wanted through this channel": {
			change: func(q *gate.Question) {
				q.Candidates[0].Topic = ""
				q.Profile.Consents = map[string]bool{"/email": false}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"a template without topic needs no topic's consent": {
			change: func(q *gate.Question) { q.Topics = topics{}; q.Candidates[0].Topic = "" },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"but it needs that not everything was withdrawn": {
			change: func(q *gate.Question) { q.Candidates[0].Topic = ""; q.Profile.Consents = map[string]bool{"": false} },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"transactional needs no consent": {
			change: func(q *gate.Question) {
				q.Transactional = true
				q.Profile.Consents = map[string]bool{"": false, "tips": false}
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"transactional is suppressed all the same": {
			change: func(q *gate.Question) {
				q.Transactional = true
				q.Profile.Suppressed = map[string]string{"email": "bounced"}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.Suppressed, Channel: "email"},
		},
		"consent is asked before suppression": {
			change: func(q *gate.Question) {
				q.Profile.Consents = map[string]bool{"tips": false}
				q.Profile.Suppressed = map[string]string{"email": "bounced"}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.NoConsent, Channel: "email"},
		},
		"an empty address is none": {
			change: func(q *gate.Question) { q.Profile.Attributes["email"] = "" },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoAddress, Channel: "email"},
		},
		"no way out is no address": {
			change: func(q *gate.Question) { q.Candidates[0].Provider = false },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.NoAddress, Channel: "email"},
		},
		"the first reachable channel is taken": {
			change: func(q *gate.Question) { q.Candidates = append([]gate.Candidate{push}, q.Candidates...) },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com"},
		},
		"a device is an address": {
			change: func(q *gate.Question) {
				q.Candidates = append([]gate.Candidate{push}, q.Candidates...)
				q.Profile.Devices = []profile.Device{{Channel: "push", Token: "t"}}
			},
			want: gate.Verdict{Kind: gate.Now, Channel: "push", Address: "t"},
		},
		"none reachable is one skip, with the last tried": {
			change: func(q *gate.Question) {
				q.Candidates = append(q.Candidates, push)
				q.Profile.Suppressed = map[string]string{"email": "bounced"}
			},
			want: gate.Verdict{Kind: gate.Skip, Reason: gate.NoAddress, Channel: "push"},
		},
		"it is too late at the very instant": {
			change: func(q *gate.Question) { q.Expires = q.Now },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.Expired, Channel: "email"},
		},
		"it goes before it is too late, and not after": {
			change: func(q *gate.Question) { q.Expires = q.Now.Add(time.Hour) },
			want:   gate.Verdict{Kind: gate.Now, Channel: "email", Address: "ada@example.com", SendBefore: now().Add(time.Hour)},
		},
		"nobody is messaged who was erased": {
			change: func(q *gate.Question) { q.Profile.Erased, q.Transactional = true, true },
			want:   gate.Verdict{Kind: gate.Skip, Reason: gate.Erased, Channel: "email"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question()
			c.change(&q)
			got := gate.Decide(q)
			if got.Looked == nil {
				t.Error("the verdict does not say what it looked at")
			}
			got.Looked = nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
