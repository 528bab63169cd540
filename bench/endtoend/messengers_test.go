package endtoend_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// twilio answers like Twilio's API, and keeps what it was given.
func twilio(t *testing.T) (address string, texts chan url.Values) {
	t.Helper()
	texts = make(chan url.Values, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		texts <- r.PostForm
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid": "SM`+r.PostForm.Get("To")[1:]+`"}`)
	}))
	t.Cleanup(s.Close)
	return "twilio://AC1:token@" + strings.TrimPrefix(s.URL, "http://") + "?from=+33700000000&plain=true&callback=" + url.QueryEscape(hook), texts
}

// hook is where Twilio believes to post to.
const hook = "https://mail.example.com/v1/callbacks/twilio"

// A list of channels takes the first that reaches the person: the phone, until they say STOP there.
func TestAListOfChannelsLeavesThePhoneOnceTheySayStop(t *testing.T) {
	t.Parallel()
	address, texts := twilio(t)
	r := rig.New(t, rig.Options{Providers: map[string]string{"sms": address}})
	templates := mails("hello")
	templates["templates/hello.sms.liquid"] = "---\ntopic: tips\n---\nHello by phone\n"
	settings := tips()
	settings.Channels = map[string]store.Channel{"email": {Provider: "smtp", From: "Rig <rig@example.com>"}, "sms": {Provider: "twilio"}}
	r.Publish(settings, rig.Version(`journey: hello
entry: { event: shared, reentry: after_exit }
steps:
  - { id: hello, send: { channel: [sms, email], template: hello } }
`, templates))
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com", "phone": "+33 6 12 34 56 78"}), rig.Track("ada", "shared", nil))
	r.AwaitExit("ada", journey.ReasonCompleted)
	if form := <-texts; form.Get("To") != "+33612345678" || strings.TrimSpace(form.Get("Body")) != "Hello by phone" || len(r.Mails("")) != 0 {
		t.Fatalf("it sent %v and %d mails", form, len(r.Mails("")))
	}
	post := func(form url.Values, signature string) int {
		t.Helper()
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.URL+"/v1/callbacks/twilio", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Twilio-Signature", signature)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	sign := func(text string) string {
		mac := hmac.New(sha1.New, []byte("token"))
		mac.Write([]byte(hook + text))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	delivered := url.Values{"MessageSid": {"SM33612345678"}, "MessageStatus": {"delivered"}}
	if code := post(delivered, sign("MessageSidSM33612345678MessageStatusdelivered")); code >= 300 {
		t.Fatalf("the report of its delivery: %d", code)
	}
	r.Await("the message is delivered", rig.Patience, func() bool { return r.Messages("ada")[0].State == "delivered" })
	stop := url.Values{"MessageSid": {"SM2"}, "From": {"+33612345678"}, "Body": {"STOP"}}
	if code := post(stop, sign("BodyStart")); code != http.StatusForbidden {
		t.Errorf("a STOP by nobody knows whom: %d", code)
	}
	if code := post(stop, sign("BodySTOPFrom+33612345678MessageSidSM2")); code >= 300 {
		t.Fatalf("STOP: %d", code)
	}
	r.Await("the phone is closed", rig.Patience, func() bool {
		p, err := r.Store.FindProfile(context.Background(), "ada")
		return err == nil && p.Suppressed["sms"] != ""
	})
	r.Send(rig.Track("ada", "shared", nil))
	r.AwaitMail("ada@example.com", "hello")
	if len(texts) != 0 {
		t.Error("and it went to the phone, too")
	}
}
