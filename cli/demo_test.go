package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheDemoPlaysAndCleansUp runs the built command as a newcomer does, on a stack of its own.
func TestTheDemoPlaysAndCleansUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	binary, scratch := filepath.Join(t.TempDir(), "mixtape"), t.TempDir()
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	demo := exec.CommandContext(ctx, binary, "dev", "--demo", "--once", "--listeners", "30", "--speed", "40000", "--listen", "127.0.0.1:0")
	for _, v := range os.Environ() { // a stack of its own, not the tests'
		if !strings.HasPrefix(v, "MIXTAPE_") {
			demo.Env = append(demo.Env, v)
		}
	}
	demo.Env = append(demo.Env, "TMPDIR="+scratch)
	var stdout, stderr bytes.Buffer
	demo.Stdout, demo.Stderr = &stdout, &stderr
	if err := demo.Run(); err != nil {
		t.Fatalf("the demo: %v\n%s", err, stderr.String())
	}
	if n := strings.Count(stdout.String(), "\n"); n != 1 {
		t.Errorf("stdout has %d lines, want one of JSON:\n%s", n, stdout.String())
	}
	var sum struct {
		Listeners, Entered, Sent, Received, Duplicates, Goals int
		Refused, Exits                                        map[string]int
		History                                               struct{ P50, Max int } `json:"history_events"`
		Seconds                                               float64
	}
	decoder := json.NewDecoder(&stdout)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sum); err != nil {
		t.Fatal(err)
	}
	refused, exited := 0, 0
	for _, n := range sum.Refused {
		refused += n
	}
	for _, n := range sum.Exits {
		exited += n
	}
	if sum.Listeners != 30 || sum.Entered+refused != 30 || sum.Entered == 0 || exited != sum.Entered {
		t.Errorf("people are missing: %+v", sum)
	}
	if sum.Sent == 0 || sum.Received != sum.Sent || sum.Duplicates != 0 {
		t.Errorf("mails are missing, or came twice: %+v", sum)
	}
	// A day takes two seconds here, so an event may cross with the timer that it races: its signal and the task that
	// finds nothing to do are four more history events. What a journey costs without that is counted in bench/endtoend.
	if sum.History.P50 == 0 || sum.History.P50 > 40 || sum.History.Max > 40+2*4 {
		t.Errorf("the histories are %+v, want 40 events, and four for each event that crossed with a timer", sum.History)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind, %v", left, err)
	}
	if alive := processesOf(t, scratch); len(alive) > 0 {
		t.Errorf("it left processes behind: %v", alive)
	}
}

// processesOf are the processes whose command line names a folder.
func processesOf(t *testing.T, folder string) (alive []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(folder)) {
			alive = append(alive, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return alive
}
