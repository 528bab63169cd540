//go:build linux

package dev_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Nothing of a stack outlives its starter, however that ends.
func TestNothingIsLeftBehind(t *testing.T) {
	with := filepath.Join(t.TempDir(), "with")
	if output, err := exec.Command("go", "build", "-buildvcs=false", "-o", with, "./with").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		code   int // -1: by the signal itself
	}{
		{"interrupted", syscall.SIGINT, 143},
		{"terminated", syscall.SIGTERM, 143},
		{"killed", syscall.SIGKILL, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			ready := filepath.Join(temporary, "ready")
			cmd := command(with, "--", "sh", "-c", `echo "$MIXTAPE_DATABASE_URL" > `+ready+`.new && mv `+ready+`.new `+ready+` && exec sleep 1000`)
			cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			eventually(t, "the command runs", func() bool { _, err := os.Stat(ready); return err == nil })
			var family []process
			for _, name := range []string{"postgres", "temporal", "sleep"} { // the shell says that it is ready before it becomes sleep
				eventually(t, name+" runs", func() bool {
					family = descendants(t, cmd.Process.Pid)
					return slices.ContainsFunc(family, func(p process) bool { return strings.HasPrefix(p.name, name) })
				})
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; exitCode(err) != c.code {
				t.Errorf("it ended with %v, wanted code %d", err, c.code)
			}
			for _, p := range family {
				eventually(t, fmt.Sprintf("%v is gone", p), func() bool { return !p.alive() })
			}
		})
	}
	t.Run("finished", func(t *testing.T) {
		t.Parallel()
		var output bytes.Buffer
		cmd := command(with, "sh", "-c", "echo $MIXTAPE_TEMPORAL_NAMESPACE; exit 7")
		temporary := t.TempDir()
		cmd.Env, cmd.Stdout = append(cmd.Env, "TMPDIR="+temporary), &output
		if err := cmd.Run(); exitCode(err) != 7 || output.String() != "default\n" {
			t.Errorf("got %v and %q", err, output.String())
		}
		if left, _ := filepath.Glob(filepath.Join(temporary, "*", "*")); len(left) > 0 {
			t.Errorf("left in its temporary folder: %v", left)
		}
	})
}

// command runs a program outside of any stack that this test itself runs with.
func command(program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(program, arguments...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MIXTAPE_") })
	return cmd
}

func exitCode(err error) int {
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode()
	}
	if err != nil {
		return -2
	}
	return 0
}

// process is told from a later one of the same number by its start.
type process struct {
	pid, parent int
	name        string
	started     string // in clock ticks since boot
}

func (p process) String() string { return fmt.Sprintf("%s (%d)", p.name, p.pid) }

func (p process) alive() bool {
	now, zombie, err := readProcess(p.pid)
	return err == nil && !zombie && now.started == p.started
}

// readProcess reads /proc/pid/stat, see proc(5).
func readProcess(pid int) (p process, zombie bool, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, false, err
	}
	line := string(text)
	opening, closing := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')') // the name may hold anything
	fields := strings.Fields(line[closing+1:])
	parent, err := strconv.Atoi(fields[1])
	return process{pid: pid, parent: parent, name: line[opening+1 : closing], started: fields[19]}, fields[0] == "Z", err
}

func descendants(t *testing.T, root int) []process {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if p, _, err := readProcess(pid); err == nil {
			children[p.parent] = append(children[p.parent], p)
		}
	}
	var family []process
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, p := range children[todo[0]] {
			family = append(family, p)
			todo = append(todo, p.pid)
		}
	}
	return family
}
