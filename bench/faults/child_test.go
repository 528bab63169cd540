// Package faults_test kills and stops processes, and takes the database away, and looks whether
// anything was lost or doubled.
package faults_test

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
)

// order tells a child process what to be.
type order struct {
	Address rig.Address
	Worker  bool
	Starter bool
	Kill    string // the named point at which it kills itself; empty: nowhere
	Nth     int32
}

const orderVariable = "MIXTAPE_FAULT_ORDER"

// TestMain makes a child of this same binary do what it is ordered to, and nothing else.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(orderVariable) != "" {
		if err := flag.Set("test.run", "^TestTheChildProcess$"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestTheChildProcess is a part of a deployment in a process of its own, until its input ends.
func TestTheChildProcess(t *testing.T) {
	text := os.Getenv(orderVariable)
	if text == "" {
		return
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int32
	r := rig.New(t, rig.Options{
		Address: o.Address, NoWorker: !o.Worker, NoStarter: !o.Starter,
		Failpoint: func(point string) {
			if point == o.Kill && passed.Add(1) == o.Nth {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		},
	})
	if _, err := os.Stdout.WriteString(r.URL + "\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// child is a part of the deployment in a process of its own.
type child struct {
	t       *testing.T
	process *exec.Cmd
	input   io.WriteCloser
	died    chan struct{} // closed when it is gone
	url     string        // of its API, where it has one
}

func spawn(t *testing.T, o order) *child {
	t.Helper()
	if o.Nth == 0 {
		o.Nth = 1
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, process: exec.Command(os.Args[0]), died: make(chan struct{})}
	c.process.Env = append(os.Environ(), orderVariable+"="+string(text))
	c.process.Stderr = os.Stderr
	c.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.input, err = c.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		line := make([]byte, 0, 64)
		one := make([]byte, 1)
		for {
			if _, err := output.Read(one); err != nil || one[0] == '\n' {
				break
			}
			line = append(line, one[0])
		}
		said <- string(line)
		_, _ = io.Copy(os.Stderr, output)
		_ = c.process.Wait() // how it ended is in ProcessState
		close(c.died)
	}()
	t.Cleanup(func() {
		// It may be gone already: then these fail, and there is nothing to end.
		_ = c.process.Process.Signal(syscall.SIGCONT)
		_ = c.input.Close()
		select {
		case <-c.died:
		case <-time.After(30 * time.Second):
			_ = c.process.Process.Kill()
			<-c.died
		}
	})
	select {
	case c.url = <-said:
		if c.url != "" && !strings.HasPrefix(c.url, "http://") {
			t.Fatalf("the child process says %q", c.url)
		}
	case <-time.After(rig.Patience):
		t.Fatal("the child process does not come up")
	}
	return c
}

// awaitKill waits until the child has killed itself at its point; one that never gets there fails.
func (c *child) awaitKill() {
	c.t.Helper()
	select {
	case <-c.died:
		status, ok := c.process.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || status.Signal() != syscall.SIGKILL {
			c.t.Fatalf("the child ended otherwise than by its own SIGKILL: %v", c.process.ProcessState)
		}
	case <-time.After(rig.Patience):
		c.t.Fatal("the child never reached the point at which it kills itself")
	}
}

// stop freezes the child where it is, whatever it holds.
func (c *child) stop() {
	if err := c.process.Process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
}

func (c *child) goOn() {
	if err := c.process.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
}
