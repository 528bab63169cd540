package journey_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/journey"
)

// What a journey reads is told with its place, so that whoever knows what comes can compare.
func TestMentions(t *testing.T) {
	t.Parallel()
	j := compiled(t, `journey: a
entry: { event: [signed_up, invited], where: 'user.plan == "free" && user.planet != "mars"' }
exit: [ { event: subscribed, reason: done } ]
goal: { event: playlist_created, within: 7d }
steps:
  - id: b
    branch:
      - when: |
          user["first name"] != "" &&
            events("song_played").count() > events('song_played').within("3d").count()
        steps: [ { id: mark, update: { set: { stage: "'seen'" } } } ]
  - { id: say, emit: { event: went_quiet, properties: { event: user.city } } }
  - { id: w, wait_for: { any: [ { arm: x, event: playlist_shared }, { arm: y, rule: user.done } ], timeout: 1d } }
`)
	at := func(name string, line, column int) journey.Mention {
		return journey.Mention{Name: name, File: "journey.yaml", Line: line, Column: column}
	}
	want := journey.Mentions{
		Events: []journey.Mention{
			at("signed_up", 2, 18), at("invited", 2, 29), at("subscribed", 3, 18), at("playlist_created", 4, 16), at("playlist_shared", 13, 50), at("song_played", 10, 13),
		},
		Attributes: []journey.Mention{at("plan", 2, 47), at("planet", 2, 70), at("first name", 9, 11), at("city", 12, 64), at("done", 13, 85)},
		Emits:      []string{"went_quiet"},
		Sets:       []string{"stage"},
	}
	if diff := cmp.Diff(want, j.Mentions()); diff != "" {
		t.Error(diff)
	}
}
