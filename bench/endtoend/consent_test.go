package endtoend_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// A consent that was only asked for lets nothing through; the link in the mail that asks makes one of it.
func TestAConsentIsConfirmedByTheLinkInAMail(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := store.Settings{Topics: store.Topics{"tips": {Default: "unsubscribed", DoubleOptIn: true}}}
	r.Publish(settings, rig.Version(`journey: confirm
entry: { event: consent_requested, where: event.topic == "tips" }
steps:
  - { id: ask, send: { channel: email, template: confirm, priority: transactional } }
`, map[string]string{"confirm.email.liquid": "---\nsubject: confirm\n---\n{{ event.confirm_url }} or {{ preferences_url }}\n"}), rig.Version(`journey: song
entry: { event: song_played, reentry: after_exit }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello")))
	item := rig.Identify("ada", map[string]any{"email": "ada@example.com", "first_name": "Ada"})
	consent(item, map[string]bool{"tips": true})
	r.Send(item, rig.Track("ada", "song_played", nil))
	asked := r.AwaitMail("ada@example.com", "confirm")
	r.Await("the mail without a consent is skipped", rig.Patience, func() bool { return r.Skipped("ada", "no_consent") == 1 })
	links := regexp.MustCompile(`http://\S+`).FindAllString(asked.Text, -1)
	if len(links) != 2 {
		t.Fatalf("the mail says %q", asked.Text)
	}
	for _, link := range links {
		page, err := http.Get(link)
		if err != nil || page.StatusCode != http.StatusOK {
			t.Fatal(link, page, err)
		}
		page.Body.Close()
	}
	if p, err := r.Store.FindProfile(t.Context(), "ada"); err != nil || p.Consents["tips"] {
		t.Fatal("looking at a page gave the consent", p, err)
	}
	done, err := http.Post(links[0], "application/x-www-form-urlencoded", strings.NewReader(""))
	if err != nil || done.StatusCode != http.StatusOK {
		t.Fatal(done, err)
	}
	done.Body.Close()
	r.Send(rig.Track("ada", "song_played", nil))
	r.AwaitMail("ada@example.com", "hello")
}
