package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
)

// FatigueModel is the name under which it is learned beyond how many messages in seven days each drives more people away.
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
		sent := make([]time.Time, len(answers))
		for i, a := range answers {
			sent[i] = *a.SentAt
		}
		var d insight.Doses
		d.Follow(sent, first[id], from, now.Add(-week)) // of what came since it is not known yet what came of it
		if d != (insight.Doses{}) {
			all[id], _ = json.Marshal(d) // numbers only
		}
	})
}

func (fatigue) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	var sum insight.Doses
	for _, raw := range samples {
		var d insight.Doses
		if err := json.Unmarshal(raw, &d); err != nil {
			return m, err
		}
		sum.Plus(d)
	}
	f, ok := sum.Tire()
	m = store.Model{DataFrom: now.Add(-fatigueWeeks * week), DataTo: now.Add(-week), Features: []byte("[]"), Baseline: []byte("{}"), Why: "no number of messages in seven days is sure to drive people away"}
	if ok {
		m.Why = fmt.Sprintf("of messages beyond the %s in seven days people object to %.2f %%, of those up to it to %.2f %%; a cap would be { max: %d, per: 7d }", ordinal(f.Cap), 100*f.Beyond.Value, 100*f.Within.Value, f.Cap)
	}
	if m.Metrics, err = json.Marshal(sum); err == nil {
		m.Parameters, err = json.Marshal(f)
	}
	return m, err
}

func ordinal(n int) string {
	switch n { // of numbers up to 13
	case 1:
		return "1st"
	case 2:
		return "2nd"
	case 3:
		return "3rd"
	}
	return fmt.Sprintf("%dth", n)
}

func (fatigue) findings(context.Context, *store.Store, store.Model, []string, time.Time) (map[string]finding, error) {
	return nil, nil
}
