package journey

import (
	"strings"
	"unicode/utf8"
)

// place finds where in the file a character of a node's text stands: quotes, folding and blocks put
// it elsewhere than the value begins. line and col count from 1 within the text.
func (c *compiler) place(n *node, line, col int) (int, int) {
	offset := offsetOf(n.text, line, col)
	// Each line of the source that the value spans appears in the text, trimmed, in order.
	var at struct{ line, col int }
	at.line, at.col = n.line, n.col
	from := 0 // in n.text
	for i := n.line - 1; i < len(c.source) && from < len(n.text); i++ {
		row, skipped := c.source[i], 0
		if i == n.line-1 {
			skipped = byteOf(row, n.col)
			if n.quoted && skipped < len(row) {
				skipped++ // the quote, or the block's indicator
			}
		}
		rest := row[min(skipped, len(row)):]
		trimmed := strings.TrimLeft(rest, " ")
		skipped += len(rest) - len(trimmed)
		piece, found := commonPiece(n.text[from:], trimmed)
		if piece == 0 {
			continue
		}
		begin := from + found
		if offset < begin {
			break
		}
		at.line, at.col = i+1, utf8.RuneCountInString(row[:skipped])+1
		if offset <= begin+piece {
			at.col += utf8.RuneCountInString(n.text[begin:offset])
			break
		}
		from = begin + piece
	}
	return at.line, at.col
}

// commonPiece tells how much of a line of source stands in the text, and how many blanks before it.
func commonPiece(text, source string) (length, found int) {
	found = len(text) - len(strings.TrimLeft(text, " \n"))
	text = text[found:]
	for length < len(text) && length < len(source) && text[length] == source[length] && text[length] != '\n' {
		length++
	}
	return length, found
}

// byteOf is the index of the col-th character of a line.
func byteOf(row string, col int) int {
	for i := range row {
		if col--; col == 0 {
			return i
		}
	}
	return len(row)
}

// offsetOf is the index of a line and column in a text.
func offsetOf(text string, line, col int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return min(at+byteOf(text[at:], col), len(text))
}
