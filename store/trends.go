package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store/queries"
)

// AffinityModel begins the names of models of what people choose.
const AffinityModel = "affinity:"

// Trends are what is on the rise, of each affinity and over each number of days. They stand in the settings, so that all who judge
// somebody by them, and by the segments that read them, judge by the same.
type Trends map[rules.Trend]string

// MarshalJSON writes of each name what it is over one day, two, and so on; empty: nothing. Whoever walks reads the settings.
func (t Trends) MarshalJSON() ([]byte, error) {
	byDay := map[string][]string{}
	for trend, value := range t {
		days := int(trend.Within / (24 * time.Hour))
		for len(byDay[trend.Of]) < days {
			byDay[trend.Of] = append(byDay[trend.Of], "")
		}
		byDay[trend.Of][days-1] = value
	}
	return json.Marshal(byDay)
}

// UnmarshalJSON reads that.
func (t *Trends) UnmarshalJSON(raw []byte) error {
	var byDay map[string][]string
	if err := json.Unmarshal(raw, &byDay); err != nil {
		return err
	}
	*t = Trends{}
	for name, values := range byDay {
		for i, value := range values {
			if value != "" {
				(*t)[rules.Trend{Of: name, Within: time.Duration(i+1) * 24 * time.Hour}] = value
			}
		}
	}
	return nil
}

// trendsOf are those of what people choose, as it was learned.
func trendsOf(name string, t insight.Tastes) Trends {
	all := Trends{}
	for days := 1; days <= rules.MostTrendDays; days++ {
		if value, ok := t.Trending(days); ok {
			all[rules.Trend{Of: name, Within: time.Duration(days) * 24 * time.Hour}] = value
		}
	}
	return all
}

// Among are those of the names.
func (t Trends) Among(names map[string]Taste) Trends {
	kept := Trends{}
	for trend, value := range t {
		if _, asked := names[trend.Of]; asked {
			kept[trend] = value
		}
	}
	return kept
}

// PublishTrends makes what is on the rise by a model what holds, and has the segments worked out anew that read of it. If that is news, it returns the
// journeys that read of what is on the rise and in which runs are under way. It may be done again: then it is asked whether the model before said another thing.
func (s *Store) PublishTrends(ctx context.Context, model string) (journeys []string, err error) {
	m, err := s.q.Model(ctx, model)
	if err != nil {
		return nil, notFound(err)
	}
	name := strings.TrimPrefix(m.Name, AffinityModel)
	rising, err := modelTrends(m)
	if err != nil {
		return nil, err
	}
	news := false
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
		q := queries.New(tx)
		settings, err := lockSettings(ctx, q)
		if err != nil {
			return err
		}
		if _, asked := settings.Affinities[name]; !asked || maps.Equal(settings.Trends.Among(map[string]Taste{name: {}}), rising) {
			return nil
		}
		news = true
		maps.DeleteFunc(settings.Trends, func(t rules.Trend, _ string) bool { return t.Of == name })
		if settings.Trends == nil {
			settings.Trends = Trends{}
		}
		maps.Copy(settings.Trends, rising)
		if settings.Reference, err = reference(ctx, q, settings.ReferenceID); err != nil {
			return err
		}
		if err := q.SaveTrends(ctx, encode(settings)); err != nil {
			return err
		}
		return settings.publishSegments(ctx, q)
	})
	if err != nil {
		return nil, err
	}
	were, err := s.trendsBefore(ctx, m)
	if err != nil || !news && maps.Equal(were, rising) {
		return nil, err
	}
	return s.q.JourneysReading(ctx, "trending(")
}

// trendsBefore are those of the model before.
func (s *Store) trendsBefore(ctx context.Context, m Model) (Trends, error) {
	before, err := s.q.ModelBefore(ctx, queries.ModelBeforeParams{Name: m.Name, Before: m.CreatedAt})
	if errors.Is(err, pgx.ErrNoRows) {
		return Trends{}, nil
	}
	if err != nil {
		return nil, err
	}
	return modelTrends(before)
}

func modelTrends(m Model) (Trends, error) {
	var t insight.Tastes
	if err := json.Unmarshal(m.Parameters, &t); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.ID, err)
	}
	return trendsOf(strings.TrimPrefix(m.Name, AffinityModel), t), nil
}

// lockSettings reads the settings that hold, so that nobody else publishes before the transaction ends.
func lockSettings(ctx context.Context, q *queries.Queries) (Settings, error) {
	raw, err := q.LockSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	return settingsOf(raw)
}
