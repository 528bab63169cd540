package journey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// Files that no editor writes: each is told in one problem what is wrong with it, and where.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for name := 'b'; name <= 'j'; name++ {
		before := string(name - 1)
		bomb += fmt.Sprintf("%c: &%c [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n", name, name, before, before, before, before, before, before, before, before)
	}
	for _, c := range []struct{ name, source, want string }{
		{"NUL", "journey: a\nname: b\x00c\n", "journey.yaml:2:8: character 0x0 does not belong into text"},
		{"escape", "journey: \x1b[31m\n", "journey.yaml:1:10: character 0x1b does not belong"},
		{"not UTF-8", "journey: caf\xe9\n", "journey.yaml:1:13: byte 0xe9 is not UTF-8"},
		{"UTF-16", "\xff\xfej\x00o\x00", "journey.yaml:1:1: byte 0xff is not UTF-8"},
		{"a surrogate", "journey: \xed\xa0\x80\n", "journey.yaml:1:10: byte 0xed is not UTF-8"},
		{"a MiB and a byte", "# " + strings.Repeat("x", 1<<20-1), "journey.yaml:1:1: the file has 1048577 bytes"},
		{"aliases of aliases", bomb, "more than 50000 values, aliases written out"},
		{"deep", "journey: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "too deep"},
		{"deeper than any stack", "journey: " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000), "too deep"},
		{"deeper by braces", strings.Repeat("{a: ", 100_000), "too deep"},
		{"deeper by dashes", strings.Repeat("- ", 200_000) + "a", "too deep"},
		{"nothing", "", "journey.yaml:1:1: the file is empty"},
		{"blank", " \n\n", "journey.yaml:1:1: the file is empty"},
		{"a word", "hello", "journey.yaml:1:1: a journey is text, not a mapping"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			j, problems := journey.Compile("journey.yaml", []byte(c.source), journey.Options{})
			if j != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("want %q, got %.300v", c.want, problems)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// Windows' line ends and a byte order mark change nothing.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/lint/rule-columns/journey.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, want := journey.Compile("journey.yaml", source, journey.Options{Zone: "UTC"})
	windows := "\ufeff" + strings.ReplaceAll(string(source), "\n", "\r\n")
	_, got := journey.Compile("journey.yaml", []byte(windows), journey.Options{Zone: "UTC"})
	if fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("want %v\ngot %v", want, got)
	}
}

// FuzzCompile: whatever is in the file, there is a journey or there are problems within it, never a
// panic; and a journey that compiles can be walked.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{"testdata/lint/*/journey.yaml", "testdata/run/*/journey.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(source)
		}
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		j, problems := journey.Compile("journey.yaml", source, journey.Options{Zone: "Europe/Paris"})
		if j == nil && len(problems) == 0 {
			t.Fatal("neither a journey nor a problem")
		}
		ends := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		lines := strings.Count(ends.Replace(string(source)), "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" {
				t.Errorf("outside the file of %d lines: %v", lines, p)
			}
		}
		if j == nil {
			return
		}
		now := at(0)
		s := j.Begin(profile.Event{Number: 1, Name: "go", Time: now, Arrival: now}, now)
		for range 200 {
			a := j.Next(s, journey.Facts{Now: now, Latest: 1})
			s = roundTrip(t, s)
			switch {
			case a.Kind == journey.End, a.Kind == journey.Park && s.Wake.IsZero():
				return
			case a.Kind == journey.Park:
				if !s.Wake.After(now) {
					t.Fatalf("parked at %s until %s", now, s.Wake)
				}
				now = s.Wake
			default:
				j.Resolve(s, journey.Sent)
			}
		}
	})
}
