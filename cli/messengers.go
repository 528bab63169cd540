package cli

import (
	"net/url"
	"strings"

	"github.com/mixtapehq/mixtape/channels"
)

// Messengers are the providers of what is no e-mail.
type Messengers struct {
	SMSURL        string `placeholder:"URL" name:"sms-url" env:"MIXTAPE_SMS_URL" secret:"" help:"Provider of short messages, as twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=+33700000000."`
	WebhookSecret string `placeholder:"SECRET" env:"MIXTAPE_WEBHOOK_SECRET" secret:"" help:"What messages through the channel webhook are signed with, whsec_ and base64; without it none leave."`
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

// callbacks are those of the providers that report over HTTP.
func (m Messengers) callbacks(base string) (all []channels.Callback, err error) {
	urls := m.providers(base)
	delete(urls, "webhook") // it reports nothing
	registry, err := channels.NewRegistry(urls)
	if err != nil {
		return nil, err
	}
	for _, p := range registry.Providers() {
		if c, ok := p.(channels.Callback); ok {
			all = append(all, c)
		}
	}
	return all, nil
}
