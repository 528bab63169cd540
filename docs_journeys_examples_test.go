package main_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/workspace"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

// whole makes a file of an example: steps, or fields of a journey or of a case, get what is missing
// around them.
func (b block) whole() string {
	indented := func(by string) string {
		return by + strings.ReplaceAll(strings.TrimSuffix(b.text, "\n"), "\n", "\n"+by) + "\n"
	}
	has := func(name string) bool { return regexp.MustCompile(`(?m)^` + name + `:`).MatchString(b.text) }
	text := ""
	add := func(name, field string) {
		if !has(name) {
			text += field + "\n"
		}
	}
	switch {
	case strings.HasPrefix(b.text, "- "):
		return "journey: x\nentry: { event: go }\nsteps:\n" + indented("  ")
	case b.chapter == aboutCases && has("cases"):
		return b.text
	case b.chapter == aboutCases:
		add("name", "    name: x")
		add("at", "    at: 2026-03-27T18:00:00+01:00")
		add("expect", "    expect: []")
		return "journey: x\ncases:\n  -\n" + text + indented("    ")
	}
	add("journey", "journey: x")
	add("entry", "entry: { event: go }")
	add("steps", "steps: [ { id: one, exit: over } ]")
	return text + b.text
}

// Every example is in order, and together they use every field.
func TestExamplesOfJourneys(t *testing.T) {
	t.Parallel()
	tables, _, blocks := journeysPage(t)
	known, used := places(t), map[string]bool{}
	for _, b := range blocks {
		if strings.HasPrefix(b.text, "# ") {
			continue // a file of the workspace that the page begins with
		}
		text := b.whole()
		chapter := b.chapter
		if chapter != aboutCases {
			chapter = aboutFiles
		}
		for _, problem := range known[chapter+": "].problemsOf(text) {
			t.Errorf("docs/journeys.md:%d: %s", b.line, problem)
		}
		root, err := document.Read([]byte(text))
		if err != nil {
			t.Errorf("docs/journeys.md:%d: %v", b.line, err)
			continue
		}
		use(root, chapter, "", used)
	}
	for at, fields := range tables {
		for _, f := range fields {
			if name := strings.ReplaceAll(at+"."+f.name, ": .", ": "); !used[name] {
				t.Errorf("no example uses %s", name)
			}
		}
	}
}

// use notes the fields that a part of an example uses.
func use(n *document.Node, chapter, path string, used map[string]bool) {
	if n.Kind == document.List {
		for _, item := range n.Items {
			at, below := chapter, path
			if item.Get("id") != nil && chapter != aboutCases {
				at, below = aboutSteps, ""
			}
			use(item, at, below, used)
		}
		return
	}
	for _, f := range n.Fields {
		below := strings.TrimPrefix(path+"."+f.Key.Text, ".")
		used[chapter+": "+below] = true
		if below == "cases.calls" { // by step
			for _, answers := range f.Value.Fields {
				use(answers.Value, chapter, below, used)
			}
			continue
		}
		use(f.Value, chapter, below, used)
	}
}

// The workspace that the page begins with is one, and its cases pass.
func TestWorkspaceOfJourneysPage(t *testing.T) {
	t.Parallel()
	_, _, blocks := journeysPage(t)
	files := fstest.MapFS{}
	send := regexp.MustCompile(`send: \{ channel: \[?([a-z, ]+)\]?, template: ([a-z-]+)`)
	for _, b := range blocks {
		first, _, _ := strings.Cut(b.text, "\n")
		if !strings.HasPrefix(first, "# ") {
			continue
		}
		files[strings.TrimPrefix(first, "# ")] = &fstest.MapFile{Data: []byte(b.text)}
		for _, m := range send.FindAllStringSubmatch(b.text, -1) {
			for _, channel := range strings.Split(m[1], ", ") {
				text := "---\nsubject: Hello\ntopic: tips\n---\nHello {{ user.first_name }} <a href=\"{{ unsubscribe_url }}\">stop</a>"
				if channel == "push" {
					text = "---\ntitle: Hello\ntopic: tips\n---\nHello"
				}
				files["templates/"+m[2]+"."+channel+".liquid"] = &fstest.MapFile{Data: []byte(text)}
			}
		}
	}
	w, problems := workspace.LoadFS(files)
	cases, wrong := trial.Load(files, []string{"onboarding"})
	for _, p := range append(problems, wrong...) {
		t.Error(p)
	}
	suite, err := trial.New(w)
	if err != nil || len(cases) == 0 || len(w.Journeys) != 1 {
		t.Fatalf("%d cases of %d journeys in %v, %v", len(cases), len(w.Journeys), slices.Sorted(maps.Keys(files)), err)
	}
	for _, r := range suite.PlayAll(t.Context(), cases) {
		if !r.OK {
			var words strings.Builder
			r.Print(&words)
			t.Error(words.String())
		}
	}
}

// The page tells, where it tells of them, of every flag of test and simulate, and of no other.
func TestFlagsForCasesAreDocumented(t *testing.T) {
	t.Parallel()
	written := map[string]bool{}
	_, playing, ok := strings.Cut(read(t, "docs/journeys.md"), "\n## Playing cases")
	if !ok {
		t.Fatal("the page does not say how cases are played")
	}
	for _, m := range regexp.MustCompile(`--[a-z]+`).FindAllString(playing, -1) {
		written[m] = true
	}
	there := map[string]bool{}
	err := kong.Visit(commandLine(t).Model, func(node kong.Visitable, next kong.Next) error {
		if command, ok := node.(*kong.Command); ok && (command.Name == "test" || command.Name == "simulate") {
			for _, flag := range command.Flags {
				there["--"+flag.Name] = true
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, written); diff != "" {
		t.Errorf("flags (-there are +docs/journeys.md tells of):\n%s", diff)
	}
}
