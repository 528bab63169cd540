package endtoend_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// A real e-mail goes out, a real server's report comes back, and no journey writes there again.
func TestABounceStopsTheNextJourneysMail(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	next := rig.Version("journey: next\nentry: { event: playlist_created }\nsteps:\n  - { id: again, send: { channel: email, template: again } }\n", mails("again"))
	mend := rig.Version("journey: mend\nentry: { event: wrote }\nsteps:\n  - { id: readdress, update: { set: { email: \"'ada@new.example'\" } } }\n  - { id: mended, send: { channel: email, template: mended } }\n", mails("mended"))
	r.Publish(tips(), welcome(), next, mend)
	r.Send(signsUp("ada")...)
	m := r.AwaitMail("ada@example.com", "hello")
	r.AwaitExit("ada", journey.ReasonCompleted)

	raw, err := os.ReadFile("../../channels/testdata/notices/gmail-not-found/report.eml")
	if err != nil {
		t.Fatal(err)
	}
	message := m.Header.Get("X-Mixtape-Message")
	report := []byte(strings.ReplaceAll(string(raw), "m0csv3q8d4k2h5t7n9p1r6u0abe", message))
	r.Await("the report is taken", rig.Patience, func() bool {
		status, answer, err := r.Call(http.MethodPost, "/v1/bounces", r.WriteKey, report)
		if err != nil || status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Fatal(status, string(answer), err)
		}
		return status == http.StatusOK
	})
	r.Send(rig.Track("ada", "playlist_created", nil))
	r.Await("the next mail is skipped as suppressed", rig.Patience, func() bool { return r.Skipped("ada", "suppressed") == 1 })
	for _, message := range r.Messages("ada") {
		if message.Template == "hello" && message.State != store.Bounced {
			t.Errorf("the first message is %s", message.State)
		}
	}
	if got := len(r.Mails("")); got != 1 {
		t.Errorf("%d mails went out, want one", got)
	}
	story := string(r.Admin(http.MethodGet, "/api/profiles/ada/story", nil))
	for _, want := range []string{"email: bounced: it came back for good", "email was suppressed (bounced) by a report of the provider", `"reason":"suppressed"`, `"suppressed":"bounced"`} {
		if !strings.Contains(story, want) {
			t.Errorf("explain does not say %s: %s", want, story)
		}
	}
	// A new address is not the one that bounced, whoever sets it.
	r.Send(rig.Track("ada", "wrote", nil))
	r.AwaitMail("ada@new.example", "mended")
}

func TestAnAddressThatTheServerRejectsIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	two := rig.Version("journey: two\nentry: { event: signed_up }\nsteps:\n  - { id: one, send: { channel: email, template: one } }\n  - { id: two, send: { channel: email, template: two } }\n", mails("one", "two"))
	r.Publish(tips(), two)
	for user, words := range map[string]string{"ada": "5.1.1 nobody of that name", "bela": "5.7.1 we do not like your server"} {
		r.Inbox.Follow(func(a inbox.Attempt) inbox.Answer {
			if a.Message == nil {
				return inbox.Answer{Code: 550, Text: words}
			}
			return inbox.Answer{}
		})
		r.Send(signsUp(user)...)
		r.AwaitExit(user, journey.ReasonCompleted)
	}
	if rejected, suppressed := r.Skipped("ada", "rejected"), r.Skipped("ada", "suppressed"); rejected != 1 || suppressed != 1 {
		t.Errorf("of a dead address %d messages were rejected and %d not tried, want one each", rejected, suppressed)
	}
	if rejected := r.Skipped("bela", "rejected"); rejected != 2 {
		t.Errorf("a refusal of the sender suppressed the reader: %d were rejected", rejected)
	}
	story := string(r.Admin(http.MethodGet, "/api/profiles/ada/story", nil))
	if want := "email was suppressed (bounced) by the provider, which rejected the address"; !strings.Contains(story, want) {
		t.Errorf("explain does not say %s: %s", want, story)
	}
}
