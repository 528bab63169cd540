package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/alecthomas/kong"

	"github.com/mixtapehq/mixtape/workspace"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

func documents() []string {
	return []string{
		"README.md", "docs/operations.md", "docs/architecture.md", "docs/journeys.md", "docker-compose.yml", "docs/sending.md", "docs/templates.md", "docs/tracking.md",
		"docs/consent.md", "docs/channels.md", "docs/feedback.md", "docs/privacy.md", "docs/segments.md", "docs/rules.md", "docs/measuring.md", "docs/prediction.md",
	}
}

// The first journey of the README is one: it passes lint as it stands there, and its case.
func TestFirstJourney(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	blocks := regexp.MustCompile("(?s)```(?:yaml|liquid)\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	for _, block := range blocks {
		text := block[1]
		name := "templates/hello.email.liquid"
		if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "# ") {
			name = strings.TrimPrefix(first, "# ")
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	files["templates/nudge.email.liquid"] = files["templates/hello.email.liquid"]
	w, problems := workspace.LoadFS(files)
	for _, p := range problems {
		t.Error(p)
	}
	if len(w.Journeys) != 1 || len(files) != 5 {
		t.Fatalf("%d journeys in %d files", len(w.Journeys), len(files))
	}
	cases, problems := trial.Load(files, []string{"welcome"})
	for _, p := range problems {
		t.Error(p)
	}
	suite, err := trial.New(w)
	if err != nil || len(cases) != 1 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	if r := suite.Play(t.Context(), &cases[0]); !r.OK {
		var words strings.Builder
		r.Print(&words)
		t.Error(words.String())
	}
}

// What is written of variables and commands is so, and no variable is left out.
func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	envs, files, commands := map[string]bool{}, map[string]bool{}, map[string]bool{}
	err := kong.Visit(commandLine(t).Model, func(node kong.Visitable, next kong.Next) error {
		switch node := node.(type) {
		case *kong.Flag:
			for _, name := range node.Envs {
				envs[name] = true
				files[name+"_FILE"] = node.Tag.Has("secret") // which may come from a file
			}
		case *kong.Command:
			commands[node.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	variable := regexp.MustCompile(`MIXTAPE_[A-Z_]+[A-Z]`)
	command := regexp.MustCompile("(?:`|\\./|=\\.\\.\\. )mixtape ([a-z]+)")
	for _, file := range documents() {
		text := read(t, file)
		for _, name := range variable.FindAllString(text, -1) {
			if !envs[name] && !files[name] && !strings.HasPrefix(name, "MIXTAPE_SECRET_NAME") { // NAME is the journey's
				t.Errorf("%s: there is no variable %s", file, name)
			}
		}
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if !commands[m[1]] {
				t.Errorf("%s: there is no command %s", file, m[1])
			}
		}
	}
	table := read(t, "README.md")
	for name := range envs {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("README.md does not say what %s means", name)
		}
	}
}

// Links between documents lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)\)`)
	for _, file := range []string{"README.md", "docs/operations.md", "docs/architecture.md", "docs/journeys.md", "docs/rules.md", "docs/segments.md", "docs/consent.md", "docs/feedback.md", "examples/README.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			if !exists(filepath.Join(filepath.Dir(file), m[1])) {
				t.Errorf("%s: there is no %s", file, m[1])
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
