package journey_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// script is what happens to a profile while a journey runs.
type script struct {
	At         time.Time         `yaml:"at"` // of the start; offsets count from it
	Attributes map[string]any    `yaml:"attributes"`
	Hold       map[string]string `yaml:"hold"`
	Calls      map[string][]any  `yaml:"calls"`
	Chance     map[string]string `yaml:"chance"`
	Receptive  map[int]float64   `yaml:"receptive"` // by hour of the week, from Monday 00:00
	Until      string            `yaml:"until"`     // how long to go on; 60d unless said
	Events     []struct {
		At         string         `yaml:"at"`
		Event      string         `yaml:"event"`
		Properties map[string]any `yaml:"properties"`
		Identify   map[string]any `yaml:"identify"`
		Migrate    string         `yaml:"migrate"` // a file beside the script: the journey from here on
	} `yaml:"events"`
}

// TestRun plays every case twice: with dispatch judging each event as it comes, and with a run that
// is only told to look. Both must come to the same timeline.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "testdata/run/*") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			j, problems := compileCase(t, folder)
			if j == nil {
				t.Fatalf("does not compile: %v", problems)
			}
			judged := play(t, folder, j, true)
			golden(t, filepath.Join(folder, "timeline.txt"), strings.Join(judged, "\n")+"\n")
			if diff := cmp.Diff(judged, play(t, folder, j, false)); diff != "" {
				t.Errorf("not the same when the run looks for itself (-judged +looked):\n%s", diff)
			}
		})
	}
}

// TestMigratingToItself plays every case with an edit after each event that changes nothing.
func TestMigratingToItself(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t, "testdata/run/*") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			j, problems := compileCase(t, folder)
			if j == nil {
				t.Fatalf("does not compile: %v", problems)
			}
			for _, judging := range []bool{true, false} {
				got := unedited(playWith(t, folder, j, judging, func(w *world) { w.migrate(w.j) }))
				want := unedited(play(t, folder, j, judging))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("judging %v (-unedited +edited):\n%s", judging, diff)
				}
			}
		})
	}
}

func unedited(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		return strings.Contains(line, "the journey is edited") || strings.Contains(line, "moved: stays at ")
	})
}

// TestMigratingToAnything edits each journey, while it runs, into every other one: the run always finds
// a step to go on with, or is completed.
func TestMigratingToAnything(t *testing.T) {
	t.Parallel()
	all := map[string]*journey.Journey{}
	for _, folder := range folders(t, "testdata/run/*") {
		if j, _ := compileCase(t, folder); j != nil {
			all[folder] = j
		}
	}
	for folder, from := range all {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			for other, to := range all {
				edits := 0
				timeline := playWith(t, folder, from, true, func(w *world) {
					if edits++; edits <= 2 { // there, and back
						w.migrate(map[bool]*journey.Journey{true: to, false: from}[w.j == from])
					}
				})
				lost := func(line string) bool {
					return strings.Contains(line, "no step ") || strings.Contains(line, "too many steps")
				}
				if slices.ContainsFunc(timeline, lost) {
					t.Errorf("into %s:\n%s", other, strings.Join(timeline, "\n"))
				}
			}
		})
	}
}

func play(t *testing.T, folder string, j *journey.Journey, judging bool) []string {
	t.Helper()
	return playWith(t, folder, j, judging, func(*world) {})
}

// playWith plays a script, doing something more after each of its events.
func playWith(t *testing.T, folder string, j *journey.Journey, judging bool, more func(*world)) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "script.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := yaml.UnmarshalWithOptions(raw, &s, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, j: j, now: s.At, judging: judging, profile: &profile.Profile{ID: "p1", Attributes: floats(s.Attributes)},
		history: map[string][]profile.Event{}, entries: map[string]time.Time{}, hold: map[string]time.Duration{},
	}
	if w.profile.Attributes == nil {
		w.profile.Attributes = map[string]any{}
	}
	w.calls, w.chance = s.Calls, s.Chance
	if s.Receptive != nil {
		w.profile.Computed.Receptive = make([]float64, 168)
		for hour, rate := range s.Receptive {
			w.profile.Computed.Receptive[hour] = rate
		}
	}
	for step, length := range s.Hold {
		w.hold[step] = offset(t, s.At, length).Sub(s.At)
	}
	if _, err := os.Stat(filepath.Join(folder, "workspace.yaml")); err != nil {
		w.zone, _ = calendar.LoadZone("Europe/Paris")
	}
	for _, e := range s.Events {
		w.until(offset(t, s.At, e.At), false)
		switch {
		case e.Migrate != "":
			w.migrate(edited(t, filepath.Join(folder, e.Migrate)))
		case e.Identify != nil:
			w.identify(floats(e.Identify))
		default:
			w.event(e.Event, floats(e.Properties))
		}
		more(w)
	}
	if s.Until == "" {
		s.Until = "60d"
	}
	w.until(offset(t, s.At, s.Until), true)
	for _, r := range w.runs {
		if !r.over {
			w.say(r, "still at %s", r.state.Step)
		}
	}
	return w.timeline
}

func edited(t *testing.T, file string) *journey.Journey {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	j, problems := journey.Compile(filepath.Base(file), raw, journey.Options{})
	if j == nil {
		t.Fatalf("%s does not compile: %v", file, problems)
	}
	return j
}

func offset(t *testing.T, start time.Time, text string) time.Time {
	t.Helper()
	d, err := calendar.ParseOffset(text)
	if err != nil {
		t.Fatal(err)
	}
	return d.AddTo(start, time.UTC)
}

// floats makes numbers what they are in JSON.
func floats(m map[string]any) map[string]any {
	for name, value := range m {
		switch v := value.(type) {
		case uint64:
			m[name] = float64(v)
		case int64:
			m[name] = float64(v)
		}
	}
	return m
}
