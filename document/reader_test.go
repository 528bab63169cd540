package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/document"
)

// reading reads source and returns a reader, the root and what was reported so far.
func reading(t *testing.T, source string) (*document.Reader, *document.Node, *[]string) {
	t.Helper()
	var problems []string
	r := &document.Reader{Report: func(line, column int, message string) {
		problems = append(problems, fmt.Sprintf("%d:%d: %s", line, column, message))
	}}
	r.Noun = "journey"
	root, err := r.Read([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return r, root, &problems
}

func same[T any](t *testing.T, name string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	r, root, problems := reading(t, `channel: email
chanel: sms
empty:
empty: 1
channel: push
quiet: true
tmplate: hi
dance: 1
kept: 1
`)
	m, ok := r.Mapping(root, "a send", "{channel: email}")
	if !ok {
		t.Fatal("no mapping")
	}
	same(t, "the first counts", "email", m.Get("channel").Text)
	if m.Get("empty") != nil || !m.Has("empty") || m.Has("absent") || m.Get("absent") != nil {
		t.Error("a field without a value is written and not there")
	}
	if m.Want("template", "template: hi") != nil || m.Want("priority", "priority: high") != nil {
		t.Error("fields from nowhere")
	}
	m.Know("kept")
	m.Done("quiet")
	same(t, "problems", []string{
		"4:1: empty stands here twice, first in line 3; write it once",
		"5:1: channel stands here twice, first in line 1; write it once",
		"3:1: empty has no value; write one, or leave empty out",
		"1:1: a send has no priority; write priority: high",
		"2:1: a send has no field chanel; write channel",
		"6:1: quiet is not supported yet in a send; write the journey without it",
		"7:1: a send has no field tmplate; write template",
		"8:1: a send has no field dance; write one of absent, channel, empty, kept, priority, template",
	}, *problems)
}

func TestWhatIsNoMapping(t *testing.T) {
	t.Parallel()
	for source, shape := range map[string]string{"a": "text", "- a": "a list", "~": "empty"} {
		r, root, problems := reading(t, source)
		m, ok := r.Mapping(root, "a send", "{channel: email}")
		if ok || m.Get("channel") != nil || m.Has("channel") || r.Fields(root, "a send", nil) {
			t.Errorf("%s is taken for a mapping", source)
		}
		same(t, source, []string{
			"1:1: a send is " + shape + ", not a mapping; write {channel: email}",
			"1:1: a send is " + shape + ", not a mapping; write name: value pairs",
		}, *problems)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	r, root, problems := reading(t, "b: 1\na: 2\nb: 3\nc:\nbb: 4\n")
	var seen []string
	see := func(n *document.Node) { seen = append(seen, n.Text) }
	if !r.Fields(root, "it", map[string]func(*document.Node){"a": see, "b": see, "c": see}) {
		t.Error("no mapping")
	}
	same(t, "in the order of the file", []string{"1", "2"}, seen)
	same(t, "problems", []string{
		"3:1: b stands here twice, first in line 1; write it once",
		"4:1: c has no value; write one, or leave c out",
		"5:1: it has no field bb; write b",
	}, *problems)
}

func TestEach(t *testing.T) {
	t.Parallel()
	r, root, problems := reading(t, "b: 1\na: 2\nb: 3\nc:\n")
	var seen []string
	r.Each(root, func(key, value *document.Node) { seen = append(seen, key.Text+"="+value.Text) })
	same(t, "in the order of the file", []string{"b=1", "a=2"}, seen)
	same(t, "problems", []string{
		"3:1: b stands here twice, first in line 1; write it once",
		"4:1: c has no value; write one, or leave c out",
	}, *problems)
}

// TestScalars reads one value as everything.
func TestScalars(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		source string
		read   func(r *document.Reader, n *document.Node) any
		want   any
		told   string
	}{
		{"text", "hi", text, "hi", ""},
		{"a number as text", "0.50", text, "0.50", ""},
		{"quoted", "'  '", text, "  ", ""},
		{"a block", "|\n    a\n    b\n", text, "a\nb\n", ""},
		{"no text", "''", text, "", "1:6: it is empty; write a name"},
		{"null", "null", text, "", "1:6: it is empty; write a name"},
		{"a list for text", "[a]", text, "", "1:6: it is a list; write a name"},
		{"a mapping for text", "{a: b}", text, "", "1:6: it is a mapping; write a name"},
		{"a time in braces", "{9: 30}", text, "", `1:6: 9:30 is read as a mapping; write "9:30" in quotes`},

		{"one name", "a", names, []string{"a"}, ""},
		{"names", "[a, b]", names, []string{"a", "b"}, ""},
		{"names twice", "[a, b, a]", names, []string{"a", "b"}, "1:13: a stands here twice; write it once"},
		{"no names", "[]", names, []string(nil), "1:6: the list is empty; write a name"},
		{"a list in names", "[a, [b]]", names, []string{"a"}, "1:10: it is a list; write a name"},

		{"a word", "high", oneOf, "high", ""},
		{"a word misspelt", "hihg", oneOf, "normal", "1:6: it cannot be hihg; write high"},
		{"another word", "urgent", oneOf, "normal", "1:6: it cannot be urgent; write normal, high or low"},
		{"no word", "[high]", oneOf, "normal", "1:6: it is a list; write normal, high or low"},

		{"true", "true", yes, true, ""},
		{"false", "false", yes, false, ""},
		{"quoted true", "'true'", yes, false, "1:6: it is true or false; write true or false, unquoted"},
		{"true in capitals", "TRUE", yes, false, "1:6: it is true or false; write true or false, unquoted"},
		{"yes", "yes", yes, false, "1:6: it is true or false; write true or false, unquoted"},
		{"a list for true", "[true]", yes, false, "1:6: it is true or false; write true or false, unquoted"},

		{"items", "[a, b]", items, 2, ""},
		{"no list", "a", items, 0, "1:6: it is text; write a list, each item behind a -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, root, problems := reading(t, "it:  "+c.source)
			same(t, "value", c.want, c.read(r, root.Get("it")))
			same(t, "problems", c.told, strings.Join(*problems, "\n"))
		})
	}
}

func text(r *document.Reader, n *document.Node) any {
	s, ok := r.Text(n, "it", "a name")
	if ok != (s != "") {
		return "text that is none"
	}
	return s
}
func names(r *document.Reader, n *document.Node) any { return r.Names(n, "it", "a name") }
func oneOf(r *document.Reader, n *document.Node) any {
	return r.OneOf(n, "it", "normal", "high", "low")
}
func yes(r *document.Reader, n *document.Node) any   { return r.Yes(n, "it") }
func items(r *document.Reader, n *document.Node) any { return len(r.Items(n, "it")) }

// What is not written is nothing to complain of.
func TestNothing(t *testing.T) {
	t.Parallel()
	r, _, problems := reading(t, "a: b")
	_, ok := r.Text(nil, "it", "text")
	value, clear := r.Value(nil)
	if ok || r.Yes(nil, "it") || r.Names(nil, "it", "") != nil || r.OneOf(nil, "it", "a", "b") != "a" ||
		r.Items(nil, "it") != nil || r.Values(nil, "it") != nil || value != nil || !clear {
		t.Error("something comes of nothing")
	}
	if len(*problems) > 0 {
		t.Error(*problems)
	}
}

// TestPlace finds the letter x, wherever quotes, folding and blocks put it.
func TestPlace(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"a: x",
		"a: one x",
		"é: \"é x\"",
		"a: 'one x'",
		"a: >-\n  one\n\n  two x\n  three\n",
		"a: |\n  one\n    x\n",
		"a: one\n  two x\n",
		"- { a: [b, \"c x\"] }",
	} {
		_, root, _ := reading(t, source)
		n := root
		for n.Kind != document.Scalar {
			switch n.Kind {
			case document.List:
				n = n.Items[len(n.Items)-1]
			default:
				n = n.Fields[0].Value
			}
		}
		rows := strings.Split(n.Text, "\n")
		i := slices.IndexFunc(rows, func(row string) bool { return strings.Contains(row, "x") })
		line, column := n.Place(document.Lines([]byte(source)), i+1, 1+len([]rune(rows[i][:strings.IndexByte(rows[i], 'x')])))
		row := []rune(strings.Split(source, "\n")[line-1])
		if column > len(row) || row[column-1] != 'x' {
			t.Errorf("%q: no x at %d:%d", source, line, column)
		}
	}
}
