package activities

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/store"
)

// What became of a preview, as its asker hears it.
const (
	PreviewSent       = "sent"
	PreviewGone       = "gone"        // it was sent, or forgotten
	PreviewNoProvider = "no_provider" // the worker has none for the channel
	PreviewUnknown    = "unknown"     // the answer did not come
)

// SendPreview hands a preview to its channel's provider, once: it is taken out first, and never tried again. It is
// no message: no cap, consent or report knows of it.
func (a *Activities) SendPreview(ctx context.Context, id string) (string, error) {
	p, err := a.Store.TakePreview(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return PreviewGone, nil
	}
	if err != nil {
		return "", a.coded("preview", id, err)
	}
	provider, err := a.Providers.Provider(p.Channel)
	if err != nil {
		return PreviewNoProvider, nil
	}
	sending, cancel := context.WithTimeout(ctx, ProviderTimeout)
	defer cancel()
	_, err = provider.Send(sending, channels.Envelope{
		MessageID: p.ID, To: p.Address, From: p.Sender, Subject: p.Subject, HTML: p.Html, Text: p.Body, OriginallyTo: p.OriginallyTo, IdempotencyKey: p.ID,
	})
	if err == nil {
		return PreviewSent, nil
	}
	a.Log.Warn("a preview was not sent", zap.String("preview", id), zap.Error(err))
	var rejected *channels.Rejected
	var refused *channels.Refused
	switch {
	case errors.As(err, &rejected):
		return string(rejected.Reason), nil
	case errors.As(err, &refused):
		return string(refused.Reason), nil
	default:
		return PreviewUnknown, nil
	}
}
