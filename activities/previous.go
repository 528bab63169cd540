package activities

import (
	"context"
	"errors"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

// previous is what a template reads of messages that were sent before; where it reads none, nothing is
// looked up.
func (k *walk) previous(ctx context.Context, t *message.Template) (map[string]message.Sent, error) {
	all := map[string]message.Sent{}
	if t == nil {
		return all, nil
	}
	for _, channel := range t.Previous() {
		p, err := k.tx.PreviousMessage(ctx, channel)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[channel] = message.Sent{Template: p.Template, Subject: p.Subject, At: k.run.Clock.ToVirtual(*p.SentAt)}
	}
	return all, nil
}
