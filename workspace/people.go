package workspace

import (
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/spelling"
	"github.com/mixtapehq/mixtape/store"
)

// given are the attributes that every workspace has, without declaring them.
func given() []string { return []string{"id", "email", "phone", "timezone", "locale"} }

// channelNames are those of the language.
func channelNames() []string { return []string{"email", "sms", "push", "webhook", "inbox"} }

// kinds are what an attribute may be declared as.
func kinds() []string {
	return []string{string(rules.String), string(rules.Number), string(rules.Bool), string(rules.Date), string(rules.List), string(rules.Map)}
}

func (s *settingsReader) attributes(n *document.Node) {
	if !s.mapping(n, "attributes", "the name and kind of each, such as { plan: string, vip: bool }") {
		return
	}
	s.Attributes = map[string]string{}
	s.Each(n, func(k, v *document.Node) {
		name := k.Text
		if len(name) > maxName || strings.TrimSpace(name) != name || name == "" {
			s.Fail(k, "%s is no name for an attribute; write at most %d characters, without spaces around them", quoted(name), maxName)
			return
		}
		kind, ok := s.oneOf(v, name, kinds()...)
		if !ok {
			return
		}
		if slices.Contains(given(), name) && kind != string(rules.String) {
			s.Fail(v, "%s is always a string; write the attributes without it", name)
			return
		}
		s.Attributes[name] = kind
	})
}

func (s *settingsReader) topics(n *document.Node) {
	if !s.mapping(n, "topics", "what people can subscribe to, such as { tips: { default: subscribed } }") {
		return
	}
	s.Topics = map[string]store.Topic{}
	s.Each(n, func(k, v *document.Node) {
		name := k.Text
		if !wordForm.MatchString(name) {
			s.Fail(k, "%s is no name for a topic; write letters, digits, _ and -", quoted(name))
			return
		}
		s.Topics[name] = s.topic(name, k, v)
	})
}

func (s *settingsReader) topic(name string, k, n *document.Node) store.Topic {
	var t store.Topic
	said := false
	s.each(n, "the topic "+name, reading{
		"default": func(v *document.Node) {
			said = true
			t.Default, _ = s.oneOf(v, "default", "subscribed", "unsubscribed")
		},
		"channels": func(v *document.Node) { t.Channels = s.channelList(v) },
		"double_opt_in": func(v *document.Node) {
			answer, _ := s.oneOf(v, "double_opt_in", "true", "false")
			t.DoubleOptIn = answer == "true"
		},
		"name": func(v *document.Node) {
			t.Name, _ = s.text(v, "name", "what readers see, such as Tips and tricks", maxName)
		},
	})
	if t.DoubleOptIn && t.Default == "subscribed" {
		s.Fail(k, "the topic %s is to be confirmed by those who ask for it, and others have it unasked; write default: unsubscribed, or leave out double_opt_in", name)
	}
	if n.Kind == document.Object && !said {
		s.Fail(k, "the topic %s does not say what holds for people who never chose; write default: subscribed or default: unsubscribed", name)
	}
	return t
}

func (s *settingsReader) channelList(n *document.Node) []string {
	var all []string
	for _, item := range n.OneOrMore() {
		if name, ok := s.oneOf(item, "a channel", channelNames()...); ok {
			all = append(all, name)
		}
	}
	return all
}

// providers are those of a channel; none where the channel needs none.
func providers(channel string) []string {
	switch channel {
	case "email":
		return []string{"smtp"}
	case "sms":
		return []string{"twilio"}
	case "push":
		return []string{"webpush", "fcm", "apns"}
	}
	return nil
}

func (s *settingsReader) channels(n *document.Node) {
	if !s.mapping(n, "channels", `how messages leave, such as { email: { provider: smtp, from: "Acme <hello@acme.example>" } }`) {
		return
	}
	s.Channels = map[string]store.Channel{}
	s.Each(n, func(k, v *document.Node) {
		name := k.Text
		if !slices.Contains(channelNames(), name) {
			s.Fail(k, "there is no channel %s; write %s", name, spelling.Instead(name, channelNames()))
			return
		}
		s.Channels[name] = s.channel(name, v)
	})
}

func (s *settingsReader) channel(name string, n *document.Node) store.Channel {
	var c store.Channel
	known := reading{}
	if all := providers(name); len(all) > 0 {
		known["provider"] = func(v *document.Node) { c.Provider, _ = s.oneOf(v, "provider", all...) }
	}
	switch name {
	case "email":
		known["from"] = func(v *document.Node) {
			text, ok := s.text(v, "from", `an address in quotes, such as "Acme <hello@acme.example>"`, 320)
			if ok && !isAddress(text) {
				s.Fail(v, `from is no e-mail address; write one in quotes, such as "Acme <hello@acme.example>"`)
				return
			}
			c.From = text
		}
	case "sms":
		known["from"] = func(v *document.Node) {
			c.From, _ = s.text(v, "from", `the number or name that messages come from, in quotes, such as "+33612345678"`, 20)
		}
	case "webhook":
		known["url"] = func(v *document.Node) { c.URL = s.address(v) }
	}
	s.each(n, "the channel "+name, known)
	return c
}
