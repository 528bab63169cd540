package dev_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/dev/harness"
)

// outside is a program that was built from the module as `go install` has it: without dev/temporal,
// which is a module of its own.
type outside struct {
	t            *testing.T
	program, bin string   // bin is all of its PATH
	folder       string   // where it keeps everything
	env          []string // beside the usual
}

func buildOutside(t *testing.T) string {
	t.Helper()
	module, program := filepath.Join(t.TempDir(), "module"), filepath.Join(t.TempDir(), "outside")
	if err := os.MkdirAll(filepath.Join(module, "dev", "testdata"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"inbox", "testdata/outside"} {
		if err := os.CopyFS(filepath.Join(module, "dev", name), os.DirFS(name)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "../go.mod", "../go.sum") {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(module, "dev", name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./dev/testdata/outside")
	cmd.Dir = module
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if err := os.RemoveAll(module); err != nil { // so that it does not find itself
		t.Fatal(err)
	}
	return program
}

// found puts this test binary on the program's PATH, under another name.
func (o *outside) found(name string) {
	o.t.Helper()
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(o.bin, name))
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// run starts a stack and stops it. It returns where Temporal was, or what the program complained of.
func (o *outside) run(arguments ...string) (addresses []string, complaint string) {
	o.t.Helper()
	cmd := exec.Command(o.program, append([]string{filepath.Join(o.folder, "data")}, arguments...)...)
	cmd.Dir = o.folder
	cmd.Env = slices.Concat([]string{
		"PATH=" + o.bin, "HOME=" + o.folder, "XDG_CACHE_HOME=" + filepath.Join(o.folder, "cache"), "TMPDIR=" + o.folder,
		"MIXTAPE_DATABASE_URL=" + harness.Postgres(o.t), fakeRecord + "=" + filepath.Join(o.folder, "record"),
	}, o.env)
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadBytes('\n') // none, if it failed
	_ = stdin.Close()
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 2:
		return nil, said.String()
	case err != nil:
		o.t.Fatalf("%v\n%s", err, said.String())
	}
	if err := json.Unmarshal(line, &addresses); err != nil {
		o.t.Fatalf("%v: %q\n%s", err, line, said.String())
	}
	return addresses, ""
}

// record is what happened since the last time.
func (o *outside) record() (all []happened) {
	o.t.Helper()
	path := filepath.Join(o.folder, "record")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var h happened
		if err := json.Unmarshal(line, &h); err != nil {
			o.t.Fatal(err)
		}
		all = append(all, h)
	}
	return all
}

func what(all []happened) (names []string) {
	for _, h := range all {
		names = append(names, h.Program+" "+h.What)
	}
	return names
}

// Outside a checkout a stack takes Temporal's own tool where that is installed, and else has ours
// installed by the go command. Programs that behave like these stand in for them here.
func TestOutsideACheckout(t *testing.T) {
	t.Parallel()
	program := buildOutside(t)
	at := func(t *testing.T, env ...string) *outside {
		t.Parallel()
		o := &outside{t: t, program: program, bin: t.TempDir(), folder: t.TempDir(), env: env}
		return o
	}
	t.Run("official", func(t *testing.T) {
		o := at(t)
		o.found("temporal")
		o.found("go") // not needed
		addresses, complaint := o.run()
		if len(addresses) != 3 || addresses[1] != "default" {
			t.Fatalf("%q, %s", addresses, complaint)
		}
		all := o.record()
		if diff := cmp.Diff([]string{"temporal started", "temporal usable", "temporal terminated"}, what(all)); diff != "" {
			t.Error(diff)
		}
		port, ui := strings.TrimPrefix(addresses[0], "127.0.0.1:"), strings.TrimPrefix(addresses[2], "http://127.0.0.1:")
		want := []string{
			"server", "start-dev", "--ip", "127.0.0.1", "--port", port, "--namespace", "default",
			"--db-filename", filepath.Join(o.folder, "data", "temporal.db"), "--dynamic-config-value", "matching.enableFairness=true",
			"--log-level", "warn", "--ui-ip", "127.0.0.1", "--ui-port", ui,
			"--search-attribute", "JourneyKey=Keyword", "--search-attribute", "JourneyVersion=Keyword", "--search-attribute", "JourneyStep=Keyword",
			"--search-attribute", "JourneyState=Keyword", "--search-attribute", "ProfileID=Keyword", "--search-attribute", "NextWakeAt=Datetime",
		}
		if diff := cmp.Diff(want, all[0].Args); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("official, fresh", func(t *testing.T) {
		o := at(t)
		o.found("temporal")
		names := []string{"temporal.db", "temporal.db-wal", "temporal.db-shm", "note.txt"} // as SQLite leaves them when it is killed
		for _, name := range names {
			path := filepath.Join(o.folder, "data", name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("of before"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if addresses, complaint := o.run("--fresh"); addresses == nil {
			t.Fatal(complaint)
		}
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(o.folder, "data", name)); (err == nil) != (name == "note.txt") {
				t.Errorf("of %s a fresh start leaves: %v", name, err)
			}
		}
	})
	t.Run("official that dies", func(t *testing.T) {
		o := at(t, fakeDies+"=unknown flag: --ui-ip")
		o.found("temporal")
		if _, complaint := o.run(); !strings.Contains(complaint, "Temporal stopped: exit status 1") || !strings.Contains(complaint, "unknown flag: --ui-ip") {
			t.Error(complaint)
		}
	})
	t.Run("installed", func(t *testing.T) {
		o := at(t)
		o.found("go")
		for start, want := range [][]string{{"go started", "temporal started"}, {"temporal started"}} {
			addresses, complaint := o.run()
			if diff := cmp.Diff([]string{"127.0.0.1:7233", "default", "http://127.0.0.1:8233"}, addresses); diff != "" {
				t.Fatal(diff, complaint)
			}
			all := o.record()
			if diff := cmp.Diff(want, what(all)); diff != "" {
				t.Fatalf("start %d: %s", start+1, diff)
			}
			if start == 0 {
				install := []string{"install", "-v", "-ldflags=-s -w", "github.com/mixtapehq/mixtape/dev/temporal@latest"}
				if diff := cmp.Diff(install, all[0].Args); diff != "" || all[0].Env["GOWORK"] != "off" {
					t.Error(diff, all[0].Env)
				}
			}
			ours := all[len(all)-1]
			if diff := cmp.Diff([]string{"-with-parent", "-namespace=default", "-ui=true"}, ours.Args); diff != "" || ours.Env["MIXTAPE_DATABASE_URL"] == "" {
				t.Error(diff, ours.Env)
			}
		}
	})
	for name, c := range map[string]struct {
		env    []string
		withGo bool
		says   string
	}{
		"nothing":         {says: "the go command is needed for it"},
		"failing install": {env: []string{fakeDies + "=no network here"}, withGo: true, says: "no network here"},
	} {
		t.Run(name, func(t *testing.T) {
			o := at(t, c.env...)
			if c.withGo {
				o.found("go")
			}
			_, complaint := o.run()
			for _, words := range []string{c.says, "installing the `temporal` command line tool, or setting MIXTAPE_TEMPORAL_ADDRESS, avoids this build"} {
				if !strings.Contains(complaint, words) {
					t.Errorf("nothing is said of %q: %s", words, complaint)
				}
			}
		})
	}
}

// The go command installs no module that replaces or excludes others.
func TestTheLocalTemporalCanBeInstalled(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("temporal", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if word, _, _ := strings.Cut(line, " "); word == "replace" || word == "exclude" {
			t.Errorf("dev/temporal/go.mod has: %s", line)
		}
	}
}
