package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Model is what was learned in a training, used or not.
type Model = queries.Model

// Doing is something that somebody did by themselves.
type Doing = queries.DoingsOfRow

// Answer is a message that somebody got, and whether they answered.
type Answer = queries.AnswersOfRow

// SaveModel keeps a model; one of the same training that is there already stays.
func (s *Store) SaveModel(ctx context.Context, m Model) error {
	return s.q.SaveModel(ctx, queries.SaveModelParams{
		ID: m.ID, Name: m.Name, DataFrom: m.DataFrom, DataTo: m.DataTo, Features: m.Features, Parameters: m.Parameters, Metrics: m.Metrics,
		Baseline: m.Baseline, Promoted: m.Promoted, Why: m.Why,
	})
}

// Model reads the model of a training.
func (s *Store) Model(ctx context.Context, id string) (Model, error) {
	m, err := s.q.Model(ctx, id)
	return m, notFound(err)
}

// ModelInUse is the model of a name by which people are judged at a moment: the newest that is used, if it is not too old.
func (s *Store) ModelInUse(ctx context.Context, name string, now time.Time) (Model, error) {
	m, err := s.q.ModelInUse(ctx, queries.ModelInUseParams{Name: name, Since: now.Add(-ChampionFor)})
	return m, notFound(err)
}

// EverUsed tells whether any model of the name was used.
func (s *Store) EverUsed(ctx context.Context, name string) (bool, error) {
	return s.q.EverUsed(ctx, name)
}

// DropModels forgets all of a name.
func (s *Store) DropModels(ctx context.Context, name string) error { return s.q.DropModels(ctx, name) }

// LatestModel is the newest of a name.
type LatestModel = queries.LatestModelsRow

// ChampionFor is for how long a model goes on that was used, after newer ones turned out no better than their baseline.
const ChampionFor = 30 * 24 * time.Hour

// LatestModels are the newest of each name, with the training of the one that is in use at a moment.
func (s *Store) LatestModels(ctx context.Context, now time.Time) ([]LatestModel, error) {
	return s.q.LatestModels(ctx, now.Add(-ChampionFor))
}

// People is about how many profiles there are: as many as Postgres believes, and counted only while it believes nothing.
func (s *Store) People(ctx context.Context) (n int64, err error) {
	err = s.pool.QueryRow(ctx, "select reltuples::bigint from pg_class where oid = 'profiles'::regclass").Scan(&n)
	if err != nil || n > 0 {
		return n, err
	}
	return s.q.PeopleCount(ctx)
}

// PeoplePage are ids of profiles behind one, in order.
func (s *Store) PeoplePage(ctx context.Context, after string, most int) ([]string, error) {
	return s.q.PeoplePage(ctx, queries.PeoplePageParams{After: after, Most: int32(most)})
}

// Doings are what people did before a moment, by profile and in order.
func (s *Store) Doings(ctx context.Context, ids []string, until time.Time) ([]Doing, error) {
	return s.q.DoingsOf(ctx, queries.DoingsOfParams{Ids: ids, Until: until})
}

// Answers are the messages that people got before a moment, by profile and in order.
func (s *Store) Answers(ctx context.Context, ids []string, until time.Time) ([]Answer, error) {
	return s.q.AnswersOf(ctx, queries.AnswersOfParams{Ids: ids, Until: &until})
}

// Choice is with which value of a property somebody did something.
type Choice = queries.ValuesOfRow

// Choices are people's, by profile and in order.
func (s *Store) Choices(ctx context.Context, ids, events []string, property string, since, until time.Time) ([]Choice, error) {
	return s.q.ValuesOf(ctx, queries.ValuesOfParams{Ids: ids, Names: events, Property: property, Since: since, Until: until})
}

// Objection is when somebody unsubscribed or complained.
type Objection = queries.ObjectionsOfRow

// Objections are people's, by profile and in order.
func (s *Store) Objections(ctx context.Context, ids []string, since, until time.Time) ([]Objection, error) {
	return s.q.ObjectionsOf(ctx, queries.ObjectionsOfParams{Ids: ids, Since: since, Until: until})
}

// AddSamples keeps samples of people for a training; a page that comes twice is kept once.
func (s *Store) AddSamples(ctx context.Context, training string, samples map[string]json.RawMessage) error {
	p := queries.AddSamplesParams{Training: training}
	for id, sample := range samples {
		p.Ids, p.Samples = append(p.Ids, id), append(p.Samples, string(sample))
	}
	if len(p.Ids) == 0 {
		return nil
	}
	return s.q.AddSamples(ctx, p)
}

// Samples are all of a training, in one order.
func (s *Store) Samples(ctx context.Context, training string) ([]json.RawMessage, error) {
	return s.q.Samples(ctx, training)
}

// DropSamples forgets those of a training, and of those that were never finished.
func (s *Store) DropSamples(ctx context.Context, training string) error {
	return s.q.DropSamples(ctx, training)
}

// LiveSources are the texts in which rules stand that somebody may be judged by now.
func (s *Store) LiveSources(ctx context.Context) ([]string, error) { return s.q.LiveSources(ctx) }

// Compute changes what is computed of people, under their locks, in one transaction. Nobody is told: it returns whom change says that
// somebody has to be told of.
func (s *Store) Compute(ctx context.Context, ids []string, change func(id string, c *profile.Computed) (changed, tell bool)) (tell []string, err error) {
	err = s.inTx(ctx, func(t *Tx) error {
		tell = nil
		rows, err := t.q.ComputedOf(ctx, ids)
		if err != nil {
			return err
		}
		var p queries.SaveComputedsParams
		for _, r := range rows {
			var c profile.Computed
			if err := json.Unmarshal(r.Computed, &c); err != nil {
				return err
			}
			changed, told := change(r.ID, &c)
			switch {
			case told:
				tell = append(tell, r.ID)
			case changed:
				p.Ids, p.Computeds = append(p.Ids, r.ID), append(p.Computeds, string(encode(c)))
			}
		}
		if len(p.Ids) == 0 {
			return nil
		}
		return t.later.SaveComputeds(ctx, p)
	})
	return tell, err
}
