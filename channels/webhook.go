package channels

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Webhook posts messages to a web service, signed as https://www.standardwebhooks.com says: it verifies who
// posted, and drops by the id what it had before.
type Webhook struct {
	web    *web
	signer *standardwebhooks.Webhook
}

// OpenWebhook reads webhook:?secret=whsec_BASE64, and private=true where services of the own network may be
// posted to.
func OpenWebhook(u *url.URL) (*Webhook, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("webhook: cannot read the URL's parameters; write webhook:?secret=SECRET")
	}
	private := false
	for name := range query {
		switch name {
		case "secret":
		case "private":
			if private, err = strconv.ParseBool(query.Get(name)); err != nil {
				return nil, errors.New("webhook: cannot read private; write private=true or private=false")
			}
		default:
			return nil, errors.New("webhook: there is no parameter " + name + "; there are secret, private")
		}
	}
	signer, err := standardwebhooks.NewWebhook(query.Get("secret"))
	if err != nil || len(query.Get("secret")) < minSecret {
		return nil, errors.New("webhook: cannot read the secret; write whsec_ and at least 24 random bytes in base64, as: echo whsec_$(openssl rand -base64 32)")
	}
	return &Webhook{web: newWeb("webhook", private), signer: signer}, nil
}

// minSecret is the length of whsec_ and 24 bytes in base64, the fewest that the standard allows.
const minSecret = 6 + 32

// Name is "webhook".
func (w *Webhook) Name() string { return "webhook" }

// Channel is "webhook".
func (w *Webhook) Channel() string { return "webhook" }

// IdempotencyKeys is true: the standard has receivers drop an id that they had before.
func (w *Webhook) IdempotencyKeys() bool { return true }

// Close lets go of idle connections.
func (w *Webhook) Close() error {
	w.web.close()
	return nil
}

// Send posts what the template wrote.
func (w *Webhook) Send(ctx context.Context, e Envelope) (Receipt, error) {
	body := []byte(e.Text)
	to, err := url.Parse(e.To)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return Receipt{}, &Rejected{Provider: w.Name(), MessageID: e.MessageID, Reason: InvalidAddress, Detail: "that is no http(s) address"}
	}
	r, err := http.NewRequest(http.MethodPost, e.To, bytes.NewReader(body)) //nolint:noctx // ask gives it one
	if err != nil {
		return Receipt{}, &Rejected{Provider: w.Name(), MessageID: e.MessageID, Reason: InvalidAddress, Detail: "that is no http(s) address"}
	}
	now := time.Now()
	signature, err := w.signer.Sign(e.IdempotencyKey, now, body)
	if err != nil {
		return Receipt{}, &Refused{Provider: w.Name(), MessageID: e.MessageID, Reason: ProviderSettings, Delay: delayDefault, Detail: cut(err.Error())}
	}
	kind := "text/plain; charset=utf-8"
	if json.Valid(body) {
		kind = "application/json"
	}
	for name, value := range map[string]string{
		"Content-Type": kind, "User-Agent": "Mixtape", "Idempotency-Key": e.IdempotencyKey,
		standardwebhooks.HeaderWebhookID: e.IdempotencyKey, standardwebhooks.HeaderWebhookSignature: signature,
		standardwebhooks.HeaderWebhookTimestamp: strconv.FormatInt(now.Unix(), 10),
	} {
		r.Header.Set(name, value)
	}
	a, err := w.web.ask(ctx, e.MessageID, r)
	switch {
	case err != nil:
		return Receipt{}, err
	case a.status >= 200 && a.status < 300:
		return Receipt{ProviderID: e.IdempotencyKey, Detail: strconv.Itoa(a.status)}, nil
	}
	return Receipt{}, w.web.no(e.MessageID, a, OtherRejection, strconv.Itoa(a.status), string(a.body))
}
