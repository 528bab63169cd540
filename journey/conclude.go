package journey

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/spelling"
)

// Conclude writes a journey's text anew, as if everybody got one variant of an experiment: the variant's steps stand where the experiment
// stood, comments and all else stay as they are. What comes of it compiles, or it is an error that says why it would not.
func Conclude(source []byte, step, variant string) ([]byte, error) {
	root, err := document.Read(source)
	if err != nil {
		return nil, err
	}
	at := experimentNode(root, step)
	if at == nil {
		return nil, fmt.Errorf("there is no experiment %s in this journey", step)
	}
	var names []string
	var chosen *document.Node
	for _, v := range at.Get("experiment").Get("variants").OneOrMore() {
		name := v.Get("name")
		if name == nil {
			continue
		}
		if names = append(names, name.Text); name.Text == variant {
			chosen = v
		}
	}
	if chosen == nil {
		return nil, fmt.Errorf("%s has no variant %s; write %s", step, variant, spelling.Instead(variant, names))
	}
	text := lines{strings.Split(string(source), "\n")}
	dash, end, err := text.item(at)
	if err != nil {
		return nil, err
	}
	steps, err := text.items(chosen.Get("steps"), dash)
	if err != nil {
		return nil, err
	}
	all := append([]string{}, text.all[:at.Line-1]...)
	all = append(append(all, steps...), text.all[end:]...)
	concluded := []byte(strings.Join(all, "\n"))
	if _, problems := Compile("journey.yaml", concluded, Options{}); len(problems) > 0 {
		if _, before := Compile("journey.yaml", source, Options{}); len(before) == 0 {
			words := []string{"without the experiment the journey would not pass lint:"}
			for _, p := range problems {
				words = append(words, p.String())
			}
			return nil, errors.New(strings.Join(words, "\n"))
		}
	}
	return concluded, nil
}

func experimentNode(n *document.Node, id string) *document.Node {
	if name := n.Get("id"); n.Kind == document.Object && name != nil && name.Text == id && n.Get("experiment") != nil {
		return n
	}
	for _, item := range n.Items {
		if found := experimentNode(item, id); found != nil {
			return found
		}
	}
	for _, f := range n.Fields {
		if found := experimentNode(f.Value, id); found != nil {
			return found
		}
	}
	return nil
}

// lines are a text's.
type lines struct{ all []string }

var errOneLine = errors.New("steps that stand within a line cannot be taken apart; write each on a line of its own, behind a dash")

// item is where the dash of a list's item stands in its line, and the line behind the item's last.
func (l lines) item(n *document.Node) (dash, end int, err error) {
	before := firstRunes(l.all[n.Line-1], n.Column-1)
	if strings.TrimSpace(before) != "-" {
		return 0, 0, errOneLine
	}
	dash = strings.IndexByte(before, '-')
	return dash, l.behind(n.Line, dash+1), nil
}

// behind is the line behind those from a line on that are indented at least so far; blank lines at the end are not among them.
func (l lines) behind(from, indent int) int {
	end := from
	for i := from; i < len(l.all); i++ {
		trimmed := strings.TrimLeft(l.all[i], " ")
		if trimmed == "" {
			continue
		}
		if len(l.all[i])-len(trimmed) < indent {
			break
		}
		end = i + 1
	}
	return end
}

// items are the lines of a list of steps, with their dashes at a column; a control has none.
func (l lines) items(list *document.Node, dash int) ([]string, error) {
	if list == nil {
		return nil, nil
	}
	row := l.all[list.Line-1]
	if from := len(firstRunes(row, list.Column-1)); from < len(row) && row[from] == '-' { // a block
		var all []string
		for _, text := range l.all[list.Line-1 : l.behind(list.Line, from)] {
			if strings.TrimSpace(text) == "" {
				all = append(all, "")
				continue
			}
			all = append(all, strings.Repeat(" ", dash)+text[min(from, len(text)-len(strings.TrimLeft(text, " "))):])
		}
		return all, nil
	}
	var all []string
	for _, item := range list.Items {
		text, ok := l.flow(item)
		if !ok {
			return nil, errOneLine
		}
		all = append(all, strings.Repeat(" ", dash)+"- "+text)
	}
	return all, nil
}

// flow is the text of a mapping in braces, on one line.
func (l lines) flow(n *document.Node) (string, bool) {
	row := l.all[n.Line-1]
	row = row[len(firstRunes(row, n.Column-1)):]
	depth, quote := 0, byte(0)
	for i := range len(row) {
		switch c := row[i]; {
		case quote != 0:
			if c == quote && (quote != '"' || row[i-1] != '\\') {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return row[:i+1], strings.HasPrefix(row, "{")
			}
		}
	}
	return "", false
}

// firstRunes is the beginning of a text, of so many characters.
func firstRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
