package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/rules"
)

// AffinityModel begins the names of models of what people choose.
const AffinityModel = "affinity:"

// trendsFor is how long what is on the rise is taken as it was read; it is learned once a day.
const trendsFor = 10 * time.Second

// trendDays is the longest time over which something is on the rise.
const trendDays = 30

// Trends are what is on the rise, of each affinity and over each number of days.
func (l *Library) Trends(ctx context.Context) (map[rules.Trend]string, error) {
	l.mu.RLock()
	known, at := l.trends, l.trendsAt
	l.mu.RUnlock()
	if known != nil && time.Since(at) < trendsFor {
		return known, nil
	}
	models, err := l.store.q.UsedModels(ctx, AffinityModel)
	if err != nil {
		return nil, err
	}
	known = map[rules.Trend]string{}
	for _, m := range models {
		var t insight.Tastes
		if err := json.Unmarshal(m.Parameters, &t); err != nil {
			return nil, err
		}
		for days := 1; days <= trendDays; days++ {
			if value, ok := t.Trending(days); ok {
				known[rules.Trend{Of: strings.TrimPrefix(m.Name, AffinityModel), Within: time.Duration(days) * 24 * time.Hour}] = value
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trends, l.trendsAt = known, time.Now()
	return known, nil
}
