package store

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// Settings are workspace.yaml as the deployment keeps it.
type Settings struct {
	Name         string             `json:"name"`
	Timezone     string             `json:"timezone,omitempty"`
	Topics       Topics             `json:"topics,omitempty"`
	Attributes   map[string]string  `json:"attributes,omitempty"` // declared: name -> kind
	Channels     map[string]Channel `json:"channels,omitempty"`
	Brand        map[string]string  `json:"brand,omitempty"`
	Retention    map[string]string  `json:"retention,omitempty"`
	ConfirmAbove int                `json:"confirm_above,omitempty"`
	QuietHours   *QuietHours        `json:"quiet_hours,omitempty"`
	Caps         []Cap              `json:"caps,omitempty"`
	Holdout      float64            `json:"holdout,omitempty"` // share of the profiles that get no message: 0.02 is 2%
	Costs        map[string]float64 `json:"costs,omitempty"`   // of one message, by channel
	Calls        Calls              `json:"calls,omitzero"`
	Track        Track              `json:"track,omitzero"`
	Predict      map[string]Predict `json:"predict,omitempty"`    // by the name of the score
	TrainAt      string             `json:"train_at,omitempty"`   // local time of day; empty: 03:00
	Affinities   map[string]Taste   `json:"affinities,omitempty"` // by name: what people choose by
	Trends       Trends             `json:"trends,omitempty"`     // what is on the rise of these, as it was learned; Publish sets it
	ReferenceID  string             `json:"reference,omitempty"`  // names the Reference; Publish sets it

	Reference `json:"-"`
}

// Topic is what people may be messaged about.
type Topic struct {
	Name        string   `json:"name,omitempty"`    // as readers see it; empty: its key
	Default     string   `json:"default,omitempty"` // subscribed or unsubscribed
	Channels    []string `json:"channels,omitempty"`
	DoubleOptIn bool     `json:"double_opt_in,omitempty"`
}

// Topics are a workspace's topics by name.
type Topics map[string]Topic

// Defaults tells of each topic whether somebody who never said so is subscribed.
func (t Topics) Defaults() map[string]bool {
	all := make(map[string]bool, len(t))
	for name, topic := range t {
		all[name] = topic.Default == "subscribed"
	}
	return all
}

// id is the same for topics with the same defaults.
func (t Topics) id() string { return string(encode(t.Defaults())) }

// Channel is how messages of one kind leave.
type Channel struct {
	Provider string `json:"provider,omitempty"`
	From     string `json:"from,omitempty"`
	URL      string `json:"url,omitempty"`
}

// Taste is what is learned of the things that people choose, such as the genre of songs.
type Taste struct {
	Events   []string `json:"events"`   // by which they choose
	Property string   `json:"property"` // of the events
	HalfLife string   `json:"half_life"`
}

// AffinityNames are those of all affinities, sorted, and never nil: there are none, which is not the same as not knowing.
func (s *Settings) AffinityNames() []string {
	names := make([]string, 0, len(s.Affinities))
	for name := range s.Affinities {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Predict is a chance that is learned of everybody.
type Predict struct {
	Events  []string `json:"events,omitempty"`  // that they do one of these; none: anything at all
	Without bool     `json:"without,omitempty"` // that they do none of them
	Within  string   `json:"within"`
}

// Track says what e-mails tell of their readers.
type Track struct {
	Opens  bool `json:"opens,omitempty"`
	Clicks bool `json:"clicks,omitempty"`
	UTM    *UTM `json:"utm,omitempty"` // nil: links say nothing of the message
}

// UTM is what links say of the message, for the web's analytics. Campaign and content are always the journey and the step.
type UTM struct {
	Source string `json:"source,omitempty"` // empty: the workspace's name
	Medium string `json:"medium,omitempty"` // empty: email
}

// Zone is the workspace's time zone, UTC when it has none.
func (s *Settings) Zone() *time.Location {
	if zone, ok := calendar.LoadZone(s.Timezone); ok {
		return zone
	}
	return time.UTC
}

// Subscribed tells whether somebody who never said so is subscribed to a topic: through a channel, or
// with an empty one at all. A channel that the topic is not for has to be asked for.
func (s *Settings) Subscribed(topic, channel string) bool {
	t := s.Topics[topic]
	return t.Default == "subscribed" && (channel == "" || len(t.Channels) == 0 || slices.Contains(t.Channels, channel))
}

// confirmAbove is how many people something may concern unasked, where the workspace does not say.
const confirmAbove = 1000

// Unasked is how many people something may concern before it wants to be confirmed.
func (s *Settings) Unasked() int64 {
	if s.ConfirmAbove == 0 {
		return confirmAbove
	}
	return int64(s.ConfirmAbove)
}

// SendingMode says whether messages leave the deployment.
type SendingMode string

// The sending modes.
const (
	SendingOff      SendingMode = "off"
	SendingLive     SendingMode = "live"
	SendingRedirect SendingMode = "redirect" // e-mail to one address, and nothing else
)

// Deployment is what holds for all journeys of this database.
type Deployment struct {
	Settings   Settings
	Mode       SendingMode
	RedirectTo string
	PausedAt   *time.Time
	// FreshSegments are those that nobody was computed for yet: whoever turns out to be in one was so
	// before there was a name for it, and enters no journey by that. Only Tx.Deployment tells.
	FreshSegments []string
}

// check says what no walk could work with.
func (s *Settings) check() error {
	_, quiet := s.Quiet()
	_, caps := s.CapRules()
	return errors.Join(quiet, caps)
}

func settingsOf(raw json.RawMessage) (Settings, error) {
	var s Settings
	return s, json.Unmarshal(raw, &s)
}
