package activities

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// hours learns at which hours people answer.
type hours struct{}

const (
	hoursPeople  = 3000
	fewestSent   = 3 // messages before somebody has hours of their own
	hoursHistory = 180 * 24 * time.Hour
)

func (hours) most() int64 { return hoursPeople }

func hoursOf(answers []store.Answer, now time.Time) (h insight.Hours, sent int) {
	for _, a := range answers {
		if now.Sub(*a.SentAt) > hoursHistory {
			continue
		}
		zone, ok := calendar.LoadZone(a.Zone)
		if !ok {
			zone = time.UTC
		}
		h.Add(a.SentAt.In(zone), now, answered(a, now))
		sent++
	}
	return h, sent
}

func (hours) sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	return all, doings(ctx, s, ids, now, func(id string, _ []store.Doing, answers []store.Answer) {
		if h, sent := hoursOf(answers, now); sent >= fewestSent {
			all[id], _ = json.Marshal(h) // numbers only
		}
	})
}

// fewestPeople is of how many people answers have to be known before it is said what people are like.
const fewestPeople = 50

func (hours) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	people := make([]insight.Hours, 0, len(samples))
	var sent, answered float64
	for _, raw := range samples {
		var h insight.Hours
		if err := json.Unmarshal(raw, &h); err != nil {
			return m, err
		}
		for kind := range h.Sent {
			for hour := range h.Sent[kind] {
				sent, answered = sent+h.Sent[kind][hour], answered+h.Answered[kind][hour]
			}
		}
		people = append(people, h)
	}
	m = store.Model{DataFrom: now.Add(-hoursHistory), DataTo: now, Parameters: []byte("{}"), Features: []byte("[]"), Baseline: []byte("{}")}
	if m.Metrics, err = json.Marshal(map[string]float64{"people": float64(len(people)), "sent": sent, "answered": answered}); err != nil {
		return m, err
	}
	if len(people) < fewestPeople || answered < fewestPeople {
		m.Why = "not used: too few people have answered messages to say when they do"
		return m, nil
	}
	m.Parameters, err = json.Marshal(insight.LearnHabits(people))
	m.Promoted, m.Why = true, "used: hours follow each person's answers, and what people are like where these are few"
	return m, err
}

func (hours) findings(ctx context.Context, s *store.Store, m store.Model, ids []string, now time.Time) (map[string]finding, error) {
	var habits insight.Habits
	if err := json.Unmarshal(m.Parameters, &habits); err != nil {
		return nil, err
	}
	all := map[string]finding{}
	year, week := now.ISOWeek()
	return all, doings(ctx, s, ids, now, func(id string, _ []store.Doing, answers []store.Answer) {
		h, sent := hoursOf(answers, now)
		if sent < fewestSent {
			return
		}
		// Whether somebody's hours are put to the test is drawn once a week.
		receptive := habits.Receptive(&h, profile.Lot("explore", id, time.Date(year, 1, week, 0, 0, 0, 0, time.UTC).String()))
		for i := range receptive {
			receptive[i] = math.Round(1e4*receptive[i]) / 1e4
		}
		all[id] = func(c *profile.Computed, _ teller) (changed, told bool) {
			if slices.Equal(c.Receptive, receptive) {
				return false, false
			}
			c.Receptive = receptive
			return true, false
		}
	})
}
