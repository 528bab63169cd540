package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mixtapehq/mixtape/"

// floors is the house from top to bottom. A room imports only from rooms on floors below its own;
// the packages of one room may import each other. "" is the root, the mixtape command.
var floors = [...][]string{
	{""},
	{"cli", "bench"},
	{"dev"},
	{"starter", "worker"},
	{"console", "workspace", "importing"},
	{"workflows"},
	{"activities", "dispatch"},
	{"store", "channels"},
	{"journey", "segment", "gate", "message", "insight"},
	{"rules"},
	{"document", "tracking", "markup"},
	{"profile", "calendar", "examples", "spelling"},
}

// modules are folders with a go.mod of their own, whose imports are their own affair.
var modules = [...]string{"dev/temporal"}

// longest is how many lines a hand-written file may have: one idea fits into fewer.
const longest = 400

// source is a parsed Go file.
type source struct {
	path  string // from the root, with slashes
	file  *ast.File
	lines int
}

// folder is where the file lives, "" for the root.
func (s source) folder() string { return strings.TrimPrefix(path.Dir(s.path), ".") }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// sources reads every Go file of the repository, also those of other modules and build tags.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		code, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		all = append(all, parse(t, name, string(code)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files here")
	}
	return all
}

func parse(t *testing.T, name, code string) source {
	t.Helper()
	set := token.NewFileSet()
	// Objects are resolved within the file, which tells a variable from one that shadows it.
	file, err := parser.ParseFile(set, name, code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: name, file: file, lines: strings.Count(code, "\n")}
}

// byFolder groups files into packages.
func byFolder(all []source) map[string][]source {
	packages := map[string][]source{}
	for _, s := range all {
		packages[s.folder()] = append(packages[s.folder()], s)
	}
	return packages
}

func floorOf(room string) (int, bool) {
	for n, rooms := range floors {
		if slices.Contains(rooms, room) {
			return n, true
		}
	}
	return 0, false
}

// Tests may reach up, to a harness for example; the code itself may not.
func TestPackagesImportOnlyFromFloorsBelow(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.isTest() || slices.ContainsFunc(modules[:], func(m string) bool { return s.folder() == m || strings.HasPrefix(s.folder(), m+"/") }) {
			continue
		}
		room, _, _ := strings.Cut(s.folder(), "/")
		floor, ok := floorOf(room)
		if !ok {
			t.Errorf("%s: %s is not a room of the house; put the file in one that is", s.path, room)
			continue
		}
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			inner, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			other, _, _ := strings.Cut(inner, "/")
			if other == room {
				continue
			}
			if below, ok := floorOf(other); !ok || below <= floor {
				t.Errorf("%s imports %s, which is not on a floor below %s", s.path, inner, room)
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.lines > longest && !ast.IsGenerated(s.file) {
			t.Errorf("%s has %d lines, more than %d; one idea a file", s.path, s.lines, longest)
		}
	}
}

func TestPackagesAreNamedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	banned := []string{"util", "utils", "helper", "helpers", "common", "misc", "model", "models", "type", "types"}
	for folder, files := range byFolder(sources(t)) {
		name := files[0].file.Name.Name
		for _, word := range []string{name, path.Base(folder)} {
			if slices.Contains(banned, strings.TrimSuffix(word, "_test")) {
				t.Errorf("%s is called %s, which says nothing of what is in it", folder, word)
			}
		}
	}
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	for folder, files := range byFolder(sources(t)) {
		files = slices.DeleteFunc(files, func(s source) bool { return s.isTest() || ast.IsGenerated(s.file) })
		if len(files) > 0 && !slices.ContainsFunc(files, func(s source) bool { return s.file.Doc != nil }) {
			t.Errorf("package %s in %q has no doc comment", files[0].file.Name.Name, folder)
		}
	}
}
