// Package endtoend_test runs whole journeys: real Postgres, real Temporal, real SMTP, through the
// public API.
package endtoend_test

import (
	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// mail is an e-mail template of that subject.
func mail(subject string) string {
	return "---\nsubject: " + subject + "\ntopic: tips\n---\nHello {{ user.first_name }}, this is " + subject + ".\n"
}

// mails are templates named like their subjects.
func mails(names ...string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name+".email.liquid"] = mail(name)
	}
	return all
}

// tips is a workspace whose readers get tips unless they said no.
func tips() store.Settings {
	return store.Settings{Timezone: "Europe/Paris", Topics: store.Topics{"tips": {Default: "subscribed"}}}
}

// welcome sends a mail, and another after a short wait.
func welcome() store.Version {
	return rig.Version(`journey: welcome
entry: { event: signed_up }
goal: { event: playlist_created, within: 7d }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - { id: settle-in, wait: 1s }
`, mails("hello"))
}

// nudge waits for a share, for long, and thanks for it.
func nudge() store.Version {
	return rig.Version(`journey: nudge
entry: { event: signed_up, reentry: after_exit }
exit:
  - { event: subscribed, reason: converted }
  - { rule: user.deleted == true, reason: gone }
steps:
  - id: share
    wait_for:
      event: playlist_shared
      where: event.visibility == "public"
      timeout: 30d
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
      otherwise: [ { id: last-call, send: { channel: email, template: last-call } } ]
`, mails("thanks", "last-call"))
}

// onboarding has three sends, one delay and one wait for an event with a timeout: the shape whose
// history is counted.
func onboarding() store.Version {
	return rig.Version(`journey: onboarding
entry: { event: signed_up }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - { id: settle-in, wait: 1s }
  - { id: nudge, send: { channel: email, template: nudge } }
  - id: share
    wait_for:
      event: playlist_shared
      timeout: 1h
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
`, mails("hello", "nudge", "thanks"))
}

func somebody(user string) rig.Item {
	return rig.Identify(user, map[string]any{"email": user + "@example.com", "first_name": "Ada"})
}

func signsUp(user string) []rig.Item {
	return []rig.Item{somebody(user), rig.Track(user, "signed_up", map[string]any{"plan": "free"})}
}
