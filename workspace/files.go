package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/journey"
)

// Limits of a workspace. They are far beyond what people write and keep a stray dump, a device or
// an archive in the folder from being read into memory.
const (
	maxFile  = 1 << 20  // bytes of one file
	maxTotal = 32 << 20 // bytes of all files
	maxFiles = 5_000
)

const settingsFile = "workspace.yaml"

// loader reads a workspace and gathers what is wrong with it.
type loader struct {
	fsys     fs.FS
	problems []Problem
	files    int
	total    int
	full     bool   // a limit was reached, and said so
	written  string // workspace.yaml, as far as it could be read

	lookedUp []sized // the files of segments, catalogs and calendars
}

func (l *loader) fail(file string, line, col int, format string, args ...any) {
	l.problems = append(l.problems, problem(file, line, col, format, args...))
}

// read returns a file's text; false, and reported, when it cannot be had.
func (l *loader) read(file string) (string, bool) {
	if l.full {
		return "", false
	}
	info, err := fs.Stat(l.fsys, file) // follows links, as far as the file system lets it
	if errors.Is(err, fs.ErrNotExist) && file == settingsFile {
		l.fail(file, 1, 1, "there is no such file; write one that begins with name: and what your workspace is called")
		return "", false
	}
	if err != nil {
		l.fail(file, 1, 1, "this file cannot be read (%s); write it anew, inside the workspace", cause(err))
		return "", false
	}
	if !info.Mode().IsRegular() {
		l.fail(file, 1, 1, "this is no file; write a text file here, or remove it")
		return "", false
	}
	if l.files++; l.files > maxFiles {
		l.full = true
		l.fail(file, 1, 1, "more than %d files; write the path of a workspace, not of a folder above it", maxFiles)
		return "", false
	}
	text, err := l.text(file)
	if err != nil {
		l.fail(file, 1, 1, "this file cannot be read (%s); write it anew", cause(err))
		return "", false
	}
	if len(text) > maxFile {
		l.fail(file, 1, 1, "this file is larger than %d KB; write less into it", maxFile>>10)
		return "", false
	}
	if l.total += len(text); l.total > maxTotal {
		l.full = true
		l.fail(file, 1, 1, "the files of the workspace are larger than %d MB together; write less", maxTotal>>20)
		return "", false
	}
	return text, true
}

func (l *loader) text(file string) (string, error) {
	f, err := l.fsys.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	return string(raw), err
}

// list names the entries of a folder; a folder that is not there has none.
func (l *loader) list(folder string) []string {
	entries, err := fs.ReadDir(l.fsys, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.fail(folder, 1, 1, "this folder cannot be read (%s); write its files anew", cause(err))
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") { // editors, version control, file managers
			continue
		}
		names = append(names, e.Name())
	}
	return names
}

func (l *loader) templates() map[string]string {
	files := map[string]string{}
	for _, name := range l.list("templates") {
		file := path.Join("templates", name)
		if info, err := fs.Stat(l.fsys, file); err == nil && info.IsDir() {
			l.fail(file, 1, 1, "templates are not looked for in folders; write them into templates/ itself")
			continue
		}
		if !strings.HasSuffix(name, ".liquid") {
			continue
		}
		if text, ok := l.read(file); ok {
			files[file] = text
		}
	}
	return files
}

// journeyKeys are what the files of journeys are called; never nil.
func (l *loader) journeyKeys() []string {
	keys := []string{}
	for _, name := range l.list("journeys") {
		if key, ok := strings.CutSuffix(name, ".yaml"); ok && !strings.HasSuffix(key, ".test") {
			keys = append(keys, key)
		}
	}
	return keys
}

func (l *loader) journeys(o journey.Options) []Journey {
	var all []Journey
	first := map[string]string{} // by key
	for _, name := range l.list("journeys") {
		file := path.Join("journeys", name)
		key, isJourney := strings.CutSuffix(name, ".yaml")
		switch {
		case strings.HasSuffix(key, ".test") && isJourney:
			continue // its cases
		case strings.HasSuffix(name, ".yml"):
			l.fail(file, 1, 1, "journeys end in .yaml; write %s.yaml", strings.TrimSuffix(name, ".yml"))
			continue
		case !isJourney:
			continue
		}
		source, ok := l.read(file)
		if !ok {
			continue
		}
		j, problems := journey.Compile(file, []byte(source), o)
		l.problems = append(l.problems, problems...)
		if l.named(file, key, source, first) && j != nil {
			all = append(all, Journey{Journey: j, File: file, Source: source})
		}
	}
	slices.SortFunc(all, func(a, b Journey) int { return strings.Compare(a.Key(), b.Key()) })
	return all
}

// cause is why a file could not be had, without the path, which the problem shows already.
func cause(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Sprint(at.Err)
	}
	return err.Error()
}

// keyForm finds what a journey file says that its journey is called.
var keyForm = regexp.MustCompile(`(?m)^journey[ \t]*:[ \t]*["']?([A-Za-z0-9_-]+)`)

// named checks what a journey is called against its file's name and the files before it: also of a
// journey that cannot be run yet.
func (l *loader) named(file, want, source string, first map[string]string) bool {
	at := keyForm.FindStringSubmatchIndex(source)
	if at == nil {
		return true // the compiler says so
	}
	key, line := source[at[2]:at[3]], 1+strings.Count(source[:at[0]], "\n")
	if had, twice := first[key]; twice {
		l.fail(file, line, 1, "the journey %s stands in %s, too; write another name, or remove one of the files", key, had)
		return false
	}
	first[key] = file
	if key != want {
		l.fail(file, line, 1, "the journey %s stands in a file of another name; write journeys/%s.yaml, or journey: %s", key, key, want)
	}
	return true
}
