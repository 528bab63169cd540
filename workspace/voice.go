package workspace

import (
	"slices"
	"strconv"

	"github.com/mixtapehq/mixtape/spelling"
)

func (s *settingsReader) readVoice(n *node) {
	s.each(n, "voice", reading{
		"brand":     s.brand,
		"banned":    s.banned,
		"max_emoji": s.maxEmoji,
		"max_length": func(v *node) {
			if !s.mapping(v, "max_length", "how many characters a message of a channel may have, such as { sms: 160, push: 120 }") {
				return
			}
			s.sounds.MaxLength = map[string]int{}
			s.all(v, func(name string, k, value *node) {
				if !slices.Contains(channelNames(), name) {
					s.at(k, "there is no channel %s; write %s", name, spelling.Instead(name, channelNames()))
					return
				}
				s.sounds.MaxLength[name] = s.count(value, name, "how many characters a message may have")
			})
		},
	})
}

func (s *settingsReader) brand(n *node) {
	if !s.mapping(n, "brand", `variables for templates, such as { name: Acme, colour: "#123456" }`) {
		return
	}
	s.Brand = map[string]string{}
	s.all(n, func(name string, k, value *node) {
		if !wordForm.MatchString(name) {
			s.at(k, "%s cannot be written in a template; write letters, digits, _ and -", quoted(name))
			return
		}
		if text, ok := s.text(value, name, "a text in quotes", 2_000); ok {
			s.Brand[name] = text
		}
	})
}

func (s *settingsReader) banned(n *node) {
	if n.kind != list {
		s.at(n, `banned is %s; write a list of phrases, such as ["act now"]`, n.shape())
		return
	}
	for _, item := range n.items {
		if text, ok := s.text(item, "a banned phrase", "it in quotes", maxName); ok {
			s.sounds.Banned = append(s.sounds.Banned, text)
		}
	}
}

func (s *settingsReader) maxEmoji(n *node) {
	count, err := strconv.Atoi(n.text)
	if n.kind != scalar || err != nil || count < 0 {
		s.at(n, "max_emoji is how many emoji a message may have; write a whole number from 0")
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
