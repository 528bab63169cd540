package activities

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// TrainInput is a page of people in a training.
type TrainInput struct {
	Training string    // its id
	Name     string    // of what is learned
	Now      time.Time // the moment as of which it is learned
	After    string    // the last profile of the page before
}

// TrainedPage is how far a training has come.
type TrainedPage struct {
	Last string // empty: there is nobody more
	Told int    // people whom a rule had to look at anew
}

// trainPage is how many people are looked at at once: it bounds the memory, whatever the population.
const trainPage = 500

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// TrainPlan names what is to be learned, and after it what was and is no longer asked for: that is forgotten.
func (a *Activities) TrainPlan(ctx context.Context) ([]string, error) {
	names, all, err := a.learners(ctx)
	if err != nil {
		return nil, a.coded("train", "plan", err)
	}
	known, err := a.Store.LatestModels(ctx, time.Now())
	if err != nil {
		return nil, a.coded("train", "plan", err)
	}
	for _, m := range known {
		if all[m.Model.Name] == nil {
			names = append(names, m.Model.Name)
		}
	}
	return names, nil
}

// TrainSample takes a page of people into the sample.
func (a *Activities) TrainSample(ctx context.Context, in TrainInput) (TrainedPage, error) {
	return a.trainPage(ctx, in, func(l learner, ids []string) (int, error) {
		if l == nil {
			return 0, errNothing
		}
		people, err := a.Store.People(ctx)
		if err != nil {
			return 0, err
		}
		share := float64(l.most()) / float64(max(1, people))
		ids = slices.DeleteFunc(ids, func(id string) bool { return profile.Lot("train", in.Name, id) >= share })
		if len(ids) == 0 {
			return 0, nil
		}
		samples, err := l.sample(ctx, a.Store, ids, in.Now)
		if err != nil {
			return 0, err
		}
		return 0, a.Store.AddSamples(ctx, in.Training, samples)
	})
}

// TrainFit makes a model of the sample, and says whether there is anything to write of anybody.
func (a *Activities) TrainFit(ctx context.Context, in TrainInput) (apply bool, err error) {
	defer beat(ctx)()
	if err = a.fit(ctx, in); err == nil {
		apply, err = a.Store.EverUsed(ctx, in.Name)
	}
	if err != nil {
		return false, a.coded("train", in.Training, err)
	}
	return apply, nil
}

func (a *Activities) fit(ctx context.Context, in TrainInput) error {
	if _, err := a.Store.Model(ctx, in.Training); !errors.Is(err, store.ErrNotFound) {
		return err // it was made before
	}
	_, all, err := a.learners(ctx)
	if err != nil {
		return err
	}
	l := all[in.Name]
	if l == nil {
		return nil // it is no longer asked for
	}
	samples, err := a.Store.Samples(ctx, in.Training)
	if err != nil {
		return err
	}
	m, err := l.fit(samples, in.Now)
	if err != nil {
		return err
	}
	m.ID, m.Name = in.Training, in.Name
	if err := errors.Join(a.Store.SaveModel(ctx, m), a.Store.DropSamples(ctx, in.Training)); err != nil {
		return err
	}
	a.Log.Info("learned", zap.String("name", m.Name), zap.Bool("used", m.Promoted), zap.String("why", m.Why))
	return nil
}

// TrainTrends makes what is on the rise by a model what holds, and names the journeys in which somebody may wait for it.
func (a *Activities) TrainTrends(ctx context.Context, in TrainInput) ([]string, error) {
	journeys, err := a.Store.PublishTrends(ctx, in.Training)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // it is no longer asked for
		return nil, a.coded("train", in.Training, err)
	}
	return journeys, nil
}

// TrainApply writes what the model that is used comes to of a page of people, and forgets what none comes to any more. Only those are told of a score that
// moves it over a threshold which a rule asks for.
func (a *Activities) TrainApply(ctx context.Context, in TrainInput) (TrainedPage, error) {
	tell, err := a.teller(ctx)
	if err != nil {
		return TrainedPage{}, a.coded("train", in.Training, err)
	}
	asked := true
	page, err := a.trainPage(ctx, in, func(l learner, ids []string) (int, error) {
		asked = l != nil
		found, err := a.found(ctx, in, l, ids)
		if err != nil || len(found) == 0 {
			return 0, err
		}
		told, err := a.Store.Compute(ctx, sorted(found), func(id string, c *profile.Computed) (bool, bool) { return found[id](c, tell) })
		if err != nil {
			return 0, err
		}
		for _, id := range told {
			if err := a.findAloud(ctx, id, changeOf(in.Name), found[id]); err != nil {
				return 0, err
			}
		}
		a.Walker.failpoint("train:written")
		return len(told), nil
	})
	if err != nil || page.Last != "" || asked {
		return page, err
	}
	if err := a.Store.DropModels(ctx, in.Name); err != nil {
		return page, a.coded("train", in.Training, err)
	}
	return page, nil
}

// found is what is to be known of people by the model that is used.
func (a *Activities) found(ctx context.Context, in TrainInput, l learner, ids []string) (map[string]finding, error) {
	if l == nil {
		return forgetAll(in.Name, ids), nil
	}
	m, err := a.Store.ModelInUse(ctx, in.Name, in.Now)
	if errors.Is(err, store.ErrNotFound) {
		return forgetAll(in.Name, ids), nil
	}
	if err != nil {
		return nil, err
	}
	all, err := l.findings(ctx, a.Store, m, ids, in.Now)
	if all == nil || err != nil { // it is of nobody in particular
		return nil, err
	}
	for _, id := range ids { // whoever has done nothing for long is judged by nothing
		if all[id] == nil {
			all[id] = forget(in.Name)
		}
	}
	return all, nil
}

// changeOf is how a model's finding stands among an event's changed names.
func changeOf(model string) string {
	if name, is := strings.CutPrefix(model, store.AffinityModel); is {
		return profile.AffinityChange(name)
	}
	return profile.ScoreChange(model)
}

// findAloud writes a finding with an event, so that everybody who reads it looks again.
func (a *Activities) findAloud(ctx context.Context, id, change string, f finding) error {
	yes := func(string) bool { return true }
	always := teller{score: func(string, float64, float64, bool) bool { return true }, reads: yes, affinity: yes}
	return a.Store.InProfile(ctx, id, func(tx *store.Tx) error {
		if tx.Profile().Erased {
			return nil
		}
		changed, _ := f(&tx.Profile().Computed, always)
		if fits := profile.CheckComputed(tx.Profile().Computed) == nil; !changed || !fits {
			return nil
		}
		if err := tx.SaveComputed(ctx); err != nil {
			return err
		}
		_, err := tx.AddEvent(ctx, store.NewEvent{Changed: []string{change}})
		return err
	})
}

// teller reads the rules that somebody may be judged by now.
func (a *Activities) teller(ctx context.Context) (teller, error) {
	sources, err := a.Store.LiveSources(ctx)
	if err != nil {
		return teller{}, err
	}
	at, any := map[string][]float64{}, map[string]bool{}
	for _, text := range sources {
		thresholds, used := rules.Thresholds(text)
		for name, all := range thresholds {
			at[name] = append(at[name], all...)
		}
		maps.Copy(any, used)
	}
	return teller{
		score: func(name string, before, after float64, had bool) bool {
			if any[name] {
				return !had || before != after
			}
			return slices.ContainsFunc(at[name], func(x float64) bool {
				return !had || cmp.Compare(before, x) != cmp.Compare(after, x)
			})
		},
		reads: func(name string) bool { return any[name] || len(at[name]) > 0 },
		affinity: func(name string) bool {
			return slices.ContainsFunc(sources, func(text string) bool { return strings.Contains(text, "affinity") && strings.Contains(text, name) })
		},
	}, nil
}

// errNothing says that there is nothing to do of anybody: the pages end.
var errNothing = errors.New("nothing to do")

func (a *Activities) trainPage(ctx context.Context, in TrainInput, do func(l learner, ids []string) (int, error)) (TrainedPage, error) {
	_, all, err := a.learners(ctx)
	if err != nil {
		return TrainedPage{}, a.coded("train", in.Training, err)
	}
	ids, err := a.Store.PeoplePage(ctx, in.After, trainPage)
	if err != nil {
		return TrainedPage{}, a.coded("train", in.Training, err)
	}
	if len(ids) == 0 {
		return TrainedPage{}, nil
	}
	page := TrainedPage{Last: ids[len(ids)-1]}
	page.Told, err = do(all[in.Name], slices.Clone(ids))
	switch {
	case errors.Is(err, errNothing):
		return TrainedPage{}, nil
	case err != nil:
		return TrainedPage{}, a.coded("train", in.Training, err)
	}
	if len(ids) < trainPage {
		page.Last = ""
	}
	return page, nil
}
