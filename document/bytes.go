package document

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Limits of one file. A journey of a hundred steps has some 30 KB and 2,000 nodes; what is far
// beyond was not written by hand, and aliases of aliases grow without end.
const (
	maxSource = 1 << 20
	maxNodes  = 50_000
	maxDepth  = 64
	maxIndent = 128
)

// plain is the file without what editors leave in it unseen: a byte order mark, other systems' line
// ends. Lines are then counted by everybody as the editor shows them.
func plain(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
}

// checkBytes refuses what is no text, and what would lead the parser astray: it needs far more time
// and memory for brackets in brackets than they have bytes.
func (f Format) checkBytes(source []byte) error {
	if len(source) > maxSource {
		return bad(1, 1, "the file has %d bytes and a %s may have %d; write a shorter one, or several", len(source), f.noun(), maxSource)
	}
	line, col, depth, indent := 1, 1, 0, 0
	begun := false // the line has more than indentation
	for i := 0; i < len(source); {
		c, size := utf8.DecodeRune(source[i:])
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if !begun && strings.ContainsRune(" -?:\t", c) {
			indent++
		} else {
			begun = true
		}
		switch {
		case c == utf8.RuneError && size == 1:
			return bad(line, col, "byte %#x is not UTF-8; write the file in UTF-8", source[i])
		case depth > maxDepth || indent > maxIndent:
			return bad(line, col, "too deep; write it flatter")
		case c == '\n':
			line, col, indent, begun = line+1, 0, 0, false
		case c == '\t':
		case c < ' ', c == 0x7f:
			return bad(line, col, "character %#x does not belong into text; write it without", c)
		}
		i, col = i+size, col+1
	}
	return nil
}
