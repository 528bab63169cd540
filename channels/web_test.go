package channels_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/mixtapehq/mixtape/channels"
)

const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

func opened(t *testing.T, channel, address string) channels.Provider {
	t.Helper()
	p, err := channels.Open(channel, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// said is what a provider answers: a receipt, or in words which no it was.
func said(r channels.Receipt, err error) string {
	var rejected *channels.Rejected
	var refused *channels.Refused
	var unknown *channels.Unknown
	switch {
	case err == nil:
		return "sent " + r.ProviderID + " " + r.Detail
	case errors.As(err, &rejected):
		return "rejected " + string(rejected.Reason) + " " + rejected.Code
	case errors.As(err, &refused):
		return "refused " + string(refused.Reason) + " " + refused.Delay.String()
	case errors.As(err, &unknown):
		return "unknown"
	}
	return "no kind: " + err.Error()
}

func TestAWebhookIsSigned(t *testing.T) {
	t.Parallel()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	bodies := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil || r.Header.Get("Webhook-Id") != "m1" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		bodies <- r.Header.Get("Content-Type") + " " + string(body)
	}))
	t.Cleanup(s.Close)
	p := opened(t, "webhook", "webhook:?private=true&secret="+url.QueryEscape(secret))
	for text, want := range map[string]string{`{"hello": "ada"}`: `application/json {"hello": "ada"}`, "hello": "text/plain; charset=utf-8 hello"} {
		if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", IdempotencyKey: "m1", To: s.URL, Text: text})); got != "sent m1 200" {
			t.Fatal(got)
		}
		if got := <-bodies; got != want {
			t.Errorf("it got %q, want %q", got, want)
		}
	}
}

func TestWhatAWebServiceAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"no":              {status(400), "rejected rejected 400"},
		"gone":            {status(410), "rejected rejected 410"},
		"a redirect":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "rejected rejected 302"},
		"too much":        {status(429), "refused throttled 1m0s"},
		"too much, until": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "7"); w.WriteHeader(429) }, "refused throttled 7s"},
		"down":            {status(503), "refused provider_unavailable 30s"},
		"cut off":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(c.answer)
			t.Cleanup(s.Close)
			p := opened(t, "webhook", "webhook:?private=true&secret="+url.QueryEscape(secret))
			if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", IdempotencyKey: "m1", To: s.URL})); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestAWebhookGoesNowhereElse(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(status(200))
	address := s.URL
	p := opened(t, "webhook", "webhook:?secret="+url.QueryEscape(secret))
	for to, want := range map[string]string{
		address: "rejected policy_refused ", "ftp://example.com": "rejected invalid_address ", "": "rejected invalid_address ",
	} {
		if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", IdempotencyKey: "m1", To: to})); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
	s.Close()
	p = opened(t, "webhook", "webhook:?private=true&secret="+url.QueryEscape(secret))
	if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", IdempotencyKey: "m1", To: address})); got != "refused provider_unavailable 30s" {
		t.Errorf("a service that is down: %s", got)
	}
}

func TestMessengersThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"webhook:?secret=x": "whsec_", "webhook:?secret=" + url.QueryEscape(secret) + "&wrong=1": "no parameter wrong",
		"twilio://api.twilio.com?from=%2B1": "ACCOUNT_SID", "twilio://AC1:x@api.twilio.com": "from=", "twilio://AC1:x@api.twilio.com?from=+1&service=MG1": "from=",
	} {
		channel := "webhook"
		if strings.HasPrefix(address, "twilio") {
			channel = "sms"
		}
		if _, err := channels.Open(channel, address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want words with %q", address, err, want)
		}
	}
}

// twilio is a server that answers like Twilio's API.
func twilio(t *testing.T, code int, body string) (p channels.Provider, forms chan url.Values) {
	t.Helper()
	forms = make(chan url.Values, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "AC1" || password != "token" || r.ParseForm() != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		forms <- r.PostForm
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	callback := url.QueryEscape("https://mail.example.com/v1/callbacks/twilio")
	return opened(t, "sms", "twilio://AC1:token@"+strings.TrimPrefix(s.URL, "http://")+"?from=+33700000000&plain=true&callback="+callback), forms
}

func TestAShortMessage(t *testing.T) {
	t.Parallel()
	p, forms := twilio(t, http.StatusCreated, `{"sid": "SM1", "status": "queued"}`)
	if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", To: "+33 6 12-34 56 78", Text: "Hello 🎵"})); got != "sent SM1 1 segment, UCS-2" {
		t.Fatal(got)
	}
	want := url.Values{"To": {"+33612345678"}, "From": {"+33700000000"}, "Body": {"Hello 🎵"}, "StatusCallback": {"https://mail.example.com/v1/callbacks/twilio"}}
	if diff := cmp.Diff(want, <-forms); diff != "" {
		t.Errorf("the form (-want +got):\n%s", diff)
	}
}

func TestWhatTwilioAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code       int
		body, want string
	}{
		"no such number":    {400, `{"code": 21211, "message": "not a valid phone number"}`, "rejected invalid_address 400 21211"},
		"they said STOP":    {400, `{"code": 21610}`, "rejected policy_refused 400 21610"},
		"something else":    {400, `{"code": 21999}`, "rejected rejected 400 21999"},
		"a wrong password":  {401, `{"code": 20003}`, "refused provider_settings 1m0s"},
		"too many":          {429, `{"code": 20429}`, "refused throttled 1m0s"},
		"down":              {500, `gone`, "refused provider_unavailable 30s"},
		"a yes without sid": {201, `{}`, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := twilio(t, c.code, c.body)
			if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", To: "+33612345678", Text: "Hello"})); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	p, _ := twilio(t, 201, "")
	if got := said(p.Send(t.Context(), channels.Envelope{MessageID: "m1", To: "0612345678", Text: "Hello"})); got != "rejected invalid_address " {
		t.Errorf("a number without its country: %s", got)
	}
}

// callback is one as Twilio makes it. The signatures below were worked out by another program:
// printf 'https://mail.example.com/v1/callbacks/twilioMessageSidSM1MessageStatusdelivered' | openssl dgst -sha1 -hmac token -binary | base64
func callback(form url.Values, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/callbacks/twilio", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature)
	return r
}

func TestTwiliosCallbacks(t *testing.T) {
	t.Parallel()
	p, _ := twilio(t, 201, "")
	c, ok := p.(channels.Callback)
	if !ok || c.Path() != "twilio" {
		t.Fatal("Twilio has callbacks")
	}
	for name, k := range map[string]struct {
		form      url.Values
		signature string
		want      channels.Report
	}{
		"delivered":   {url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}, "+YbN3VbnpIvhxICrmu1W939KPBc=", channels.Report{ID: "SM1/delivered", ProviderID: "SM1", Kind: channels.Delivered}},
		"no such one": {url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30005"}}, "yydIORe+dyvZek+9PX7eDtnpm/I=", channels.Report{ID: "SM1/undelivered", ProviderID: "SM1", Kind: channels.Bounced, Permanent: true, Code: "30005"}},
		"stop":        {url.Values{"MessageSid": {"SM2"}, "From": {"+33612345678"}, "Body": {" Stop. "}}, "KosJjQ77lpQtr+3ukMKsyNdHF3Q=", channels.Report{ID: "SM2/in", Kind: channels.OptedOut, From: "+33612345678", Text: " Stop. "}},
		"start":       {url.Values{"MessageSid": {"SM3"}, "From": {"+33612345678"}, "Body": {"start"}}, "0rYvHKS0crmomDTIm0LeEgSW5Y4=", channels.Report{ID: "SM3/in", Kind: channels.OptedIn, From: "+33612345678", Text: "start"}},
		"an answer":   {url.Values{"MessageSid": {"SM4"}, "From": {"+33612345678"}, "Body": {"stop sending me sad songs"}}, "AErYzx7/nCzjeiv4GsyYaCphuCg=", channels.Report{ID: "SM4/in", Kind: channels.Received, From: "+33612345678", Text: "stop sending me sad songs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.Read(callback(k.form, k.signature))
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			if time.Since(got[0].At) > time.Minute {
				t.Error("it happened just now")
			}
			got[0].At = time.Time{}
			if diff := cmp.Diff(k.want, got[0]); diff != "" {
				t.Errorf("the report (-want +got):\n%s", diff)
			}
			k.form.Set("MessageSid", "SM9")
			if _, err := c.Read(callback(k.form, k.signature)); !errors.Is(err, channels.ErrUnsigned) {
				t.Errorf("another message by the same signature: %v", err)
			}
		})
	}
}
