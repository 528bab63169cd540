package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// ReceptiveHours is the name under which the hours at which people answer are learned.
const ReceptiveHours = "receptive_hours"

// learner is one thing that is learned of what people do: by a sample of them first, then for everybody.
type learner interface {
	// sample is what is to be known of each of these people for the fit.
	sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error)
	// most is how many people the fit takes.
	most() int64
	fit(samples []json.RawMessage, now time.Time) (store.Model, error)
	// findings are, by profile, what the model comes to of each of these people.
	findings(ctx context.Context, s *store.Store, m store.Model, ids []string, now time.Time) (map[string]finding, error)
}

// finding changes what is computed of somebody, and says whether a rule that stands somewhere sees the change.
type finding func(c *profile.Computed, t teller) (changed, told bool)

// teller tells whether a rule that somebody may be judged by now sees a change.
type teller struct {
	score    func(name string, before, after float64, had bool) bool
	reads    func(score string) bool
	affinity func(name string) bool
}

// learners are those of a workspace, in the order in which they are trained: what it asks to foretell, the goals of its journeys, and hours.
func (a *Activities) learners(ctx context.Context) (names []string, all map[string]learner, err error) {
	d, err := a.Store.Deployment(ctx)
	if err != nil {
		return nil, nil, err
	}
	all = map[string]learner{ReceptiveHours: hours{}, BestChannel: channelChoice{}, FatigueModel: fatigue{}}
	add := func(name string, f foretelling) {
		if _, known := all[name]; !known {
			names, all[name] = append(names, name), f
		}
	}
	for _, name := range sorted(d.Settings.Predict) {
		p := d.Settings.Predict[name]
		within, err := calendar.ParseDuration(p.Within)
		if err != nil {
			return nil, nil, fmt.Errorf("predict %s: %w", name, err)
		}
		add(name, foretelling{events: p.Events, without: p.Without, within: lengthOf(within)})
	}
	journeys, err := a.Store.Journeys(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range journeys {
		c, err := a.Library.Compiled(ctx, p.Journey, p.Version, &d.Settings)
		if err != nil || p.Archived {
			continue
		}
		if goal, ok := c.Goal(); ok {
			within := store.MetricWithin
			if goal.Within != (calendar.Duration{}) {
				within = lengthOf(goal.Within)
			}
			add(p.Journey, foretelling{events: goal.Events, within: within})
		}
	}
	for _, name := range sorted(d.Settings.Affinities) {
		t := d.Settings.Affinities[name]
		halfLife, err := calendar.ParseDuration(t.HalfLife)
		if err != nil {
			return nil, nil, fmt.Errorf("affinities %s: %w", name, err)
		}
		names = append(names, store.AffinityModel+name)
		all[store.AffinityModel+name] = tastes{name: name, events: t.Events, property: t.Property, halfLife: lengthOf(halfLife)}
	}
	return append(names, ReceptiveHours, BestChannel, FatigueModel), all, nil
}

func lengthOf(d calendar.Duration) time.Duration {
	from := time.Unix(0, 0).UTC()
	return d.AddTo(from, time.UTC).Sub(from)
}

// foretelling is the chance that somebody does something within a time, or does not.
type foretelling struct {
	events  []string // none: anything
	without bool
	within  time.Duration
}

// sampled is somebody at two moments: so long ago that the time after is over by the second, and at that one.
type sampled struct {
	Earlier, Later *insight.Sample
}

const modelPeople = 20_000

func (f foretelling) most() int64 { return modelPeople }

func (f foretelling) counts(event string) bool {
	if len(f.events) == 0 {
		return true
	}
	for _, e := range f.events {
		if e == event {
			return true
		}
	}
	return false
}

// doings gives each person's doings and answers to take, in order.
func doings(ctx context.Context, s *store.Store, ids []string, now time.Time, take func(id string, d []store.Doing, a []store.Answer)) error {
	did, err := s.Doings(ctx, ids, now)
	if err != nil {
		return err
	}
	got, err := s.Answers(ctx, ids, now)
	if err != nil {
		return err
	}
	byDoing, byAnswer := map[string][]store.Doing{}, map[string][]store.Answer{}
	for _, d := range did {
		byDoing[d.ProfileID] = append(byDoing[d.ProfileID], d)
	}
	for _, g := range got {
		byAnswer[g.ProfileID] = append(byAnswer[g.ProfileID], g)
	}
	for _, id := range ids {
		take(id, byDoing[id], byAnswer[id])
	}
	return nil
}

// answered tells whether a reader had answered a message by a moment: what came later was not known then.
func answered(a store.Answer, moment time.Time) bool {
	return a.OpenedAt != nil && a.OpenedAt.Before(moment) || a.ClickedAt != nil && a.ClickedAt.Before(moment)
}

func (f foretelling) activity(d []store.Doing, answers []store.Answer, moment time.Time) insight.Activity {
	var a insight.Activity
	for _, x := range d {
		worth := 0.0
		if len(f.events) > 0 && f.counts(x.Name) {
			worth = 1
		}
		a.Add(x.Time, worth, moment)
	}
	for _, x := range answers {
		if x.SentAt.Before(moment) {
			a.Messages++
			if answered(x, moment) {
				a.Engaged++
			}
		}
	}
	return a
}

func (f foretelling) happened(d []store.Doing, from, until time.Time) bool {
	for _, x := range d {
		if !x.Time.Before(from) && x.Time.Before(until) && f.counts(x.Name) {
			return !f.without
		}
	}
	return f.without
}

func (f foretelling) sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	var failed error
	err := doings(ctx, s, ids, now, func(id string, d []store.Doing, answers []store.Answer) {
		at := func(moment time.Time) *insight.Sample {
			a := f.activity(d, answers, moment)
			if a.Times == 0 {
				return nil // nobody yet
			}
			return &insight.Sample{Row: a.Features(moment), Happened: f.happened(d, moment, moment.Add(f.within))}
		}
		one := sampled{Earlier: at(now.Add(-2 * f.within)), Later: at(now.Add(-f.within))}
		if one.Earlier == nil && one.Later == nil {
			return
		}
		raw, err := json.Marshal(one)
		if err != nil {
			failed = err
		}
		all[id] = raw
	})
	if err == nil {
		err = failed
	}
	return all, err
}

// byRecency is the feature that a model has to beat.
const byRecency = 0

func (f foretelling) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	var earlier, later []insight.Sample
	for _, raw := range samples {
		var one sampled
		if err := json.Unmarshal(raw, &one); err != nil {
			return m, err
		}
		if one.Earlier != nil {
			earlier = append(earlier, *one.Earlier)
		}
		if one.Later != nil {
			later = append(later, *one.Later)
		}
	}
	t := insight.Train(insight.FeatureNames(), earlier, later, byRecency)
	m = store.Model{DataFrom: now.Add(-2 * f.within), DataTo: now, Promoted: t.Promoted, Why: t.Why}
	for _, field := range []struct {
		to    *json.RawMessage
		value any
	}{{&m.Features, insight.FeatureNames()}, {&m.Parameters, t.Model}, {&m.Metrics, t.Quality}, {&m.Baseline, t.Baseline}} {
		if *field.to, err = json.Marshal(field.value); err != nil {
			return m, err
		}
	}
	return m, nil
}

// nearly is by how much a score has to move to be written anew.
const nearly = 0.005

func (f foretelling) findings(ctx context.Context, s *store.Store, m store.Model, ids []string, now time.Time) (map[string]finding, error) {
	var model insight.Logistic
	if err := json.Unmarshal(m.Parameters, &model); err != nil {
		return nil, err
	}
	all := map[string]finding{}
	return all, doings(ctx, s, ids, now, func(id string, d []store.Doing, answers []store.Answer) {
		a := f.activity(d, answers, now)
		if a.Times == 0 {
			return
		}
		row := a.Features(now)
		score := math.Round(1000*model.Score(row)) / 1000
		var reasons []string
		for _, r := range model.Reasons(row) {
			way := "raises it: "
			if r.Adds < 0 {
				way = "lowers it: "
			}
			reasons = append(reasons, way+r.Name)
		}
		all[id] = func(c *profile.Computed, t teller) (changed, told bool) {
			before, had := c.Scores[m.Name]
			told = t.score(m.Name, before, score, had)
			if had && (before == score || math.Abs(before-score) < nearly && !told) {
				return false, false
			}
			if c.Scores == nil {
				c.Scores = map[string]float64{}
			}
			if c.Reasons == nil {
				c.Reasons = map[string][]string{}
			}
			c.Scores[m.Name], c.Reasons[m.Name] = score, reasons
			return true, told
		}
	})
}
