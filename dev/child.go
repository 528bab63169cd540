package dev

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// child is a server that we started. It never outlives us: the kernel signals it when we die, however we die.
type child struct {
	name    string
	process *os.Process
	log     string // path of what it says; the tail explains its death
	exited  chan struct{}
	failure error // valid once exited is closed
}

// startChild runs the command from a thread of its own. The kernel's promise to signal a child is tied to the thread that
// started it, so that thread must live as long as the child does.
func startChild(name, log string, cmd *exec.Cmd, onDeath syscall.Signal) (*child, error) {
	leash(cmd, onDeath)
	c := &child{name: name, log: log, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		if err == nil {
			c.process = cmd.Process
		}
		started <- err
		if err != nil {
			return
		}
		defer close(c.exited)
		c.failure = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// stop asks politely, waits, and then insists. It returns when the process is gone.
func (c *child) stop(polite syscall.Signal, patience time.Duration) {
	_ = c.process.Signal(polite)
	select {
	case <-c.exited:
		return
	case <-time.After(patience):
	}
	_ = c.process.Kill()
	<-c.exited
}

// death says why the process is gone, with the end of its log.
func (c *child) death() error {
	status := "ended"
	if c.failure != nil {
		status = c.failure.Error()
	}
	return fmt.Errorf("%s stopped: %s\n%s", c.name, status, indent(tail(c.log, 12)))
}

// tail returns the last lines of a file; an unreadable file has none.
func tail(path string, lines int) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return []string{"(no log: " + err.Error() + ")"}
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return all[max(0, len(all)-lines):]
}

func indent(lines []string) string { return "    " + strings.Join(lines, "\n    ") }

// errLocked says that another process holds a lock.
var errLocked = errors.New("locked by another process")

// lockFile takes an exclusive lock that the kernel gives up when we die. Without wait it returns errLocked at once.
func lockFile(path string, wait bool) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return file, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}
