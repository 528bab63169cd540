package starter_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/store"
)

// sent is a message that went to ada, in a run of her own; its id.
func (d *door) sent(channel, address string, more ...string) string {
	d.t.Helper()
	ada := d.person("ada").ID
	run := "hello/" + ada + "/1"
	var id string
	err := d.store.InRun(d.t.Context(), run, func(tx *store.Tx) (err error) {
		id, _, err = tx.AddMessage(d.t.Context(), store.Message{
			RunID: run, Journey: "hello", Step: "welcome", Visit: int32(1 + d.count("select count(*) from messages")), ProfileID: ada, Channel: channel,
			Template: "welcome", Topic: "tips", Address: address, State: store.Rendered,
		}, store.Body{Body: "Hi"})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.exec("update messages set state = 'sent', sent_at = clock_timestamp() where id = $1", id)
	for _, set := range more {
		d.exec("update messages set "+set+" where id = $1", id)
	}
	return id
}

func (d *door) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.store.Pool().Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

// entered is a deployment in which ada is in a run.
func entered(t *testing.T) *door {
	t.Helper()
	d := withJourney(t, 0)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com", "phone": "+33 6 12 34 56 78"}}`)
	d.good("track", `{"userId": "ada", "event": "signed_up", "properties": {"plan": "free"}}`)
	d.judge()
	return d
}

func (d *door) bounce(key, raw string) reply {
	d.t.Helper()
	r := d.request(http.MethodPost, "/v1/bounces", raw)
	r.Header.Set("Content-Type", "message/rfc822")
	r.SetBasicAuth(key, "")
	return d.send(r)
}

// notice is a case of channels, about this message.
func notice(t *testing.T, name, message string) string {
	t.Helper()
	raw, err := os.ReadFile("../channels/testdata/notices/" + name + "/report.eml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), "m0csv3q8d4k2h5t7n9p1r6u0abe", message)
}

func (d *door) ok(got reply) {
	d.t.Helper()
	if got.status != http.StatusOK {
		d.t.Fatal(got)
	}
}

func (d *door) state(message string) string {
	d.t.Helper()
	m, err := d.store.Message(d.t.Context(), message)
	if err != nil {
		d.t.Fatal(err)
	}
	return m.State
}

func TestABounceForGoodSuppressesOnce(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	for range 3 {
		d.ok(d.bounce(d.server, notice(t, "postfix-unknown-user", m)))
	}
	if diff := cmp.Diff(map[string]string{"email": "bounced"}, d.person("ada").Suppressed); diff != "" {
		t.Error(diff)
	}
	if got := d.state(m); got != store.Bounced {
		t.Errorf("it is %s", got)
	}
	if n := d.count("select count(*) from events where name = 'message_bounced'"); n != 1 {
		t.Errorf("%d events", n)
	}
	var properties string
	if err := d.store.Pool().QueryRow(t.Context(), "select properties::text from events where name = 'message_bounced'").Scan(&properties); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"journey": "hello"`, `"step": "welcome"`, `"template": "welcome"`, `"channel": "email"`, `"topic": "tips"`, `"permanent": true`, m} {
		if !strings.Contains(properties, want) {
			t.Errorf("the event does not say %s: %s", want, properties)
		}
	}
	if strings.Contains(properties, "@") {
		t.Error("the event has an address in it:", properties)
	}
	var out struct{ Lines []struct{ Words string } }
	d.manage(http.MethodGet, "/api/profiles/ada/story", "", &out)
	story := fmt.Sprint(out.Lines)
	for _, want := range []string{"email: bounced: it came back for good", "email was suppressed (bounced) by a report of the provider"} {
		if strings.Count(story, want) != 1 {
			t.Errorf("the story does not say once %q: %s", want, story)
		}
	}
	// A new address is not the one that bounced.
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@new.example"}}`)
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error("the new address is suppressed:", got)
	}
	d.manage(http.MethodGet, "/api/profiles/ada/story", "", &out)
	if !strings.Contains(fmt.Sprint(out.Lines), "email is no longer suppressed, by the change of the address") {
		t.Error(out.Lines)
	}
	// Nor does a late report about the old one concern it.
	d.ok(d.bounce(d.server, notice(t, "exim-report", m)))
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error("a report about the old address suppressed the new one:", got)
	}
}

func TestAStateOnlyGoesForward(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	d.ok(d.bounce(d.server, notice(t, "postfix-delivered", m)))
	if got := d.state(m); got != store.Delivered {
		t.Errorf("it is %s", got)
	}
	d.ok(d.bounce(d.server, notice(t, "exchange-over-quota", m)))
	d.ok(d.bounce(d.server, notice(t, "postfix-delivered", m)+"\n"))
	if got := d.state(m); got != store.Bounced {
		t.Errorf("it is %s", got)
	}
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error("one bounce for now suppressed", got)
	}
}

func TestBouncesOfSeveralDaysSuppress(t *testing.T) {
	t.Parallel()
	d := entered(t)
	for day := range 3 {
		if got := d.person("ada").Suppressed; len(got) != 0 {
			t.Fatalf("suppressed after %d days: %v", day, got)
		}
		for range 2 { // twice a day is one day
			d.ok(d.bounce(d.server, notice(t, "exchange-over-quota", d.sent("email", "ada@example.com"))))
		}
		d.exec("update events set arrival = arrival - interval '1 day', time = time - interval '1 day' where name = 'message_bounced'")
	}
	if got := d.person("ada").Suppressed["email"]; got != "bounced" {
		t.Errorf("after three days it is %q", got)
	}
}

func TestADeliveryForgivesBouncesBefore(t *testing.T) {
	t.Parallel()
	d := entered(t)
	for range 4 {
		d.ok(d.bounce(d.server, notice(t, "exchange-over-quota", d.sent("email", "ada@example.com"))))
		d.ok(d.bounce(d.server, notice(t, "postfix-delivered", d.sent("email", "ada@example.com"))))
		d.exec("update events set arrival = arrival - interval '1 day', time = time - interval '1 day' where name like 'message_%'")
	}
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error("suppressed though mail arrives:", got)
	}
}

func TestAComplaintStaysWhateverTheAddress(t *testing.T) {
	t.Parallel()
	d := entered(t)
	d.ok(d.bounce(d.server, notice(t, "abuse", d.sent("email", "ada@example.com"))))
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@new.example"}}`)
	if diff := cmp.Diff(map[string]string{"email": "complained"}, d.person("ada").Suppressed); diff != "" {
		t.Error(diff)
	}
	if n := d.count("select count(*) from events where name = 'message_complained'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

// In redirect mode a message went to the deployment's own address.
func TestAReportAboutARedirectedMessageSuppressesNobody(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "staging@acme.example", "originally_to = 'ada@example.com'")
	d.ok(d.bounce(d.server, notice(t, "postfix-unknown-user", m)))
	d.ok(d.bounce(d.server, notice(t, "abuse", m)))
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error(got)
	}
}

func TestWhoMayReportBounces(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	raw := notice(t, "postfix-unknown-user", m)
	for name, c := range map[string]struct {
		key    string
		raw    string
		status int
	}{
		"nobody": {"", raw, http.StatusUnauthorized}, "a stranger": {"nonsense", raw, http.StatusUnauthorized},
		"a browser": {d.client, raw, http.StatusForbidden}, "an admin": {d.admin, raw, http.StatusForbidden},
		"no e-mail": {d.server, "\x00", http.StatusBadRequest}, "too large": {d.server, "Subject: x\n\n" + strings.Repeat("x", 11<<20), http.StatusRequestEntityTooLarge},
		"somebody else's message": {d.server, notice(t, "somebody-elses", m), http.StatusOK},
		"a holiday":               {d.server, notice(t, "vacation", m), http.StatusOK},
	} {
		if got := d.bounce(c.key, c.raw); got.status != c.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := d.state(m); got != store.Sent {
		t.Errorf("it is %s", got)
	}
	if got := d.call(d.server, "callbacks/nobody", "{}"); got.status != http.StatusNotFound {
		t.Error(got)
	}
}

// A message that is still being handed over is not written down as sent: the report comes again.
func TestAReportThatComesTooEarlyIsWantedAgain(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com", "state = 'claimed'")
	raw := notice(t, "postfix-unknown-user", m)
	if got := d.bounce(d.server, raw); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Error(got)
	}
	d.exec("update messages set state = 'sent' where id = $1", m)
	d.ok(d.bounce(d.server, raw))
	if got := d.state(m); got != store.Bounced {
		t.Errorf("it is %s", got)
	}
}
