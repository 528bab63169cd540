package latency_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// scenario is what people are prepared for and what their event then does.
type scenario struct {
	name     string
	words    string
	settings store.Settings
	journey  store.Version
	before   string // the event that prepares a person
	prepared string // SQL: how many are
	event    string // the event that is measured
	rate     int    // a second, unless something else is wanted: what two cores bear
	letsIn   bool   // the event starts the run
}

func topics() store.Settings {
	return store.Settings{Topics: map[string]store.Topic{"tips": {Default: "subscribed"}}}
}

func templates() map[string]string {
	return map[string]string{"thanks.email.liquid": "---\nsubject: Thanks\ntopic: tips\n---\n<p>Thank you, {{ user.first_name }}.</p>\n"}
}

// waiting has a run of each person wait for the event.
func waiting() scenario {
	return scenario{
		name: "latency", rate: 50, words: "each to a waiting run of its own", settings: topics(),
		journey: rig.Version(`journey: share
entry: { event: signed_up }
steps:
  - id: first-share
    wait_for:
      event: playlist_shared
      where: event.visibility == "public"
      timeout: 30d
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
`, templates()),
		before: "signed_up", event: "playlist_shared",
		prepared: "select count(*) from runs where step = 'first-share' and phase = 'waiting' and seq > 0",
	}
}

// joining has each person one order short of a segment, among twenty of which each reads the event.
func joining() scenario {
	s := scenario{
		name: "segments", rate: 20, words: "each making its sender a member of one of 20 segments that read it, whose journey it starts", settings: topics(),
		journey: rig.Version(`journey: welcome-back
entry: { segment: s20 }
steps:
  - { id: thanks, send: { channel: email, template: thanks } }
`, templates()),
		before: "order_completed", event: "order_completed", letsIn: true,
		prepared: "select count(*) from profiles where last_number = 2 and dispatched = 2 and not exists (select from segments where computed <> hash)",
	}
	for n := 1; n <= 20; n++ {
		rule := fmt.Sprintf(`events("order_completed").within("%dd").count() >= %d`, 10+n, 22-n) // of the last one: two within 30 days
		s.settings.Segments = append(s.settings.Segments, store.Segment{Key: fmt.Sprintf("s%d", n), Rule: rule})
	}
	return s
}
