package workspace_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/mixtapehq/mixtape/workspace"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// wantProblem expects a problem of a file whose message holds some words.
func wantProblem(t *testing.T, problems []workspace.Problem, file, words string) {
	t.Helper()
	for _, p := range problems {
		if p.File == file && strings.Contains(p.Message, words) {
			return
		}
	}
	t.Errorf("no problem of %s says %q; there are: %v", file, words, problems)
}

func TestLinksOutOfTheFolderAreNotFollowed(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	const secret = "---\nsubject: S\n---\nthe secret\n"
	write(t, filepath.Join(outside, "secret.liquid"), secret)
	write(t, filepath.Join(outside, "segments", "all.yaml"), "segment: all\n")
	write(t, filepath.Join(dir, "workspace.yaml"), settings)
	write(t, filepath.Join(dir, "inside.liquid"), "---\nsubject: I\n---\ninside\n")
	write(t, filepath.Join(dir, "journeys", "hello.yaml"), strings.Replace(hello, "template: hi", "template: here", 1))
	link(t, filepath.Join(outside, "secret.liquid"), filepath.Join(dir, "templates", "absolute.email.liquid"))
	link(t, "../../"+filepath.Base(outside)+"/secret.liquid", filepath.Join(dir, "templates", "relative.email.liquid"))
	link(t, "../inside.liquid", filepath.Join(dir, "templates", "here.email.liquid"))
	link(t, filepath.Join(outside, "segments"), filepath.Join(dir, "segments"))
	w, problems := workspace.Load(dir)
	for _, file := range []string{"templates/absolute.email.liquid", "templates/relative.email.liquid", "segments"} {
		wantProblem(t, problems, file, "cannot be read")
	}
	if len(problems) != 3 {
		t.Errorf("%d problems, want 3: %v", len(problems), problems)
	}
	for _, v := range w.Versions() {
		for name, text := range v.Templates {
			if strings.Contains(text, "secret") {
				t.Errorf("%s holds a file from outside of the folder", name)
			}
		}
	}
	if got := w.Versions()[0].Templates["here.email.liquid"]; !strings.Contains(got, "inside") {
		t.Errorf("a link within the folder is not followed: %q", got)
	}
}

func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "workspace.yaml"), settings)
	for _, folder := range []string{"templates", "journeys"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "templates", "pipe.email.liquid"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "journeys", "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, problems := workspace.Load(dir)
	wantProblem(t, problems, "templates/pipe.email.liquid", "no file")
	wantProblem(t, problems, "journeys/folder.yaml", "no file")
}

func TestFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, problems := workspace.Load(dir)
	wantProblem(t, problems, dir, "cannot be read")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	large := files(map[string]string{"templates/large.email.liquid": strings.Repeat("x", 1<<20+1)})
	_, problems := workspace.LoadFS(large)
	wantProblem(t, problems, "templates/large.email.liquid", "larger than 1024 KB")

	total := files(nil)
	for i := range 40 {
		total[fmt.Sprintf("templates/z%02d.email.liquid", i)] = &fstest.MapFile{Data: []byte(strings.Repeat("x", 1<<20-1))}
	}
	_, problems = workspace.LoadFS(total)
	wantProblem(t, problems, "templates/z31.email.liquid", "32 MB")

	many := files(nil)
	for i := range 5001 {
		many[fmt.Sprintf("templates/_p%04d.liquid", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	_, problems = workspace.LoadFS(many)
	wantProblem(t, problems, "templates/_p4998.liquid", "more than 5000 files")
}

// Whatever stands in the file, lint ends, and says where.
func FuzzSettings(f *testing.F) {
	folders, err := filepath.Glob("testdata/lint/*/workspace.yaml")
	if err != nil || len(folders) == 0 {
		f.Fatalf("no cases (%v)", err)
	}
	for _, file := range folders {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("name: *x\n")
	f.Add("? [a]\n: b\n")
	f.Add("a: !!binary x\n---\nb: 1\n")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, text string) {
		w, problems := workspace.LoadFS(fstest.MapFS{"workspace.yaml": {Data: []byte(text)}})
		if len(problems) == 0 && w.Settings.Name == "" {
			t.Error("no name and no problem")
		}
		for _, p := range problems {
			if p.File == "" || p.Line < 1 || p.Column < 1 || !strings.Contains(p.Message, "; write ") {
				t.Errorf("this helps nobody: %v", p)
			}
		}
	})
}
