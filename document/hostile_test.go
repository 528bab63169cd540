package document_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/document"
)

// told is what a reader of this file is told, as FILE:LINE:COL: message.
func told(format document.Format, source string) (*document.Node, string) {
	root, err := format.Read([]byte(source))
	if err == nil {
		return root, ""
	}
	at := &document.Error{}
	if !errors.As(err, &at) {
		return nil, "no *Error: " + err.Error()
	}
	return nil, fmt.Sprintf("%d:%d: %s", at.Line, at.Column, at.Message)
}

// Files that no editor writes: each is told what is wrong with it, and where.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for name := 'b'; name <= 'j'; name++ {
		before := string(name - 1)
		bomb += fmt.Sprintf("%c: &%c [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n", name, name, before, before, before, before, before, before, before, before)
	}
	nest := func(inner string) string { return strings.Repeat("[", 20) + inner + strings.Repeat("]", 20) + "\n" }
	deep := "a: &a " + nest("x") + "b: &b " + nest("*a") + "c: &c " + nest("*b") + "d: &d " + nest("*c")
	for _, c := range []struct{ name, source, want string }{
		{"NUL", "journey: a\nname: b\x00c\n", "2:8: character 0x0 does not belong into text"},
		{"escape", "journey: \x1b[31m\n", "1:10: character 0x1b does not belong"},
		{"not UTF-8", "journey: caf\xe9\n", "1:13: byte 0xe9 is not UTF-8"},
		{"UTF-16", "\xff\xfej\x00o\x00", "1:1: byte 0xff is not UTF-8"},
		{"a surrogate", "journey: \xed\xa0\x80\n", "1:10: byte 0xed is not UTF-8"},
		{"a MiB and a byte", "# " + strings.Repeat("x", 1<<20-1), "1:1: the file has 1048577 bytes and a journey may have 1048576;"},
		{"aliases of aliases", bomb, "more than 50000 values, aliases written out"},
		{"deep", "journey: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "too deep"},
		{"deeper than any stack", "journey: " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000), "too deep"},
		{"deeper by braces", strings.Repeat("{a: ", 100_000), "too deep"},
		{"deeper by dashes", strings.Repeat("- ", 200_000) + "a", "too deep"},
		{"deeper by aliases", deep, "more than 64 levels deep"},
		{"an alias in itself", "a: &a [*a]\n", "1:8: *a holds itself; write it out"},
		{"an alias of nothing", "a: *b\n", "1:4: no anchor &b stands before this alias; write &b"},
		{"a merge", "a: &a { b: 1 }\nc: { <<: *a }\n", "2:6: << is not read here"},
		{"a tag", "a: !!binary aGk=\n", "1:4: the tag !!binary has no meaning here"},
		{"nothing for a name", "~: b\n", "1:1: a name is wanted before the colon"},
		{"two documents", "a: 1\n---\nb: 2\n", "3:1: a second document begins here; write one journey a file"},
		{"a tab", "a:\n\tb: 1\n", "2:1: not YAML: a tab where the indentation is; write spaces"},
		{"nothing", "", "1:1: the file is empty; write journey, entry and steps"},
		{"blank", " \n\n", "1:1: the file is empty"},
		{"a remark alone", "# later\n", "1:1: the file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			root, got := told(document.Format{Noun: "journey", Empty: "journey, entry and steps"}, c.source)
			if root != nil || !strings.Contains(got, c.want) {
				t.Errorf("want %q, got %.300q", c.want, got)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// What one kind of file does without, and what it wants written instead, is its own affair.
func TestFormat(t *testing.T) {
	t.Parallel()
	plain := document.Format{NoAliases: true, Hint: "lines such as name: acme"}
	for source, want := range map[string]string{
		"a: &b 1\n":              "1:4: anchors, aliases and tags are not read here; write the value out",
		"a: *b\n":                "1:4: anchors, aliases and tags are not read here; write the value out",
		"a: !!str b\n":           "1:4: anchors, aliases and tags are not read here; write the value out",
		"a: b: c\n":              "1:4: not YAML: mapping value is not allowed in this context; write lines such as name: acme",
		"":                       "1:1: the file is empty; write something",
		"a\n---\nb\n":            "3:1: a second document begins here; write one document a file",
		"%YAML 1.2\n---\na: b\n": "",
		"a: b\n...\n":            "",
	} {
		if _, got := told(plain, source); got != want {
			t.Errorf("%q: want %q, got %q", source, want, got)
		}
	}
}

// Windows' line ends, old ones of the Mac and a byte order mark change nothing.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	source := "a: >-\n  one\n  two\nb: { c: \"é\", d: e }\n"
	want, _ := told(document.Format{}, source)
	for _, ends := range []string{"\r\n", "\r"} {
		got, problem := told(document.Format{}, "\ufeff"+strings.ReplaceAll(source, "\n", ends))
		if problem != "" || outline(want) != outline(got) {
			t.Errorf("%q: want %s, got %s %s", ends, outline(want), outline(got), problem)
		}
	}
}

// outline writes all values with their places.
func outline(n *document.Node) string {
	s := fmt.Sprintf("%d:%d %q", n.Line, n.Column, n.Text)
	for _, item := range n.Items {
		s += " - " + outline(item)
	}
	for _, f := range n.Fields {
		s += " {" + outline(f.Key) + ": " + outline(f.Value) + "}"
	}
	return s
}

// FuzzRead: whatever is in the file, there are nodes or there is an error within it, never a panic; and
// whatever a node is asked for, it lies within the file and so do the problems.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../journey/testdata/*/*/journey.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("a: !!binary x\n---\nb: 1\n"))
	f.Add([]byte("a: [1e400, 010, .inf, True, 9007199254740993, 21:00, {10: 30}, \"\\u00e9\"]\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		lines := len(document.Lines(source))
		within := func(line, column int, message string) {
			if line < 1 || line > lines || column < 1 || message == "" {
				t.Errorf("outside the file of %d lines: %d:%d %q", lines, line, column, message)
			}
		}
		r := &document.Reader{Report: within}
		root, err := r.Read(source)
		if err != nil {
			at := &document.Error{}
			if !errors.As(err, &at) {
				t.Fatalf("%T: %v", err, err)
			}
			within(at.Line, at.Column, at.Message)
			return
		}
		ask(r, root, document.Lines(source), within)
	})
}

// ask asks a node and all in it for everything.
func ask(r *document.Reader, n *document.Node, lines []string, within func(line, column int, message string)) {
	within(n.Line, n.Column, n.Shape())
	for _, c := range n.Text {
		line, column := n.Place(lines, 1, 1+strings.IndexRune(n.Text, c))
		within(line, column, "a letter")
	}
	r.Text(n, "it", "text")
	r.Names(n, "it", "names")
	r.OneOf(n, "it", "true", "false")
	r.Yes(n, "it")
	r.Value(n)
	r.Values(n, "it")
	r.Items(n, "it")
	r.Fields(n, "it", nil)
	if m, ok := r.Mapping(n, "it", "a mapping"); ok {
		m.Want("name", "name: and a name")
		m.Done("later")
	}
	r.Each(n, func(_, value *document.Node) { value.OneOrMore() })
	for _, item := range n.Items {
		ask(r, item, lines, within)
	}
	for _, f := range n.Fields {
		ask(r, f.Value, lines, within)
	}
}
