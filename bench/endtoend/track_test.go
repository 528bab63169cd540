package endtoend_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// What a reader does with a message is told to the journey that waits for it; a template that says so leaves readers alone.
func TestAReadersClickGoesBackIntoTheJourney(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := store.Settings{
		Name: "acme", Topics: store.Topics{"tips": {Default: "subscribed"}}, Track: store.Track{Opens: true, Clicks: true, UTM: &store.UTM{Medium: "mail"}},
	}
	const page = `<html><body><a href="https://shop.example/?a=1&amp;b=2">Shop</a> <a href="mailto:help@shop.example">Help</a> <a href="{{ unsubscribe_url }}">No more</a></body></html>`
	templates := map[string]string{
		"offer.email.liquid":  "---\nsubject: offer\ntopic: tips\n---\n" + page,
		"secret.email.liquid": "---\nsubject: secret\ntopic: tips\ntrack: false\nutm: false\n---\n<p>After {{ previous.email.subject }}</p>" + page,
	}
	r.Publish(settings, rig.Version(`journey: shop
entry: { event: signed_up }
steps:
  - { id: offer, send: { channel: email, template: offer } }
  - id: clicked
    wait_for:
      event: message_clicked
      where: event.step == "offer" && event.url.startsWith("https://shop.example/") && !event.machine
      timeout: 1h
      then: [ { id: secret, send: { channel: email, template: secret } } ]
      otherwise: [ { id: gone, exit: silent } ]
`, templates))
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com"}), rig.Track("ada", "signed_up", nil))
	offer := r.AwaitMail("ada@example.com", "offer")
	r.AwaitPhase("ada", "waiting", "clicked")
	r.Await("nobody takes it for a scanner's", rig.Patience, func() bool { return sentLongAgo(r) })

	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(offer.HTML, -1)
	if len(links) != 3 || !strings.Contains(links[0][1], "/l/") || links[1][1] != "mailto:help@shop.example" || !strings.Contains(links[2][1], "/u/") {
		t.Fatalf("the page is %s", offer.HTML)
	}
	if !strings.Contains(offer.Text, "https://shop.example/?a=1&b=2") || strings.Contains(offer.Text, "/l/") {
		t.Errorf("the text is %q", offer.Text)
	}
	picture := regexp.MustCompile(`src="([^"]+/o/[^"]+)"`).FindStringSubmatch(offer.HTML)
	if picture == nil {
		t.Fatalf("there is no picture in %s", offer.HTML)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(link string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	if answer := get(picture[1]); answer.StatusCode != http.StatusOK {
		t.Error(answer.Status)
	}
	const to = "https://shop.example/?a=1&b=2&utm_source=acme&utm_medium=mail&utm_campaign=shop&utm_content=offer"
	if answer := get(links[0][1]); answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != to {
		t.Error(answer.Status, answer.Header.Get("Location"))
	}
	secret := r.AwaitMail("ada@example.com", "secret")
	if !strings.Contains(secret.HTML, `href="https://shop.example/?a=1&amp;b=2"`) || strings.Contains(secret.HTML, "/l/") || strings.Contains(secret.HTML, "/o/") {
		t.Errorf("the page that is nobody's business is %s", secret.HTML)
	}
	if !strings.Contains(secret.Text, "After offer") {
		t.Errorf("what was sent before is not known: %q", secret.Text)
	}
	r.AwaitExit("ada", "completed")
}

// sentLongAgo tells whether so much time has passed since the messages were sent that who opens them is a reader.
func sentLongAgo(r *rig.Rig) bool {
	for _, m := range r.Messages("ada") {
		if m.SentAt == nil || time.Since(*m.SentAt) < 2100*time.Millisecond {
			return false
		}
	}
	return true
}
