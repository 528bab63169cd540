package workspace

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/spelling"
	"github.com/mixtapehq/mixtape/store"
)

// wordForm is what topics, brand variables and the like are called: they stand in templates, rules
// and addresses of links.
var wordForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// maxName bounds what people call a workspace or an attribute, in characters.
const maxName = 100

// settings reads workspace.yaml.
func (l *loader) settings() (store.Settings, message.Voice) {
	s := &settingsReader{loader: l}
	text, ok := l.read(settingsFile)
	if !ok {
		return s.Settings, s.sounds
	}
	l.written = text
	root, err := readYAML(text)
	if err != nil {
		var at *badYAML
		errors.As(err, &at)
		l.fail(settingsFile, at.line, at.col, "%s", at.message)
		return s.Settings, s.sounds
	}
	if root == nil {
		l.fail(settingsFile, 1, 1, "the file is empty; write name: and what your workspace is called")
		return s.Settings, s.sounds
	}
	s.workspace(root)
	return s.Settings, s.sounds
}

type settingsReader struct {
	*loader
	store.Settings
	sounds    message.Voice
	capTopics []*node // the topics that caps name
}

func (s *settingsReader) at(n *node, format string, args ...any) {
	s.fail(settingsFile, n.line, n.col, format, args...)
}

func (s *settingsReader) workspace(root *node) {
	named := false
	s.each(root, "a workspace", reading{
		"name": func(n *node) {
			named = true
			s.Name, _ = s.text(n, "name", "what your workspace is called", maxName)
		},
		"timezone":   s.timezone,
		"topics":     s.topics,
		"attributes": s.attributes,
		"channels":   s.channels,
		"voice":      s.readVoice,
		"retention":  s.retention,

		"quiet_hours": s.quietHours,
		"caps":        s.capList,
		"holdout":     s.holdout,
		"costs":       s.costs,
		"calls":       s.calls,
		"confirm_above": func(n *node) {
			count, err := strconv.Atoi(n.text)
			if n.kind != scalar || err != nil || count < 1 {
				s.at(n, "confirm_above is the number of people above which a command asks first; write one from 1, such as 1000")
				return
			}
			s.ConfirmAbove = count
		},
	})
	s.checkCapTopics()
	if root.kind == object && !named {
		s.at(root, "the workspace has no name; write name: and what it is called")
	}
}

// reading is what to do with each field of a mapping.
type reading map[string]func(*node)

// each reads a mapping by its fields; those that it does not have are reported.
func (s *settingsReader) each(n *node, what string, known reading) {
	if n.kind != object {
		s.at(n, "%s is %s, not a mapping; write name: value pairs", what, n.shape())
		return
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	s.all(n, func(key string, k, v *node) {
		read := known[key]
		switch {
		case len(known) == 0:
			s.at(k, "%s has no fields; write {} for it", what)
		case read == nil:
			s.at(k, "%s has no field %s; write %s", what, key, spelling.Instead(key, names))
		default:
			read(v)
		}
	})
}

// all goes through a mapping of the workspace's own names.
func (s *settingsReader) all(n *node, visit func(key string, k, v *node)) {
	lines := map[string]int{}
	for _, f := range n.fields {
		key := f.key.text
		if line, twice := lines[key]; twice {
			s.at(f.key, "%s stands here twice, first in line %d; write it once", key, line)
			continue
		}
		lines[key] = f.key.line
		if f.value.kind == null {
			s.at(f.key, "%s has no value; write one, or leave %s out", key, key)
			continue
		}
		visit(key, f.key, f.value)
	}
}

// mapping reports what should be one and is not.
func (s *settingsReader) mapping(n *node, what, example string) bool {
	if n.kind != object {
		s.at(n, "%s is %s; write %s", what, n.shape(), example)
	}
	return n.kind == object
}

func (s *settingsReader) text(n *node, what, example string, most int) (string, bool) {
	text := strings.TrimSpace(n.text)
	switch {
	case n.kind != scalar || text == "":
		s.at(n, "%s is %s; write %s", what, map[bool]string{true: "empty", false: n.shape()}[n.kind == scalar], example)
	case len([]rune(text)) > most:
		s.at(n, "%s is longer than %d characters; write a shorter one", what, most)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }):
		s.at(n, "%s is one line; write it without line breaks", what)
	default:
		return text, true
	}
	return "", false
}

// oneOf reads one word of a closed list.
func (s *settingsReader) oneOf(n *node, what string, words ...string) (string, bool) {
	if n.kind == scalar && slices.Contains(words, n.text) {
		return n.text, true
	}
	if n.kind != scalar {
		s.at(n, "%s is %s; write %s", what, n.shape(), spelling.Listed(words))
		return "", false
	}
	s.at(n, "%s cannot be %s; write %s", what, n.text, spelling.Instead(n.text, words))
	return "", false
}

func (s *settingsReader) timezone(n *node) {
	name, ok := s.text(n, "timezone", "an IANA name such as Europe/Paris", maxName)
	if !ok {
		return
	}
	if _, ok := calendar.LoadZone(name); !ok {
		s.at(n, "%s is no time zone; write an IANA name such as Europe/Paris", name)
		return
	}
	s.Timezone = name
}

func (s *settingsReader) retention(n *node) {
	s.Retention = map[string]string{}
	keep := func(table string) func(*node) {
		return func(v *node) {
			if v.kind != scalar {
				s.at(v, "%s is %s; write how long it is kept, such as 400d", table, v.shape())
				return
			}
			d, err := calendar.ParseDuration(v.text)
			switch {
			case err != nil:
				s.at(v, "%s", err)
			case d.IsZero():
				s.at(v, "%s would be kept for no time at all; write how long, such as 30d", table)
			default:
				s.Retention[table] = v.text
			}
		}
	}
	s.each(n, "retention", reading{"events": keep("events"), "bodies": keep("bodies")})
}

func quoted(name string) string { return fmt.Sprintf("%q", name) }
