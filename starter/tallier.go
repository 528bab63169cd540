package starter

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

// Tallier sums up what reports count. Several may run; reports are right without it, too, and slower.
type Tallier struct {
	Store *store.Store
	Log   *zap.Logger
	Every time.Duration // 2 s
}

// Run sums up until the context ends.
func (t *Tallier) Run(ctx context.Context) {
	every := t.Every
	if every == 0 {
		every = 2 * time.Second
	}
	for ctx.Err() == nil {
		if err := t.Store.FoldTallies(ctx); err != nil && ctx.Err() == nil {
			t.Log.Warn("counts will be summed up again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}
