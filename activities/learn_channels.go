package activities

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// BestChannel is the name under which the channels that people answer through are learned.
const BestChannel = "best_channel"

// channelChoice learns through which channels people answer.
type channelChoice struct{}

func (channelChoice) most() int64 { return modelPeople }

func repliesOf(answers []store.Answer, now time.Time) map[string]insight.Replies {
	all := map[string]insight.Replies{}
	for _, a := range answers {
		if now.Sub(*a.SentAt) > hoursHistory {
			continue
		}
		r := all[a.Channel]
		r.Sent++
		if answered(a, now) {
			r.Answered++
		}
		all[a.Channel] = r
	}
	return all
}

func (channelChoice) sample(ctx context.Context, s *store.Store, ids []string, now time.Time) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	return all, doings(ctx, s, ids, now, func(id string, _ []store.Doing, answers []store.Answer) {
		if replies := repliesOf(answers, now); len(replies) > 0 {
			all[id], _ = json.Marshal(replies) // numbers and channels only
		}
	})
}

func (channelChoice) fit(samples []json.RawMessage, now time.Time) (m store.Model, err error) {
	all := map[string]insight.Crowd{}
	for _, raw := range samples {
		var one map[string]insight.Replies
		if err := json.Unmarshal(raw, &one); err != nil {
			return m, err
		}
		for channel, r := range one {
			crowd := all[channel]
			crowd.Add(r)
			all[channel] = crowd
		}
	}
	ranked := insight.RankChannels(nil, all)
	m = store.Model{DataFrom: now.Add(-hoursHistory), DataTo: now, Features: []byte("[]"), Baseline: []byte("{}"), Promoted: len(ranked) > 1, Why: "used: each person's own answers a message, shrunk towards everybody's"}
	if len(ranked) < 2 {
		m.Why = "not used: fewer than two channels tell of answers"
	}
	if m.Metrics, err = json.Marshal(all); err == nil {
		m.Parameters, err = json.Marshal(all)
	}
	return m, err
}

func (channelChoice) findings(ctx context.Context, s *store.Store, m store.Model, ids []string, now time.Time) (map[string]finding, error) {
	var population map[string]insight.Crowd
	if err := json.Unmarshal(m.Parameters, &population); err != nil {
		return nil, err
	}
	all := map[string]finding{}
	return all, doings(ctx, s, ids, now, func(id string, _ []store.Doing, answers []store.Answer) {
		ranked := insight.RankChannels(repliesOf(answers, now), population)
		all[id] = func(c *profile.Computed, _ teller) (changed, told bool) {
			changed = !slices.Equal(c.Channels, ranked)
			c.Channels = ranked
			return changed, false
		}
	})
}
