package channels

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs by it
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxCallback is how many bytes of a callback are read.
const maxCallback = 64 << 10

// Path is "twilio".
func (t *Twilio) Path() string { return "twilio" }

// Read reads what became of a message, or what somebody wrote back.
func (t *Twilio) Read(r *http.Request) ([]Report, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxCallback)
	if err := r.ParseForm(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if t.callback == "" || !hmac.Equal([]byte(r.Header.Get("X-Twilio-Signature")), []byte(t.signature(r.PostForm))) {
		return nil, ErrUnsigned
	}
	form := r.PostForm
	sid := form.Get("MessageSid")
	if sid == "" {
		return nil, fmt.Errorf("%w: it names no message", ErrUnreadable)
	}
	status := form.Get("MessageStatus")
	report := Report{ID: sid + "/" + status, ProviderID: sid, Code: form.Get("ErrorCode"), At: time.Now()}
	switch status {
	case "delivered":
		report.Kind = Delivered
	case "undelivered", "failed":
		report.Kind = Bounced
		report.Permanent = slices.Contains([]string{"30005", "30006", "21211", "21614"}, report.Code)
	case "":
		report.ID, report.ProviderID = sid+"/in", ""
		report.Kind, report.From, report.Text = wroteBack(form), form.Get("From"), form.Get("Body")
	default: // on its way
		return nil, nil
	}
	return []Report{report}, nil
}

// signature is Twilio's of a form: https://www.twilio.com/docs/usage/security#validating-requests.
func (t *Twilio) signature(form url.Values) string {
	mac := hmac.New(sha1.New, []byte(t.token))
	mac.Write([]byte(t.callback))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Compact(slices.Sorted(slices.Values(form[name])))
		for _, value := range values {
			mac.Write([]byte(name + value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// wroteBack tells whether somebody said the words by which one leaves, or comes back
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out); Twilio may say so itself.
func wroteBack(form url.Values) Kind {
	word := strings.ToUpper(strings.Trim(strings.TrimSpace(form.Get("Body")), ".!"))
	if said := form.Get("OptOutType"); said != "" {
		word = strings.ToUpper(said)
	}
	switch word {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE":
		return OptedOut
	case "START", "YES", "UNSTOP":
		return OptedIn
	}
	return Received
}
