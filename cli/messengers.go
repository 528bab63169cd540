package cli

import (
	"net/url"
	"strings"
)

// Messengers are the providers of what is no e-mail.
type Messengers struct {
	SMSURL        string `placeholder:"URL" name:"sms-url" env:"MIXTAPE_SMS_URL" help:"Provider of short messages, as twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=+33700000000."`
	WebhookSecret string `placeholder:"SECRET" env:"MIXTAPE_WEBHOOK_SECRET" help:"What messages through the channel webhook are signed with, whsec_ and base64; without it none leave."`
}

// providers are their URLs by channel. base is the public address of the starter, where they tell what became
// of messages.
func (m Messengers) providers(base string) map[string]string {
	urls := map[string]string{}
	if m.SMSURL != "" {
		urls["sms"] = m.SMSURL
		if base != "" && !strings.Contains(m.SMSURL, "callback=") {
			mark := "?"
			if strings.Contains(m.SMSURL, "?") {
				mark = "&"
			}
			urls["sms"] += mark + "callback=" + url.QueryEscape(strings.TrimRight(base, "/")+"/v1/callbacks/twilio")
		}
	}
	if m.WebhookSecret != "" {
		urls["webhook"] = "webhook:?secret=" + url.QueryEscape(m.WebhookSecret)
	}
	return urls
}
