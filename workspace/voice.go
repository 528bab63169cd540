package workspace

import (
	"slices"
	"strconv"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/spelling"
)

func (s *settingsReader) readVoice(n *document.Node) {
	s.each(n, "voice", reading{
		"brand":     s.brand,
		"banned":    s.banned,
		"max_emoji": s.maxEmoji,
		"max_length": func(v *document.Node) {
			if !s.mapping(v, "max_length", "how many characters a message of a channel may have, such as { sms: 160, push: 120 }") {
				return
			}
			s.sounds.MaxLength = map[string]int{}
			s.Each(v, func(k, value *document.Node) {
				name := k.Text
				if !slices.Contains(channelNames(), name) {
					s.Fail(k, "there is no channel %s; write %s", name, spelling.Instead(name, channelNames()))
					return
				}
				s.sounds.MaxLength[name] = s.count(value, name, "how many characters a message may have")
			})
		},
	})
}

func (s *settingsReader) brand(n *document.Node) {
	if !s.mapping(n, "brand", `variables for templates, such as { name: Acme, colour: "#123456" }`) {
		return
	}
	s.Brand = map[string]string{}
	s.Each(n, func(k, value *document.Node) {
		name := k.Text
		if !wordForm.MatchString(name) {
			s.Fail(k, "%s cannot be written in a template; write letters, digits, _ and -", quoted(name))
			return
		}
		if text, ok := s.text(value, name, "a text in quotes", 2_000); ok {
			s.Brand[name] = text
		}
	})
}

func (s *settingsReader) banned(n *document.Node) {
	if n.Kind != document.List {
		s.Fail(n, `banned is %s; write a list of phrases, such as ["act now"]`, n.Shape())
		return
	}
	for _, item := range n.Items {
		if text, ok := s.text(item, "a banned phrase", "it in quotes", maxName); ok {
			s.sounds.Banned = append(s.sounds.Banned, text)
		}
	}
}

func (s *settingsReader) maxEmoji(n *document.Node) {
	count, err := strconv.Atoi(n.Text)
	if n.Kind != document.Scalar || err != nil || count < 0 {
		s.Fail(n, "max_emoji is how many emoji a message may have; write a whole number from 0")
		return
	}
	s.sounds.MaxEmoji = &count
}

// sound holds all templates against the voice.
func (l *loader) sound(w *Workspace) {
	for _, p := range w.set.Sound(w.voice) {
		l.fail(p.File, p.Line, p.Col, "%s", p.Message)
	}
}
