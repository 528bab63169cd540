package trial

import (
	"context"
	"slices"

	"github.com/mixtapehq/mixtape/store"
)

func (m *memory) PreviousMessage(_ context.Context, channel string) (store.Previous, error) {
	for _, n := range slices.Backward(m.messages) {
		if n.Channel == channel && n.ProfileID == m.Profile().ID && n.SentAt != nil {
			return store.Previous{Template: n.Template, Subject: n.Subject, SentAt: n.SentAt}, nil
		}
	}
	return store.Previous{}, store.ErrNotFound
}
