package workspace

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/spelling"
	"github.com/mixtapehq/mixtape/store"
)

// quietHours reads {from, to, days}.
func (s *settingsReader) quietHours(n *document.Node) {
	var q store.QuietHours
	before := len(s.problems)
	clock := func(to *string) func(*document.Node) {
		return func(v *document.Node) {
			if _, err := calendar.ParseTimeOfDay(v.Text); v.Kind != document.Scalar || err != nil {
				s.Fail(v, `quiet hours begin and end at a time of day; write one in quotes, such as "21:00"`)
				return
			}
			*to = v.Text
		}
	}
	s.each(n, "quiet_hours", reading{"from": clock(&q.From), "to": clock(&q.To), "days": func(v *document.Node) { q.Days = s.days(v) }})
	if n.Kind != document.Object || len(s.problems) > before {
		return
	}
	if q.From == "" && q.To == "" && len(q.Days) == 0 || (q.From == "") != (q.To == "") {
		s.Fail(n, `quiet_hours want their beginning and end; write { from: "21:00", to: "08:00" }`)
		return
	}
	s.QuietHours = &q
}

func (s *settingsReader) days(n *document.Node) []string {
	var days []string
	for _, item := range n.OneOrMore() {
		if day, ok := s.oneOf(item, "a day", "mon", "tue", "wed", "thu", "fri", "sat", "sun"); ok {
			days = append(days, day)
		}
	}
	return days
}

// capList reads how many messages somebody may get. The topics are checked by capTopics, once all are known.
func (s *settingsReader) capList(n *document.Node) {
	const example = "such as - { max: 1, per: day }"
	if n.Kind != document.List {
		s.Fail(n, "caps are %s; write a list, %s", n.Shape(), example)
		return
	}
	for _, item := range n.Items {
		s.oneCap(item, example)
	}
}

func (s *settingsReader) oneCap(n *document.Node, example string) {
	var c store.Cap
	before := len(s.problems)
	s.each(n, "a cap", reading{
		"max": func(v *document.Node) { c.Max = s.count(v, "max", "how many messages somebody may get") },
		"per": func(v *document.Node) {
			if _, err := gate.ParsePeriod(v.Text); v.Kind != document.Scalar || err != nil {
				s.Fail(v, "per is the time over which messages count; write day, week, or a length such as 7d")
				return
			}
			c.Per = v.Text
			s.capTimes = append(s.capTimes, v)
		},
		"channels": func(v *document.Node) { c.Channels = s.channelList(v) },
		"topics": func(v *document.Node) {
			for _, item := range v.OneOrMore() {
				if topic, ok := s.text(item, "a topic", "one of topics:", maxName); ok {
					c.Topics = append(c.Topics, topic)
					s.capTopics = append(s.capTopics, item)
				}
			}
		},
		"reserve": func(v *document.Node) { c.Reserve = s.reserve(v) },
	})
	if n.Kind != document.Object || len(s.problems) > before {
		return
	}
	if c.Max == 0 || c.Per == "" {
		s.Fail(n, "a cap says how many messages in which time; write max and per, %s", example)
		return
	}
	kept := 0
	for _, room := range c.Reserve {
		kept += room
	}
	if kept > c.Max {
		s.Fail(n, "this cap reserves %d messages and allows %d; write a larger max, or less under reserve", kept, c.Max)
		return
	}
	s.Caps = append(s.Caps, c)
}

// reserve reads the room that is kept for messages of a priority.
func (s *settingsReader) reserve(n *document.Node) map[string]int {
	if !s.mapping(n, "reserve", "the room kept for a priority, such as { high: 1 }") {
		return nil
	}
	all := map[string]int{}
	s.Each(n, func(k, v *document.Node) {
		name := k.Text
		if !slices.Contains([]string{"high", "normal", "low"}, name) {
			s.Fail(k, "there is no priority %s to reserve for; write %s", name, spelling.Instead(name, []string{"high", "normal", "low"}))
			return
		}
		all[name] = s.count(v, name, "how many messages are reserved")
	})
	return all
}

// count reads a whole number from 1.
func (s *settingsReader) count(n *document.Node, what, meaning string) int {
	count, err := strconv.Atoi(n.Text)
	if n.Kind != document.Scalar || err != nil || count < 1 {
		s.Fail(n, "%s is %s; write a whole number from 1", what, meaning)
		return 0
	}
	return count
}

// checkCapTopics holds the topics of caps against those declared, wherever in the file they stand.
func (s *settingsReader) checkCapTopics() {
	var known []string
	for name := range s.Topics {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, n := range s.capTopics {
		if !slices.Contains(known, n.Text) {
			s.Fail(n, "there is no topic %s; write %s", n.Text, orElse(spelling.Instead(n.Text, known), "it under topics:"))
		}
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// holdout reads 2%.
func (s *settingsReader) holdout(n *document.Node) {
	percent, isPercent := strings.CutSuffix(n.Text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if n.Kind != document.Scalar || !isPercent || err != nil || !(share >= 0 && share < 100) {
		s.Fail(n, "holdout is the share of people who get no message, so that its effect can be measured; write a percentage below 100, such as 2%%")
		return
	}
	s.Holdout = share / 100
}

// costs reads what a message of each channel costs.
func (s *settingsReader) costs(n *document.Node) {
	if !s.mapping(n, "costs", "what one message of each channel costs, such as { email: 0.0004, sms: 0.04 }") {
		return
	}
	s.Costs = map[string]float64{}
	s.Each(n, func(k, v *document.Node) {
		name := k.Text
		cost, err := strconv.ParseFloat(v.Text, 64)
		switch {
		case !slices.Contains(channelNames(), name):
			s.Fail(k, "there is no channel %s; write %s", name, spelling.Instead(name, channelNames()))
		case v.Kind != document.Scalar || err != nil || math.IsInf(cost, 0) || !(cost >= 0):
			s.Fail(v, "%s is no cost; write a number in your currency, such as 0.04", orElse(v.Text, v.Shape()))
		default:
			s.Costs[name] = cost
		}
	})
}

// calls reads what call steps may do.
func (s *settingsReader) calls(n *document.Node) {
	s.each(n, "calls", reading{"private_addresses": func(v *document.Node) {
		answer, _ := s.oneOf(v, "private_addresses", "true", "false")
		s.Calls.PrivateAddresses = answer == "true"
	}})
}

// address reads the URL that a webhook's messages go to.
func (s *settingsReader) address(n *document.Node) string {
	text, ok := s.text(n, "url", `an address in quotes, such as "https://acme.example/hook"`, 2_000)
	if !ok {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		s.Fail(n, `url is no address of the web; write one in quotes, such as "https://acme.example/hook", without a password in it`)
		return ""
	}
	return text
}
