package message

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxProblems of one file are enough to see what is wrong with it.
const maxProblems = 100

// source is one file's text and the problems found in it so far.
type source struct {
	file     string
	text     string
	lines    []int // offset of each line's first byte
	problems *[]Problem
	params   map[string]map[string]bool // by partial, what any file passes to it
	last     struct{ offset, line, col int }
	told     int // problems
	// origin turns offsets of what is parsed into those of the file, where the one was made of the other.
	origin func(offset int) int
}

func (p *parsing) source(file, text string) *source {
	s := &source{file: file, text: text, lines: []int{0}, problems: &p.problems, params: p.params}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// place turns an offset into line and column, both from 1; columns count characters.
func (s *source) place(offset int) (line, col int) {
	line, from := s.line(&offset)
	return line, utf8.RuneCountInString(s.text[from:offset]) + 1
}

// line returns the line of an offset, which it brings within the text, and where that line begins.
func (s *source) line(offset *int) (line, from int) {
	if s.origin != nil {
		*offset = s.origin(*offset)
	}
	*offset = min(max(*offset, 0), len(s.text))
	line = sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > *offset })
	return line, s.lines[line-1]
}

// follow is place for a reader that goes from top to bottom: on a line of 200 KB each further
// place would otherwise cost a walk over all of it. Only for Parse: it remembers.
func (s *source) follow(offset int) (line, col int) {
	line, from := s.line(&offset)
	col = 1
	if l := s.last; l.line == line && l.offset <= offset {
		from, col = l.offset, l.col
	}
	col += utf8.RuneCountInString(s.text[from:offset])
	s.last.offset, s.last.line, s.last.col = offset, line, col
	return line, col
}

// pass notes that this file gives a partial a parameter.
func (s *source) pass(partial, name string) {
	if s.params[partial] == nil {
		s.params[partial] = map[string]bool{}
	}
	s.params[partial][name] = true
}

// offset is place's inverse, for positions that come from the YAML parser.
func (s *source) offset(line, col int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.text)
	}
	at := s.lines[line-1]
	for i := range s.text[at:] {
		if col--; col == 0 {
			return at + i
		}
	}
	return len(s.text)
}

func (s *source) problem(offset int, format string, args ...any) {
	if s.told++; s.told > maxProblems {
		return
	}
	line, col := s.follow(offset)
	*s.problems = append(*s.problems, Problem{s.file, line, col, fmt.Sprintf(format, args...)})
}

// sorted orders problems as an author reads them; a partial's problems turn up once for each
// template that includes it and are told once.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

// after is what stands in the file from an offset on.
func (s *source) after(offset int) string {
	s.line(&offset)
	return s.text[offset:]
}
