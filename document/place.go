package document

import (
	"strings"
	"unicode/utf8"
)

// Place finds where in the file a character of a scalar's text stands: quotes, folding and blocks put
// it elsewhere than the value begins. source are the file's lines; line and column count from 1, first
// within the text, then in the file.
func (n *Node) Place(source []string, line, column int) (int, int) {
	offset := offsetOf(n.Text, line, column)
	// Each line of the source that the value spans appears in the text, trimmed, in order.
	atLine, atColumn := n.Line, n.Column
	from := 0 // in the text
	for i := n.Line - 1; i < len(source) && from < len(n.Text); i++ {
		row, skipped := source[i], 0
		if i == n.Line-1 {
			skipped = byteOf(row, n.Column)
			if n.Quoted && skipped < len(row) {
				skipped++ // the quote, or the block's indicator
			}
		}
		rest := row[min(skipped, len(row)):]
		trimmed := strings.TrimLeft(rest, " ")
		skipped += len(rest) - len(trimmed)
		piece, found := commonPiece(n.Text[from:], trimmed)
		if piece == 0 {
			continue
		}
		begin := from + found
		if offset < begin {
			break
		}
		atLine, atColumn = i+1, utf8.RuneCountInString(row[:skipped])+1
		if offset <= begin+piece {
			atColumn += utf8.RuneCountInString(n.Text[begin:offset])
			break
		}
		from = begin + piece
	}
	return atLine, atColumn
}

// Lines are a file's lines as Read counts them.
func Lines(source []byte) []string { return strings.Split(string(plain(source)), "\n") }

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
