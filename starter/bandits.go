package starter

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// Bandits work out by what experiments with `assign: bandit` draw. Several may run: they come to the same.
type Bandits struct {
	Store   *store.Store
	Library *store.Library
	Log     *zap.Logger
	Every   time.Duration // 1 min
}

// mostTried is by how many people it is learned what to choose for whom: the latest whose outcome is known.
const mostTried = 20_000

// fewest is of how many people there have to be results before the weights that are written are left.
const fewest = 100

// Run works out until the context ends.
func (b *Bandits) Run(ctx context.Context) {
	every := b.Every
	if every == 0 {
		every = time.Minute
	}
	for ctx.Err() == nil {
		if err := b.Once(ctx); err != nil && ctx.Err() == nil {
			b.Log.Warn("what bandits draw by will be worked out again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// Once works out all.
func (b *Bandits) Once(ctx context.Context) error {
	d, err := b.Store.Deployment(ctx)
	if err != nil {
		return err
	}
	all, err := b.Store.Journeys(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		c, err := b.Library.Compiled(ctx, p.Journey, p.Version, &d.Settings)
		if p.Archived || err != nil || !c.Learns() { // one of another release is not ours to draw for
			continue
		}
		for _, t := range c.Trials() {
			if t.Bandit {
				if err := b.learn(ctx, c, t); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *Bandits) learn(ctx context.Context, c *store.Compiled, t journey.Trial) error {
	experiment := c.Key() + "/" + t.Step
	counts, err := b.Store.Tallies(ctx, experiment)
	if err != nil {
		return err
	}
	now := time.Now()
	yesterday := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	lately, err := b.Store.Silent(ctx, experiment, yesterday)
	if err != nil {
		return err
	}
	window := store.MetricWithin
	if goal, ok := c.Goal(); ok && goal.Within != (calendar.Duration{}) {
		from := time.Unix(0, 0).UTC()
		window = goal.Within.AddTo(from, time.UTC).Sub(from)
	}
	seen := map[string]insight.Arm{}
	var people int64
	for _, a := range insight.Learn(counts, lately, yesterday, now, window) {
		seen[a.Name] = a
		people += a.People
	}
	if people < fewest {
		return nil
	}
	arms := make([]insight.Arm, len(t.Variants)) // those of the version that new runs get
	for i, name := range t.Variants {
		arms[i] = seen[name]
	}
	weights := map[string]float64{}
	for i, chance := range insight.Choices(arms, t.Floor) {
		weights[t.Variants[i]] = chance
	}
	var personal *insight.Personal
	if t.Personal {
		tried, err := b.Store.Tried(ctx, experiment, now.Add(-window), mostTried)
		if err != nil {
			return err
		}
		learned := insight.LearnPersonal(t.Variants, tried)
		personal = &learned
	}
	return b.Store.SaveBandit(ctx, c.Key(), t.Step, weights, personal)
}
