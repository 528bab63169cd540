package endtoend_test

import (
	"bytes"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/journey"
)

func TestNothingPersonalEntersTemporal(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	v := rig.Version(`journey: private
entry: { event: signed_up, key: event.household }
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - id: asked
    branch:
      - when: user.city == "Secretville"
        steps: [ { id: mark, update: { set: { mood: "'secretly-glad'" } } } ]
  - id: share
    wait_for:
      event: playlist_shared
      where: event.title == "secret-title"
      timeout: 30d
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
`, mails("hello", "thanks"))
	r.Publish(tips(), v)
	// The provider first says something about the person, too.
	var asked atomic.Bool
	r.Inbox.Follow(func(inbox.Attempt) inbox.Answer {
		if asked.Swap(true) {
			return inbox.Answer{}
		}
		return inbox.Answer{Code: 421, Text: "secret-address@example.com is greylisted"}
	})
	r.Send(
		rig.Identify("secret-user", map[string]any{"email": "secret-address@example.com", "first_name": "Secretia", "city": "Secretville"}),
		rig.Track("secret-user", "signed_up", map[string]any{"household": "secret-household"}))
	r.AwaitPhase("secret-user", journey.Waiting, "share")
	r.Send(rig.Track("secret-user", "playlist_shared", map[string]any{"title": "secret-title"}))
	run := r.AwaitExit("secret-user", journey.ReasonCompleted)
	raw, err := proto.Marshal(r.History(run.ID, true))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(raw, []byte(run.ID)) || !bytes.Contains(raw, []byte("share")) {
		t.Fatal("this is not the run's history")
	}
	for _, word := range []string{"ecret", "greylisted", "Hello"} {
		if at := bytes.Index(raw, []byte(word)); at >= 0 {
			t.Errorf("%q is in the history: …%s…", word, raw[max(0, at-80):min(len(raw), at+80)])
		}
	}
}
