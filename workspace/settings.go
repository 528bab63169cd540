package workspace

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
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
	s := l.settingsReader()
	text, ok := l.read(settingsFile)
	if !ok {
		return s.Settings, s.sounds
	}
	l.written = text
	root, err := s.Read([]byte(text))
	if err != nil {
		at := &document.Error{Line: 1, Column: 1, Message: err.Error()}
		errors.As(err, &at)
		s.Report(at.Line, at.Column, at.Message)
		return s.Settings, s.sounds
	}
	s.workspace(root)
	return s.Settings, s.sounds
}

type settingsReader struct {
	document.Reader
	*loader
	store.Settings
	sounds    message.Voice
	capTopics []*document.Node // the topics that caps name
	capTimes  []*document.Node // over which caps count
}

func (l *loader) settingsReader() *settingsReader {
	s := &settingsReader{loader: l}
	s.Format = document.Format{
		Noun: "workspace", Empty: "name: and what your workspace is called", NoAliases: true,
		Hint: "text that holds : # { } [ ] in quotes, and indent with spaces",
	}
	s.Report = func(line, column int, message string) { l.fail(settingsFile, line, column, "%s", message) }
	return s
}

func (s *settingsReader) workspace(root *document.Node) {
	named := false
	s.each(root, "a workspace", reading{
		"name": func(n *document.Node) {
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
		"track":       s.track,
		"predict":     s.predict,
		"train":       s.train,
		"affinities":  s.affinities,
		"confirm_above": func(n *document.Node) {
			count, err := strconv.Atoi(n.Text)
			if n.Kind != document.Scalar || err != nil || count < 1 {
				s.Fail(n, "confirm_above is the number of people above which a command asks first; write one from 1, such as 1000")
				return
			}
			s.ConfirmAbove = count
		},
	})
	s.checkCapTopics()
	s.checkCapTimes()
	if root.Kind == document.Object && !named {
		s.Fail(root, "the workspace has no name; write name: and what it is called")
	}
}

// reading is what to do with each field of a mapping.
type reading map[string]func(*document.Node)

// each reads a mapping by its fields; those that it does not have are reported.
func (s *settingsReader) each(n *document.Node, what string, known reading) {
	if n.Kind != document.Object {
		s.Fail(n, "%s is %s, not a mapping; write name: value pairs", what, n.Shape())
		return
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	s.Each(n, func(k, v *document.Node) {
		key := k.Text
		read := known[key]
		switch {
		case len(known) == 0:
			s.Fail(k, "%s has no fields; write {} for it", what)
		case read == nil:
			s.Fail(k, "%s has no field %s; write %s", what, key, spelling.Instead(key, names))
		default:
			read(v)
		}
	})
}

// mapping reports what should be one and is not.
func (s *settingsReader) mapping(n *document.Node, what, example string) bool {
	if n.Kind != document.Object {
		s.Fail(n, "%s is %s; write %s", what, n.Shape(), example)
	}
	return n.Kind == document.Object
}

func (s *settingsReader) text(n *document.Node, what, example string, most int) (string, bool) {
	text := strings.TrimSpace(n.Text)
	switch {
	case n.Kind != document.Scalar || text == "":
		s.Fail(n, "%s is %s; write %s", what, map[bool]string{true: "empty", false: n.Shape()}[n.Kind == document.Scalar], example)
	case len([]rune(text)) > most:
		s.Fail(n, "%s is longer than %d characters; write a shorter one", what, most)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }):
		s.Fail(n, "%s is one line; write it without line breaks", what)
	default:
		return text, true
	}
	return "", false
}

// oneOf reads one word of a closed list.
func (s *settingsReader) oneOf(n *document.Node, what string, words ...string) (string, bool) {
	if n.Kind == document.Scalar && slices.Contains(words, n.Text) {
		return n.Text, true
	}
	if n.Kind != document.Scalar {
		s.Fail(n, "%s is %s; write %s", what, n.Shape(), spelling.Listed(words))
		return "", false
	}
	s.Fail(n, "%s cannot be %s; write %s", what, n.Text, spelling.Instead(n.Text, words))
	return "", false
}

func (s *settingsReader) timezone(n *document.Node) {
	name, ok := s.text(n, "timezone", "an IANA name such as Europe/Paris", maxName)
	if !ok {
		return
	}
	if _, ok := calendar.LoadZone(name); !ok {
		s.Fail(n, "%s is no time zone; write an IANA name such as Europe/Paris", name)
		return
	}
	s.Timezone = name
}

func quoted(name string) string { return fmt.Sprintf("%q", name) }
