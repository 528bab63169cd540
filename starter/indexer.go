package starter

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

// betweenIndexes is how soon an attribute that was declared is indexed.
const betweenIndexes = 15 * time.Second

// Indexer lets the indexes on attributes follow what the published workspace declares.
type Indexer struct {
	Store *store.Store
	Log   *zap.Logger
}

// Run looks until the context ends.
func (i *Indexer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := i.Store.IndexAttributes(ctx); err != nil && ctx.Err() == nil {
			i.Log.Warn("indexes of attributes will be tried again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(betweenIndexes):
		}
	}
}
