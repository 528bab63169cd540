package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/dev/inbox"
)

// A marketer sees a message with somebody's data before it is published, and in their own mailbox, and nothing counts that;
// a developer sends one by itself.
func TestAMessageIsSeenBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	mail, err := inbox.Start(inbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mail.Close() })
	to := func(address string) (all []inbox.Message) {
		for _, m := range mail.Messages() {
			if slices.Contains(m.To, address) {
				all = append(all, m)
			}
		}
		return all
	}
	s := startServing(t, "--smtp-url", "smtp://"+mail.Addr()+"?tls=none")
	files := map[string]string{
		"workspace.yaml":          "name: acme\ntrack: true\ntopics: { tips: { default: subscribed } }\nchannels: { email: { provider: smtp, from: Acme <hello@acme.example> } }\nvoice: { brand: { name: Acme } }\n",
		"journeys/hello.yaml":     "journey: hello\nentry: { event: signed_up }\nsteps: [ { id: hi, send: { channel: email, template: hi } } ]\n",
		"templates/_foot.liquid":  `<a href="{{ unsubscribe_url }}">no more</a> of {{ brand.name }}` + "\n",
		"templates/hi.sms.liquid": "Hi {{ user.first_name }}" + strings.Repeat(" and again", 20) + "\n",
		"templates/hi.email.liquid": "---\nsubject: Hi {{ user.first_name }}\ntopic: tips\n---\n" +
			`<p>{{ user.city }} {{ event.plan }}</p><a href="https://shop.example">Shop</a>{% include "foot" %}` + "\n",
	}
	workspace := folder(t, files)
	s.good(t, []string{"apply", workspace}, []string{"identify", "ada", "email=ada@example.com", "first_name=Ada"})

	// What is edited and not yet published is what is shown.
	edited := strings.Replace(files["templates/hi.email.liquid"], "subject: Hi", "subject: Hello", 1)
	if err := os.WriteFile(filepath.Join(workspace, "templates/hi.email.liquid"), []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	preview := func(arguments ...string) result {
		t.Helper()
		return s.call(t, append([]string{"preview", "hi", "--profile", "ada", "--dir", workspace, "--out", out}, arguments...)...)
	}
	got := preview()
	for _, words := range []string{
		"from       Acme <hello@acme.example>\nsubject    Hello Ada\ntopic      tips\ntemplate   hi.email.liquid by email, ", "hi.email.html and ",
		"hi.email.liquid:5:7: user.city: this profile has no attribute city\n", "hi.email.liquid:5:23: event.plan: no event was given for this preview\n",
	} {
		if got.Code != 0 || !strings.Contains(got.Out, words) {
			t.Errorf("there is no %q in %+v", words, got)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "hi.email.html"))
	if err != nil || !strings.Contains(string(page), `<a href="https://shop.example">`) || !strings.Contains(string(page), "no more</a> of Acme") {
		t.Errorf("the page is %s, %v", page, err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "hi.email.txt")); err != nil || !strings.Contains(string(text), "Shop (https://shop.example)") {
		t.Errorf("the text is %s, %v", text, err)
	}
	if got := preview("--published", "--event", `{"plan": "free"}`); !strings.Contains(got.Out, "subject    Hi Ada") || strings.Contains(got.Out, "event.plan") {
		t.Errorf("what is published: %+v", got)
	}
	if got := preview("--channel", "sms"); !strings.Contains(got.Out, "parts      2 short messages") {
		t.Errorf("a short message: %+v", got)
	}

	// What is wrong is said as lint says it.
	for _, c := range []struct {
		arguments []string
		code      int
		words     string
	}{
		{[]string{"--channel", "push"}, 1, "there is no template hi for push; write email or sms"},
		{[]string{"--event", "free"}, 2, "--event is no JSON object"},
		{[]string{"--dir", out}, 2, "there are no templates in"},
		{[]string{"--send-to", "me@acme.example"}, 1, "nothing leaves this deployment: its sending mode is off"},
	} {
		if got := preview(c.arguments...); got.Code != c.code || !strings.Contains(got.Err, c.words) {
			t.Errorf("%v: %+v", c.arguments, got)
		}
	}
	if got := s.call(t, "preview", "hay", "--profile", "ada", "--dir", workspace); got.Code != 1 || !strings.Contains(got.Err, "there is no template hay; write hi") {
		t.Errorf("a template that is not there: %+v", got)
	}
	if got := s.call(t, "preview", "hi", "--profile", "bob", "--dir", workspace); got.Code != 1 || !strings.Contains(got.Err, "nobody has the id bob") {
		t.Errorf("somebody who is not there: %+v", got)
	}
	broken := folder(t, map[string]string{"templates/hi.email.liquid": "---\nsubject: Hi\n---\n{{ user.name | upcas }}{{ usr.name }}\n"})
	if got := s.call(t, "preview", "hi", "--profile", "ada", "--dir", broken); got.Code != 1 || !strings.Contains(got.Err, "hi.email.liquid:4:16: there is no filter upcas") || !strings.Contains(got.Err, "hi.email.liquid:4:27") {
		t.Errorf("a broken template: %+v", got)
	}

	// It arrives, once, as it would; and there is no message, no event, no decision of it.
	s.good(t, []string{"mode", "live"})
	if got := preview("--send-to", "me@acme.example"); got.Code != 0 || !strings.Contains(got.Out, "sent       to me@acme.example") {
		t.Fatalf("sent to oneself: %+v", got)
	}
	mails := to("me@acme.example")
	if len(mails) != 1 || mails[0].Subject != "Hello Ada" || strings.Contains(mails[0].HTML, "/l/") || strings.Contains(mails[0].HTML, "/o/") {
		t.Errorf("the mailbox has %+v", mails)
	}
	db, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	var counted int
	if err := db.QueryRow(t.Context(), "select (select count(*) from messages) + (select count(*) from runs) + (select count(*) from decisions) + (select count(*) from previews)").Scan(&counted); err != nil || counted != 0 {
		t.Errorf("%d rows tell of it, %v", counted, err)
	}
	s.good(t, []string{"mode", "redirect", "all@acme.example"})
	if got := preview("--send-to", "me@acme.example"); got.Code != 0 || !strings.Contains(got.Out, "sent       to all@acme.example") {
		t.Errorf("redirected: %+v", got)
	}
	if got := preview("--channel", "sms", "--send-to", "+33600000000"); got.Code != 1 || !strings.Contains(got.Err, "only e-mail leaves") {
		t.Errorf("redirected, a short message: %+v", got)
	}
	if len(to("me@acme.example")) != 1 || len(to("all@acme.example")) != 1 {
		t.Error("redirect did not hold")
	}
	s.good(t, []string{"mode", "live"})
	if got := preview("--channel", "sms", "--send-to", "+33600000000"); got.Code != 1 || !strings.Contains(got.Err, "no_provider") {
		t.Errorf("no provider: %+v", got)
	}
	if got := preview("--send-to", "me@"); got.Code != 1 || !strings.Contains(got.Err, "it was not sent: ") {
		t.Errorf("no address: %+v", got)
	}

	// One message, by itself.
	send := []string{"send", "hi", "--profile", "ada", "--channel", "email", "--values", `{"plan": "pro"}`, "--key", "hi-1"}
	for range 2 {
		if got := s.call(t, send...); got.Code != 0 || !strings.Contains(got.Out, "hi for ada is accepted: run _send-hi.email/") {
			t.Fatalf("send: %+v", got)
		}
	}
	s.await(t, "email: may go now", "explain", "ada")
	deadline := time.Now().Add(time.Minute)
	for len(to("ada@example.com")) == 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if mails := to("ada@example.com"); len(mails) != 1 || !strings.Contains(mails[0].HTML, "pro") || !strings.Contains(mails[0].HTML, "/l/") {
		t.Errorf("ada has %+v", mails)
	}
	if got := s.call(t, "send", "hay", "--profile", "ada"); got.Code != 1 || !strings.Contains(got.Err, "no template hay is published; write hi") {
		t.Errorf("a template that is not there: %+v", got)
	}
	if got := s.call(t, "send", "hi", "--profile", "ada", "--values", "[1]"); got.Code != 2 || !strings.Contains(got.Err, "--values is no JSON object") {
		t.Errorf("values that are none: %+v", got)
	}
}
