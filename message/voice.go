package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Voice is how all messages of a workspace sound, whatever their channel.
type Voice struct {
	Banned    []string       // phrases, whatever their case and white space
	MaxEmoji  *int           // of one message; nil: any number
	MaxLength map[string]int // by channel, the characters that a body may have
}

// Sound says where templates do not sound as they should, going by what is written in them: values
// come later.
func (s *Set) Sound(v Voice) []Problem {
	if len(v.Banned) == 0 && v.MaxEmoji == nil && len(v.MaxLength) == 0 {
		return nil
	}
	c := &sounding{voice: v}
	for _, t := range s.Templates() {
		c.banned(t)
		c.emoji(t)
		c.length(t)
	}
	return sorted(c.problems)
}

type sounding struct {
	voice    Voice
	problems []Problem
}

func (c *sounding) problem(d *document, at int, format string, args ...any) {
	line, col := d.source.place(at)
	c.problems = append(c.problems, Problem{d.source.file, line, col, fmt.Sprintf(format, args...)})
}

// seen is a piece of text that a reader sees, and where it stands.
type seen struct {
	document *document
	at       int
	text     string
}

func (c *sounding) banned(t *Template) {
	if len(c.voice.Banned) == 0 {
		return
	}
	for _, piece := range t.seen(eachBranch, nil) {
		for _, phrase := range c.voice.Banned {
			for _, i := range mentions(piece.text, phrase) {
				c.problem(piece.document, piece.at+i, "%q is banned by voice: in workspace.yaml; write it in other words", phrase)
			}
		}
	}
}

func (c *sounding) emoji(t *Template) {
	if c.voice.MaxEmoji == nil {
		return
	}
	count, most := 0, *c.voice.MaxEmoji
	for _, piece := range t.seen(longestBranch, func(text string) int { return len(emoji(text)) }) {
		for _, i := range emoji(piece.text) {
			if count++; count == most+1 {
				c.problem(piece.document, piece.at+i, "this is emoji number %d of the message, and voice: in workspace.yaml allows %d; write fewer", count, most)
			}
		}
	}
}

func (c *sounding) length(t *Template) {
	most := c.voice.MaxLength[t.Channel]
	if most == 0 {
		return
	}
	r := &reading{template: t, way: longestBranch, measure: utf8.RuneCountInString}
	var b strings.Builder
	for _, piece := range r.body() {
		b.WriteString(piece.text)
	}
	if n := utf8.RuneCountInString(strings.Join(strings.Fields(b.String()), " ")); n > most {
		c.problem(t.body, t.body.at, "the text alone has %d characters, without any value, and voice: in workspace.yaml allows %d for %s; write less", n, most, t.Channel)
	}
}

// mentions finds a phrase between other words.
func mentions(text, phrase string) []int {
	words := fold(phrase)
	var at []int
	where, folded := foldPlaces(text)
	for from := 0; ; {
		i := strings.Index(folded[from:], words)
		if i < 0 || words == "" {
			return at
		}
		i += from
		end := i + len(words)
		before, _ := utf8.DecodeLastRuneInString(folded[:i])
		after, _ := utf8.DecodeRuneInString(folded[end:])
		first, _ := utf8.DecodeRuneInString(words)
		last, _ := utf8.DecodeLastRuneInString(words)
		if !(isWord(first) && isWord(before)) && !(isWord(last) && isWord(after)) {
			at = append(at, where[i])
		}
		from = end
	}
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func fold(text string) string {
	_, folded := foldPlaces(strings.TrimSpace(text))
	return folded
}

// foldPlaces writes a text in small letters with single spaces, and tells of each byte of that where
// in the text it comes from.
func foldPlaces(text string) (where []int, folded string) {
	var b strings.Builder
	space := false
	for i, r := range text {
		blank := unicode.IsSpace(r)
		if blank && space {
			continue
		}
		space = blank
		if blank {
			r = ' '
		}
		n, _ := b.WriteRune(unicode.ToLower(r)) // a strings.Builder does not fail
		where = append(where, slices.Repeat([]int{i}, n)...)
	}
	return where, b.String()
}
