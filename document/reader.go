package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// Reader reads nodes as what a language expects. What they are not goes to Report, and reading goes
// on; an absent node (nil) is nothing to report.
type Reader struct {
	Format
	Report func(line, column int, message string)
}

// Fail reports what is wrong at a node.
func (r *Reader) Fail(n *Node, format string, args ...any) {
	r.Report(n.Line, n.Column, fmt.Sprintf(format, args...))
}

// Text reads one piece of text. A number is text, too, as it is written. The example is what to write.
func (r *Reader) Text(n *Node, what, example string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind == Scalar && n.Text != "" {
		return n.Text, true
	}
	if clock, ok := n.brokenClock(); ok {
		r.Fail(n, "%s is read as a mapping; write %q in quotes", clock, clock)
		return "", false
	}
	shape := n.Shape()
	if n.Kind == Scalar {
		shape = "empty"
	}
	r.Fail(n, "%s is %s; write %s", what, shape, example)
	return "", false
}

// brokenClock recognises {at: 10:00}: between braces the parser takes the 10 for a name.
func (n *Node) brokenClock() (string, bool) {
	if n.Kind != Object || len(n.Fields) != 1 || n.Fields[0].Value.Kind != Scalar {
		return "", false
	}
	hour, minute := n.Fields[0].Key.Text, n.Fields[0].Value.Text
	if !digits(hour) || !digits(minute) {
		return "", false
	}
	return fmt.Sprintf("%s:%s", hour, minute), true
}

func digits(s string) bool {
	return s != "" && len(s) <= 2 && strings.Trim(s, "0123456789") == ""
}

// Names reads one name or a list of names, of which none stands twice.
func (r *Reader) Names(n *Node, what, example string) []string {
	if n == nil {
		return nil
	}
	if n.Kind == List && len(n.Items) == 0 {
		r.Fail(n, "the list is empty; write %s", example)
	}
	var all []string
	for _, item := range n.OneOrMore() {
		name, ok := r.Text(item, what, example)
		switch {
		case ok && slices.Contains(all, name):
			r.Fail(item, "%s stands here twice; write it once", name)
		case ok:
			all = append(all, name)
		}
	}
	return all
}

// OneOf reads one word of a closed list; the first is the default.
func (r *Reader) OneOf(n *Node, what string, words ...string) string {
	text, ok := r.Text(n, what, spelling.Listed(words))
	if !ok {
		return words[0]
	}
	if !slices.Contains(words, text) {
		r.Fail(n, "%s cannot be %s; write %s", what, text, spelling.Instead(text, words))
		return words[0]
	}
	return text
}

// Yes reads true or false.
func (r *Reader) Yes(n *Node, what string) bool {
	if n == nil {
		return false
	}
	yes, ok := n.Value().(bool)
	if !ok {
		r.Fail(n, "%s is true or false; write true or false, unquoted", what)
	}
	return yes
}

// Items reads a list.
func (r *Reader) Items(n *Node, what string) []*Node {
	if n == nil {
		return nil
	}
	if n.Kind != List {
		r.Fail(n, "%s is %s; write a list, each item behind a -", what, n.Shape())
	}
	return n.Items
}
