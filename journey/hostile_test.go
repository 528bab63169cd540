package journey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

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
