package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
)

// FatigueModel is the name under which it is learned how many messages a week drive people away.
const FatigueModel = "fatigue"

// fatigue learns of everybody, for a cap that somebody may write; it changes nobody.
type fatigue struct{}

// fatigueWeeks is how many weeks are looked back.
const fatigueWeeks = 26

const week = 7 * 24 * time.Hour

func (fatigue) most() int64 { return modelPeople }

func (fatigue) sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error) {
	from := now.Add(-fatigueWeeks * week)
	objections, err := s.Objections(ctx, ids, from, now)
	if err != nil {
		return nil, err
	}
	first := map[string]time.Time{}
	for _, o := range objections {
		if _, known := first[o.ProfileID]; !known {
			first[o.ProfileID] = o.Time
		}
	}
	all := map[string]json.RawMessage{}
	return all, doings(ctx, s, ids, now, func(id string, _ []store.Doing, answers []store.Answer) {
		var sent [fatigueWeeks]int
		for _, a := range answers {
			if i := int(a.SentAt.Sub(from) / week); !a.SentAt.Before(from) && i < fatigueWeeks {
				sent[i]++
			}
		}
		var w insight.Weeks
		for i, n := range sent {
			begins, objected, gone := from.Add(time.Duration(i)*week), false, false
			if at, did := first[id]; did {
				objected = !at.Before(begins) && at.Before(begins.Add(week))
				gone = at.Before(begins)
			}
			if !gone { // after it nothing comes that could drive them away
				w.Add(n, objected)
			}
		}
		all[id], _ = json.Marshal(w) // numbers only
	})
}

func (fatigue) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	var sum insight.Weeks
	for _, raw := range samples {
		var w insight.Weeks
		if err := json.Unmarshal(raw, &w); err != nil {
			return m, err
		}
		sum.Plus(w)
	}
	f, ok := sum.Tire()
	m = store.Model{DataFrom: now.Add(-fatigueWeeks * week), DataTo: now, Features: []byte("[]"), Baseline: []byte("{}"), Why: "no number of messages a week is sure to drive people away"}
	if ok {
		m.Why = fmt.Sprintf("in weeks with more than %d messages %.2f %% of people object, in those with fewer %.2f %%; a cap would be { max: %d, per: 7d }", f.Cap, 100*f.Beyond.Value, 100*f.Within.Value, f.Cap)
	}
	if m.Metrics, err = json.Marshal(sum); err == nil {
		m.Parameters, err = json.Marshal(f)
	}
	return m, err
}

func (fatigue) findings(context.Context, *store.Store, store.Model, []string, time.Time) (map[string]finding, error) {
	return nil, nil
}
