package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Twilio sends short messages: https://www.twilio.com/docs/messaging/api/message-resource.
type Twilio struct {
	web      *web
	base     string // of the API
	account  string
	token    string
	from     string // a number, a short code or a name
	service  string // or a messaging service
	callback string // where Twilio tells what became of messages; empty: it does not
}

// OpenTwilio reads twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=+33700000000, or service=MG... in its
// place. callback is the public address of /v1/callbacks/twilio.
func OpenTwilio(u *url.URL) (*Twilio, error) {
	t := &Twilio{account: u.User.Username(), base: "https://" + u.Host}
	t.token, _ = u.User.Password()
	var problems []error
	fail := func(words string) { problems = append(problems, errors.New("twilio: "+words)) }
	if u.Host == "" || !strings.HasPrefix(t.account, "AC") || t.token == "" {
		fail("the URL wants account, token and host; write twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=+33700000000")
	}
	query, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B")) // of a number, not a blank
	if err != nil {
		fail("cannot read the URL's parameters; write them as ?from=+33700000000")
	}
	private := false
	for name, values := range query {
		switch value := values[len(values)-1]; name {
		case "from":
			t.from = value
		case "service":
			t.service = value
		case "callback":
			t.callback = value
		case "plain": // a server of one's own, as in tests
			if private, err = strconv.ParseBool(value); err != nil {
				fail("cannot read plain; write plain=true or plain=false")
			}
		default:
			fail("there is no parameter " + name + "; there are from, service, callback, plain")
		}
	}
	if private {
		t.base = "http://" + u.Host
	}
	if (t.from == "") == (t.service == "") {
		fail("it wants a sender: write from=+33700000000, or service=MG... of a messaging service")
	}
	t.web = newWeb("twilio", private)
	return t, errors.Join(problems...)
}

// Name is "twilio".
func (t *Twilio) Name() string { return "twilio" }

// Channel is "sms".
func (t *Twilio) Channel() string { return "sms" }

// IdempotencyKeys is false: the API of messages has none.
func (t *Twilio) IdempotencyKeys() bool { return false }

// Close lets go of idle connections.
func (t *Twilio) Close() error {
	t.web.close()
	return nil
}

// e164 is a phone number as the world dials it (ITU-T E.164).
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send hands one message over.
func (t *Twilio) Send(ctx context.Context, e Envelope) (Receipt, error) {
	to := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "\u00a0", "").Replace(e.To)
	if !e164.MatchString(to) {
		return Receipt{}, &Rejected{Provider: t.Name(), MessageID: e.MessageID, Reason: InvalidAddress, Detail: "that is no phone number with + and its country's code"}
	}
	form := url.Values{"To": {to}, "Body": {e.Text}}
	if t.service != "" {
		form.Set("MessagingServiceSid", t.service)
	} else {
		form.Set("From", t.from)
	}
	if t.callback != "" {
		form.Set("StatusCallback", t.callback)
	}
	r, err := http.NewRequest(http.MethodPost, t.base+"/2010-04-01/Accounts/"+url.PathEscape(t.account)+"/Messages.json", strings.NewReader(form.Encode())) //nolint:noctx // ask gives it one
	if err != nil {
		return Receipt{}, &Refused{Provider: t.Name(), MessageID: e.MessageID, Reason: ProviderSettings, Delay: delayDefault, Detail: "its URL is none"}
	}
	r.SetBasicAuth(t.account, t.token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := t.web.ask(ctx, e.MessageID, r)
	if err != nil {
		return Receipt{}, err
	}
	var said struct {
		SID     string `json:"sid"`
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	unread := json.Unmarshal(a.body, &said)
	if a.status >= 200 && a.status < 300 {
		if unread != nil || said.SID == "" { // it was taken, and by which name nobody knows
			return Receipt{}, &Unknown{Provider: t.Name(), MessageID: e.MessageID, Detail: "a yes that cannot be read"}
		}
		return Receipt{ProviderID: said.SID, Detail: inSegments(e.Text)}, nil
	}
	code := strconv.Itoa(a.status)
	if said.Code != 0 {
		code = fmt.Sprintf("%d %d", a.status, said.Code)
	}
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || said.Code == 20003 {
		return Receipt{}, &Refused{Provider: t.Name(), MessageID: e.MessageID, Reason: ProviderSettings, Code: code, Delay: delayDefault, Detail: cut(said.Message)}
	}
	return Receipt{}, t.web.no(e.MessageID, a, twilioReason(said.Code), code, said.Message)
}

func inSegments(text string) string {
	n, gsm := Segments(text)
	alphabet := "UCS-2"
	if gsm {
		alphabet = "GSM-7"
	}
	if n == 1 {
		return "1 segment, " + alphabet
	}
	return strconv.Itoa(n) + " segments, " + alphabet
}

// twilioReason reads the codes of https://www.twilio.com/docs/api/errors.
func twilioReason(code int) Reason {
	switch code {
	case 21211, 21217, 21614, 21635, 30006, 60205: // no number, or none that takes text
		return InvalidAddress
	case 21610, 30004: // they said STOP, or block us
		return PolicyRefused
	case 30003, 30005:
		return MailboxUnavailable
	case 21408, 21612, 30008, 30034, 30007:
		return PolicyRefused
	case 21617, 21602:
		return InvalidMessage
	}
	return OtherRejection
}
