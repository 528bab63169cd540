package workspace

import (
	"errors"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/rules"
)

// Segment is one named rule. A workspace lists its segments so that each comes behind those that its
// rule asks for.
type Segment struct {
	Key  string
	Name string // what people call it
	Rule string
	File string

	reads rules.Reads
	line  int // of the rule
	col   int
}

// segmentFiles reads segments/<segment>.yaml, without their rules: those may ask for one another.
func (l *loader) segmentFiles() []segmentFile {
	var all []segmentFile
	l.folder("segments", ".yaml", func(file, key, text string) {
		root, err := document.Read([]byte(text))
		if err != nil {
			var at *document.Error
			errors.As(err, &at)
			l.fail(file, at.Line, at.Column, "%s", at.Message)
			return
		}
		s := segmentFile{Segment: Segment{Key: key, Name: key, File: file}, lines: document.Lines([]byte(text))}
		l.segment(&s, root)
		all = append(all, s)
	})
	return all
}

// segmentFile is a segment with what its rule's problems are placed by.
type segmentFile struct {
	Segment
	lines []string
	rule  *document.Node
}

func (l *loader) segment(s *segmentFile, root *document.Node) {
	d := document.Reader{Report: func(line, column int, message string) { l.fail(s.File, line, column, "%s", message) }}
	named := false
	ok := d.Fields(root, "a segment", map[string]func(*document.Node){
		"segment": func(n *document.Node) {
			named = true
			if text, ok := d.Text(n, "segment", "its key, such as "+s.Key); ok && text != s.Key {
				d.Fail(n, "the segment %s stands in a file of another name; write segments/%s.yaml, or segment: %s", text, text, s.Key)
			}
		},
		"name": func(n *document.Node) {
			if text, ok := d.Text(n, "name", "what people call the segment"); ok {
				s.Name = text
			}
		},
		"rule": func(n *document.Node) {
			s.rule = n
			s.Rule, _ = d.Text(n, "rule", `who is in it, such as events("order_completed").count() >= 2`)
		},
	})
	if ok && !named {
		d.Fail(root, "the segment does not say what it is called; write segment: %s", s.Key)
	}
	if ok && s.rule == nil {
		d.Fail(root, `the segment does not say who is in it; write rule:, such as rule: events("order_completed").count() >= 2`)
	}
}

// segments compiles the rules, and puts those that others ask for first.
func (l *loader) segments(files []segmentFile, env *rules.Env) []Segment {
	all := make([]Segment, 0, len(files))
	for _, s := range files {
		if s.Rule != "" {
			l.segmentRule(&s, env)
		}
		all = append(all, s.Segment)
	}
	return l.inOrder(all)
}

func (l *loader) segmentRule(s *segmentFile, env *rules.Env) {
	rule, problems := env.Compile(s.Rule, rules.Position{File: s.File, Line: 1, Column: 1}, rules.ScopeSegment)
	for _, p := range problems {
		line, col := s.rule.Place(s.lines, p.Position.Line, p.Position.Column)
		l.fail(s.File, line, col, "%s", p.Message)
	}
	s.line, s.col = s.rule.Place(s.lines, 1, 1)
	if rule == nil {
		return
	}
	if k := rule.Kind(); k != rules.Bool && k != rules.Unknown {
		l.fail(s.File, s.line, s.col, "the rule is a %s and never true or false; write a comparison", k)
	}
	s.reads = rule.Reads()
	_, untranslated := rule.SQL(rules.SQLOptions{Now: time.Unix(0, 0)})
	for _, p := range untranslated {
		line, col := s.rule.Place(s.lines, p.Position.Line, p.Position.Column)
		l.fail(s.File, line, col, "%s", p.Message)
	}
}

// inOrder sorts segments topologically, by key where it does not matter, and reports those that ask
// for each other in a circle.
func (l *loader) inOrder(all []Segment) []Segment {
	byKey := make(map[string]Segment, len(all))
	for _, s := range all {
		byKey[s.Key] = s
	}
	var out []Segment
	state := map[string]int{} // 1: being visited, 2: done
	var visit func(s Segment, trail []string)
	visit = func(s Segment, trail []string) {
		trail = append(trail, s.Key)
		state[s.Key] = 1
		for _, other := range s.reads.Segments {
			next, known := byKey[other]
			switch {
			case known && state[other] == 0:
				visit(next, trail)
			case known && state[other] == 1:
				circle := append(slices.Clone(trail[slices.Index(trail, other):]), other)
				l.fail(s.File, s.line, s.col, "segments ask for each other in a circle, %s; write one of their rules without in_segment", arrows(circle))
			}
		}
		state[s.Key] = 2
		out = append(out, s)
	}
	for _, s := range all {
		if state[s.Key] == 0 {
			visit(s, nil)
		}
	}
	return out
}

func arrows(keys []string) string {
	text := keys[0]
	for _, k := range keys[1:] {
		text += " -> " + k
	}
	return text
}
