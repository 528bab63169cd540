package message

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"

	"github.com/mixtapehq/mixtape/spelling"
)

// Channels and the front matter that each knows besides topic and season.
var channelFields = map[string][]string{
	"email":   {"subject", "preheader", "from", "format", "track", "utm"},
	"sms":     {},
	"push":    {"title", "link", "image"},
	"webhook": {},
	"inbox":   {"title", "link", "image"},
}

// split cuts a file into its front matter and body; body is the offset of the latter.
func split(text string) (front string, at, body int) {
	rest := strings.TrimPrefix(text, "\ufeff")
	at = len(text) - len(rest)
	first, after, ok := strings.Cut(rest, "\n")
	if !ok || strings.TrimRight(first, " \t\r") != "---" {
		return "", at, at
	}
	at += len(first) + 1
	for offset := 0; offset <= len(after); {
		line, _, more := strings.Cut(after[offset:], "\n")
		if strings.TrimRight(line, " \t\r") == "---" {
			return after[:offset], at, min(at+offset+len(line)+1, len(text))
		}
		if !more {
			break
		}
		offset += len(line) + 1
	}
	return after, at, -1
}

// frontMatter fills a template from its front matter.
func (s *source) frontMatter(t *Template, front string, at int) {
	// Blank lines stand for what comes before, so that the YAML parser counts as the file does.
	file, err := yamlparser.ParseBytes([]byte(strings.Repeat("\n", strings.Count(s.text[:at], "\n"))+front), 0)
	if err != nil {
		s.yamlProblem(err, at)
		return
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		for _, field := range pairs(doc.Body) {
			s.field(t, field)
		}
		if len(pairs(doc.Body)) == 0 && doc.Body.Type() != ast.NullType && doc.Body.Type() != ast.CommentType {
			s.problem(at, "cannot read the front matter; write lines such as `subject: \"Welcome\"`")
		}
	}
}

func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func (s *source) yamlProblem(err error, at int) {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		p := syntax.GetToken().Position
		s.problem(s.offset(p.Line, p.Column), "cannot read the front matter: %s; if a value holds {{ }}, `:` or `#`, write it in quotes", syntax.GetMessage())
		return
	}
	s.problem(at, "cannot read the front matter; write lines such as `subject: \"Welcome\"`")
}

func (s *source) at(n ast.Node) int {
	p := n.GetToken().Position
	return s.offset(p.Line, p.Column)
}

func (s *source) field(t *Template, field *ast.MappingValueNode) {
	name, at := field.Key.GetToken().Value, s.at(field.Key)
	known := append([]string{"topic", "season"}, channelFields[t.Channel]...)
	if !slices.Contains(known, name) {
		hint := "the fields of " + t.Channel + " are " + strings.Join(known, ", ")
		if near := spelling.Nearest(name, known); near != "" {
			hint = "write " + near
		}
		s.problem(at, "there is no field %s; %s", name, hint)
		return
	}
	if name == "season" {
		t.Season = s.season(field.Value)
		return
	}
	if name == "track" || name == "utm" {
		s.watching(t, name, field.Value)
		return
	}
	value, start, ok := s.scalar(name, field.Value)
	if !ok {
		return
	}
	switch name {
	case "topic":
		if !topicForm.MatchString(value) {
			s.problem(start, "a topic is one word of letters, digits, `_` and `-`, and the same for everyone")
			return
		}
		t.Topic = value
	case "format":
		if t.Format = Format(value); t.Format != HTML && t.Format != Text && t.Format != MJML {
			s.problem(start, "there is no format %s; write html, text or mjml", brief(value))
		}
	default:
		t.fields[name] = s.parse(value, start)
	}
}

// watching reads whether a message tells of its reader (track), and its links of the message (utm).
func (s *source) watching(t *Template, name string, n ast.Node) {
	said := n.GetToken().Value
	if _, scalar := n.(ast.ScalarNode); !scalar || said != "true" && said != "false" {
		s.problem(s.at(n), "%s is true or false; write %s: false to leave the links of this message as they are", name, name)
		return
	}
	if name == "track" {
		t.Untracked = said == "false"
	} else {
		t.Untagged = said == "false"
	}
}

var topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// scalar returns a field's text and the offset at which it stands in the file.
func (s *source) scalar(name string, n ast.Node) (value string, at int, ok bool) {
	at = s.at(n)
	switch n := n.(type) {
	case *ast.NullNode:
		return "", at, true
	case *ast.StringNode:
		if at < len(s.text) && (s.text[at] == '"' || s.text[at] == '\'') {
			at++
		}
		return n.Value, at, true
	case *ast.LiteralNode:
		s.problem(at, "%s is one line; write it in quotes after the colon", name)
		return "", at, false
	case *ast.MappingNode, *ast.MappingValueNode:
		s.problem(at, "%s wants a text; write it in quotes, as in %s: \"{{ user.name }}\"", name, name)
		return "", at, false
	case ast.ScalarNode:
		return n.GetToken().Value, at, true
	}
	s.problem(at, "%s wants a text; write it in quotes", name)
	return "", at, false
}

// season reads {from: 12-01, to: 12-26}.
func (s *source) season(n ast.Node) *Season {
	const form = "write season: {from: 12-01, to: 12-26}"
	days := map[string]*MonthDay{}
	for _, field := range pairs(n) {
		name := field.Key.GetToken().Value
		if name != "from" && name != "to" {
			s.problem(s.at(field.Key), "a season has no %s; %s", name, form)
			continue
		}
		day, err := time.Parse("2006-01-02", "2024-"+field.Value.GetToken().Value)
		if err != nil {
			s.problem(s.at(field.Value), "cannot read %s as month and day; %s", brief(field.Value.GetToken().Value), form)
			day = time.Time{}
		}
		days[name] = &MonthDay{day.Month(), day.Day()}
	}
	if days["from"] == nil || days["to"] == nil {
		s.problem(s.at(n), "a season wants a first and a last day; %s", form)
		return nil
	}
	return &Season{*days["from"], *days["to"]}
}

func position(line, col int) string { return fmt.Sprintf("%06d:%06d", line, col) }
