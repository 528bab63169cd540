// Package journeys_test measures how many journeys a second Mixtape carries, against hand-written
// Temporal workflows of the same shape, in one run on the same servers.
package journeys_test

import (
	"io"
	"os"
	"testing"

	"github.com/mixtapehq/mixtape/bench/journeys/byhand"
	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/store"
)

// The sizes of a run, from the environment: profiles in a round, and rounds.
const (
	runsVariable   = "MIXTAPE_BENCH_RUNS"
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	jsonVariable   = "MIXTAPE_BENCH_JSON" // a folder for the figures; empty: none are written
)

// BenchmarkJourneys is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkJourneys(b *testing.B) {
	c := newContest(b, size.Of(b, runsVariable, 300), os.Stderr)
	c.rest = true
	c.play(1) // not counted: on empty tables Postgres plans otherwise than on those of a deployment
	for range b.N {
		report := c.play(size.Of(b, roundsVariable, 5))
		report.print(os.Stdout)
		report.save(b, os.Getenv(jsonVariable))
		for _, p := range report.Pairs {
			b.ReportMetric(p.Ratio, "x_"+p.Over)
		}
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestJourneys keeps the measurement in working order: everybody ends their journey, by the history
// that was promised. It says nothing of speed.
func TestJourneys(t *testing.T) {
	t.Parallel()
	report := newContest(t, 3, io.Discard).play(1)
	for _, s := range report.Sides {
		if s.Median <= 0 {
			t.Errorf("%s: no speed was measured", s.Name)
		}
	}
	for name, most := range map[string]int{onboarding: 40, delayed: 20} {
		if got := report.side(name).History; got > most {
			t.Errorf("%s made %d history events, want at most %d", name, got, most)
		}
	}
	for name, want := range map[string]int{byhand.Naive: byhand.NaiveHistory, byhand.Tuned: byhand.TunedHistory, byhand.Calls: byhand.CallsHistory} {
		if got := report.side(name).History; got != want {
			t.Errorf("%s made %d history events, want %d", name, got, want)
		}
	}
}

// Mixtape's sides, by the journeys they play.
const (
	onboarding = "onboarding"
	delayed    = "delayed"
)

// published are Mixtape's journeys: the shapes of the workflows in byhand.
func published() []store.Version {
	return []store.Version{
		rig.Version(`journey: onboarding
entry: { event: signed_up }
steps:
  - { id: welcome, send: { channel: email, template: welcome } }
  - { id: settle-in, wait: 1s }
  - id: activated
    branch:
      - when: events("playlist_created").count() >= 1
        steps: [ { id: praise, send: { channel: email, template: praise } } ]
      - else: [ { id: nudge, send: { channel: email, template: nudge } } ]
  - id: first-share
    wait_for:
      event: playlist_shared
      timeout: 1s
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
      otherwise: [ { id: last-call, send: { channel: email, template: last-call } } ]
`, templates()),
		rig.Version(`journey: delayed
entry: { event: cart_left }
steps:
  - { id: settle-in, wait: 1s }
  - { id: welcome, send: { channel: email, template: welcome } }
`, templates()),
	}
}

// templates are the same for all sides.
func templates() map[string]string {
	all := map[string]string{
		"_header.liquid": `<table width="100%"><tr><td><h1>Acme</h1></td></tr></table>`,
		"_footer.liquid": `<p>You get this because you signed up. <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>`,
	}
	for _, name := range []string{"welcome", "nudge", "praise", "thanks", "last-call"} {
		all[name+".email.liquid"] = "---\nsubject: \"Hello {{ user.first_name | default: 'you' }}, about your " + name + "\"\ntopic: tips\n---\n" +
			`{% include "header" %}<p>Hello {{ user.first_name | default: "you" }},</p>
{% if user.plan == "free" %}<p>You are on the free plan, in {{ user.city }}.</p>{% endif %}
<ul>{% for artist in user.artists %}<li>{{ artist | upcase }}</li>{% endfor %}</ul>
<p><a href="https://example.com/playlists/new">Make a playlist</a></p>{% include "footer" %}
`
	}
	return all
}
