package rules

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// The most that Postgres takes in one pattern of what ours may have.
const (
	mostRepeats = 255 // DUPMAX
	mostRanges  = 100 // of a set; those of whole alphabets have hundreds
)

// postgresPattern writes a pattern as Postgres's own regular expressions have it, so that it matches
// the same texts; false where it has something that these do not know or understand otherwise.
func postgresPattern(pattern string) (string, bool) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	b.WriteString("***:") // an advanced regular expression, whatever the server's setting
	ok := writePattern(&b, tree)
	return b.String(), ok
}

func writePattern(b *strings.Builder, re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch:
		b.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			if c == 0 {
				return false
			}
			if re.Flags&syntax.FoldCase != 0 {
				writeFolded(b, c)
				continue
			}
			writeRune(b, c)
		}
	case syntax.OpCharClass:
		return writeSet(b, re.Rune)
	case syntax.OpAnyCharNotNL:
		b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		b.WriteString(`.`)
	case syntax.OpBeginText:
		b.WriteString(`\A`)
	case syntax.OpEndText:
		b.WriteString(`\Z`)
	case syntax.OpCapture:
		return writeGroup(b, re.Sub[0], "")
	case syntax.OpStar:
		return writeGroup(b, re.Sub[0], "*")
	case syntax.OpPlus:
		return writeGroup(b, re.Sub[0], "+")
	case syntax.OpQuest:
		return writeGroup(b, re.Sub[0], "?")
	case syntax.OpRepeat:
		switch {
		case re.Min > mostRepeats || re.Max > mostRepeats:
			return false
		case re.Max < 0:
			return writeGroup(b, re.Sub[0], fmt.Sprintf("{%d,}", re.Min))
		}
		return writeGroup(b, re.Sub[0], fmt.Sprintf("{%d,%d}", re.Min, re.Max))
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if sub.Op == syntax.OpAlternate {
				if !writeGroup(b, sub, "") {
					return false
				}
			} else if !writePattern(b, sub) {
				return false
			}
		}
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			if !writePattern(b, sub) {
				return false
			}
		}
	default: // lines within the text, words, and sets without anything in them
		return false
	}
	return true
}

func writeGroup(b *strings.Builder, re *syntax.Regexp, after string) bool {
	b.WriteString("(?:")
	ok := writePattern(b, re)
	b.WriteString(")" + after)
	return ok
}

func writeRune(b *strings.Builder, c rune) { fmt.Fprintf(b, `\U%08X`, c) }

// writeFolded writes a character in whichever case.
func writeFolded(b *strings.Builder, c rune) {
	b.WriteByte('[')
	for _, f := range foldings(c) {
		writeRune(b, f)
	}
	b.WriteByte(']')
}

func writeSet(b *strings.Builder, ranges []rune) bool {
	if len(ranges) == 0 || len(ranges) > 2*mostRanges {
		return false
	}
	b.WriteByte('[')
	for i := 0; i < len(ranges); i += 2 {
		writeRune(b, max(1, ranges[i])) // no text of the database has a NUL
		b.WriteByte('-')
		writeRune(b, max(1, ranges[i+1]))
	}
	b.WriteByte(']')
	return true
}

// foldings are a character and those that differ from it in case alone.
func foldings(c rune) []rune {
	all := []rune{c}
	for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
		all = append(all, f)
	}
	return all
}
