package starter_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// carrier is a provider whose callbacks say what a test wants.
type carrier struct {
	name    string
	reports []channels.Report
	err     error
}

func (c *carrier) Path() string { return c.name }

func (c *carrier) Read(*http.Request) ([]channels.Report, error) { return c.reports, c.err }

// report opens a second front door over the same database, to which the carrier reports.
func (d *door) report(err error, all ...channels.Report) int {
	d.t.Helper()
	parts := d.parts
	parts.Callbacks = []channels.Callback{&carrier{"carrier", all, err}}
	handler, failed := starter.New(parts)
	if failed != nil {
		d.t.Fatal(failed)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/v1/callbacks/carrier", strings.NewReader("{}")))
	return answer.Code
}

func TestCallbacksThatAreRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	for err, status := range map[error]int{
		nil: http.StatusOK, channels.ErrUnsigned: http.StatusForbidden, channels.ErrUnreadable: http.StatusBadRequest,
		errors.New("the network"): http.StatusServiceUnavailable,
	} {
		if got := d.report(err); got != status {
			t.Errorf("%v: %d", err, got)
		}
	}
	parts := d.parts
	parts.Callbacks = []channels.Callback{&carrier{name: "a"}, &carrier{name: "a"}}
	if _, err := starter.New(parts); err == nil {
		t.Error("two callbacks of one name are mounted")
	}
}

func TestReportsByTheProvidersOwnID(t *testing.T) {
	t.Parallel()
	d := entered(t)
	old, now := time.Now().Add(-time.Hour), time.Now()
	m := d.sent("email", "ada@example.com", "provider_id = 'theirs'")
	if got := d.report(nil, channels.Report{ID: "1", Kind: channels.Delivered, ProviderID: "theirs", At: now}); got != http.StatusOK || d.state(m) != store.Delivered {
		t.Error(got, d.state(m))
	}
	// A message that is not known may be one whose answer is still on its way, but not for long.
	if got := d.report(nil, channels.Report{ID: "2", Kind: channels.Delivered, ProviderID: "another", At: now}); got != http.StatusServiceUnavailable {
		t.Error(got)
	}
	if got := d.report(nil, channels.Report{ID: "2", Kind: channels.Delivered, ProviderID: "another", At: old}); got != http.StatusOK {
		t.Error(got)
	}
	if got := d.report(nil, channels.Report{ID: "3", Kind: channels.Bounced, Permanent: true, At: now}); got != http.StatusOK {
		t.Error("a report that names no message:", got)
	}
}

// One report that cannot be taken yet does not hold up the others, and they are taken once.
func TestALotOfReportsIsTakenUpWhereItStopped(t *testing.T) {
	t.Parallel()
	d := entered(t)
	early, fine := d.sent("email", "ada@example.com", "state = 'claimed'"), d.sent("email", "ada@example.com")
	lot := []channels.Report{{ID: "1", Kind: channels.Opened, MessageID: early, At: time.Now()}, {ID: "2", Kind: channels.Clicked, MessageID: fine, URL: "https://acme.example/x", Machine: true, At: time.Now()}}
	for range 2 {
		if got := d.report(nil, lot...); got != http.StatusServiceUnavailable {
			t.Error(got)
		}
	}
	d.exec("update messages set state = 'sent', sent_at = now() - interval '1 minute' where id = $1", early)
	for range 2 {
		if got := d.report(nil, lot...); got != http.StatusOK {
			t.Error(got)
		}
	}
	if n := d.count("select count(*) from events where name = 'message_opened' and properties ->> 'machine' = 'false'"); n != 1 {
		t.Errorf("opened %d times", n)
	}
	if n := d.count("select count(*) from events where name = 'message_clicked' and properties ->> 'machine' = 'true' and properties ->> 'url' = 'https://acme.example/x'"); n != 1 {
		t.Errorf("clicked %d times", n)
	}
}

func TestAnswersFromAPhone(t *testing.T) {
	t.Parallel()
	d := entered(t) // whose phone is written +33 6 12 34 56 78
	d.good("identify", `{"userId": "bob", "traits": {"phone": "+33699999999"}}`)
	said := func(id string, kind channels.Kind, text string) {
		t.Helper()
		if got := d.report(nil, channels.Report{ID: id, Kind: kind, From: "+33612345678", Text: text, At: time.Now()}); got != http.StatusOK {
			t.Fatal(got)
		}
	}
	said("1", channels.Received, "hello")
	said("2", channels.OptedOut, "")
	if diff := cmp.Diff(map[string]string{"sms": "opted_out"}, d.person("ada").Suppressed); diff != "" {
		t.Error(diff)
	}
	said("2", channels.OptedOut, "")
	said("3", channels.OptedIn, "")
	if got := d.person("ada").Suppressed; len(got) != 0 {
		t.Error(got)
	}
	d.exec(`update profiles set suppressed = '{"sms": "manual"}' where user_id = 'ada'`)
	said("4", channels.OptedIn, "")
	if got := d.person("ada").Suppressed["sms"]; got != "manual" {
		t.Errorf("START lifted what an operator said: %q", got)
	}
	if n := d.count("select count(*) from events where name = 'message_received' and properties ->> 'text' = 'hello' and properties ->> 'channel' = 'sms'"); n != 1 {
		t.Errorf("received %d times", n)
	}
	if got := d.person("bob").Suppressed; len(got) != 0 {
		t.Error("somebody else was suppressed:", got)
	}
}

func TestUnsubscribingAtTheProvider(t *testing.T) {
	t.Parallel()
	d := entered(t)
	m := d.sent("email", "ada@example.com")
	for range 2 {
		if got := d.report(nil, channels.Report{ID: "1", Kind: channels.Unsubscribed, MessageID: m, At: time.Now()}); got != http.StatusOK {
			t.Fatal(got)
		}
	}
	if diff := cmp.Diff(map[string]bool{"tips": false}, d.person("ada").Consents); diff != "" {
		t.Error(diff)
	}
	if n := d.count("select count(*) from events where name = 'unsubscribed'"); n != 1 {
		t.Errorf("%d events", n)
	}
}
