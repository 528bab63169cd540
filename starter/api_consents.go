package starter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

type consentSet struct {
	Consents  map[string]bool `json:"consents" doc:"By topic, or \"topic/channel\" for one channel of it; \"/channel\" is everything through a channel, \"\" everything that is not transactional."`
	Confirmed bool            `json:"confirmed,omitempty" doc:"The person has confirmed it already: a topic with double_opt_in is subscribed to at once."`
}

type consentState struct {
	Consents map[string]bool      `json:"consents" doc:"What was said."`
	Pending  map[string]time.Time `json:"pending,omitempty" doc:"Asked for and not confirmed yet, and since when."`
	Topics   []topicConsent       `json:"topics" doc:"What holds for each topic of the workspace."`
	History  []consentChange      `json:"history" doc:"Every change, newest first."`
}

type topicConsent struct {
	Topic     string          `json:"topic"`
	Name      string          `json:"name" doc:"As readers see it."`
	Consented bool            `json:"consented" doc:"At all."`
	Channels  map[string]bool `json:"channels" doc:"By each channel."`
}

type consentChange struct {
	At      time.Time `json:"at"`
	Topic   string    `json:"topic" doc:"Empty: everything."`
	Channel string    `json:"channel,omitempty" doc:"Empty: all."`
	Change  string    `json:"change" enum:"given,withdrawn,requested"`
	Source  string    `json:"source" doc:"Who changed it: a key, a step, a link, the mail client's button, the preference page, a file."`
	Journey string    `json:"journey,omitempty"`
	Step    string    `json:"step,omitempty"`
}

func (s *server) consentsAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-consents", Method: http.MethodGet, Path: "/api/profiles/{name}/consents", Tags: []string{"Profiles"}, Summary: "Read consents and how they came about",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Limit int `query:"limit" minimum:"1" maximum:"5000" default:"500" doc:"How many changes at most."`
	}) (*body[consentState], error) {
		out, err := s.consentState(ctx, in.Name, in.Limit)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		return &body[consentState]{out}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "set-consents", Method: http.MethodPut, Path: "/api/profiles/{name}/consents", Tags: []string{"Profiles"}, Summary: "Give or withdraw consents",
		Description: "What is not named stays as it is, but a topic that is withdrawn is so through all its channels. A topic with double_opt_in is only asked for, unless it is confirmed.",
	}, func(ctx context.Context, in *struct {
		OneProfile
		Body consentSet
	}) (*body[consentSet], error) {
		p, err := s.Store.FindProfile(ctx, in.Name)
		if err != nil {
			return nil, s.apiError("profile "+in.Name, err)
		}
		d, err := s.Store.Deployment(ctx)
		if err != nil {
			return nil, s.apiError("consents", err)
		}
		for key := range in.Body.Consents {
			if err := checkConsent(key, &d.Settings); err != nil {
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
		}
		out := &body[consentSet]{}
		err = s.again(ctx, func() error {
			return s.Store.InProfile(ctx, p.ID, func(tx *store.Tx) error {
				_, err := s.choose(ctx, tx, in.Body.Consents, unless(in.Body.Confirmed, d.Settings.DoubleOptIn), operator(ctx), nil)
				out.Body.Consents = tx.Profile().Consents
				return err
			})
		})
		if err != nil {
			return nil, s.apiError("consents", err)
		}
		if out.Body.Consents == nil {
			out.Body.Consents = map[string]bool{}
		}
		s.Bell.Ring()
		return out, nil
	})
}

// checkConsent says what is wrong with the key of a consent.
func checkConsent(key string, known *store.Settings) error {
	topic, channel := profile.SplitConsent(key)
	if _, has := known.Topics[topic]; !has && topic != "" && len(known.Topics) > 0 {
		return errors.New("there is no topic " + tracking.Cut(topic) + " in the workspace")
	}
	if strings.Contains(key, "/") && !slices.Contains(channelOrder(), channel) {
		return errors.New("there is no channel " + tracking.Cut(channel) + "; write one of " + strings.Join(channelOrder(), ", ") + " behind the slash")
	}
	if bad := profile.CheckTopic("consents", key); bad != nil {
		return bad
	}
	return nil
}

func (s *server) consentState(ctx context.Context, name string, most int) (out consentState, err error) {
	p, err := s.Store.FindProfile(ctx, name)
	if err != nil {
		return out, err
	}
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return out, err
	}
	rows, err := s.Store.ConsentHistory(ctx, p.ID, most)
	if err != nil {
		return out, err
	}
	out = consentState{Consents: p.Consents, Pending: p.Requested, Topics: topicConsents(p, &d.Settings), History: []consentChange{}}
	if out.Consents == nil {
		out.Consents = map[string]bool{}
	}
	for _, row := range rows {
		c := consentChange{At: row.At, Change: row.Reason, Journey: row.Journey, Step: row.Step}
		var said struct{ Topic, Channel, Source string }
		if err := json.Unmarshal(row.Inputs, &said); err != nil {
			return out, err
		}
		c.Topic, c.Channel, c.Source = said.Topic, said.Channel, said.Source
		out.History = append(out.History, c)
	}
	return out, nil
}

// topicConsents is what holds for each topic, sorted.
func topicConsents(p *profile.Profile, s *store.Settings) []topicConsent {
	all := []topicConsent{}
	for key, topic := range s.Topics {
		t := topicConsent{Topic: key, Name: s.TopicName(key), Channels: map[string]bool{}}
		channels := topic.Channels
		if len(channels) == 0 {
			channels = channelOrder()
		}
		for _, channel := range channels {
			t.Channels[channel] = consented(p, s, key, channel)
			t.Consented = t.Consented || t.Channels[channel]
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b topicConsent) int { return strings.Compare(a.Topic, b.Topic) })
	return all
}
