package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// commandStopWithin is how long a command may take to end after it was asked to.
const commandStopWithin = 5 * time.Second

// Environment names the stack's servers, as Start reads them.
func (s *Stack) Environment() []string {
	return []string{
		DatabaseVariable + "=" + s.DatabaseURL,
		TemporalVariable + "=" + s.TemporalAddress,
		NamespaceVariable + "=" + s.Namespace,
	}
}

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Exec runs a command with the stack in its environment and returns its exit code. When the context ends, the command and
// all it has started are asked to stop, and soon after made to.
func (s *Stack) Exec(ctx context.Context, streams Streams, name string, arguments ...string) (int, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", name, err)
	}
	cmd := exec.Command(path, arguments...)
	cmd.Env = append(os.Environ(), s.Environment()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out, streams.Err
	command, err := startChild(name, "", cmd, syscall.SIGKILL)
	if err != nil {
		return 0, err
	}
	group := -command.process.Pid // startChild gives it a process group of its own
	select {
	case <-command.exited:
	case <-ctx.Done():
		_ = syscall.Kill(group, syscall.SIGTERM)
		select {
		case <-command.exited:
		case <-time.After(commandStopWithin):
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // whatever the command has left behind
	<-command.exited
	var failed *exec.ExitError
	switch {
	case command.failure == nil:
		return 0, nil
	case !errors.As(command.failure, &failed):
		return 0, fmt.Errorf("run %s: %w", name, command.failure)
	case failed.ExitCode() < 0: // by a signal, as a shell reports it
		return 128 + int(failed.Sys().(syscall.WaitStatus).Signal()), nil
	default:
		return failed.ExitCode(), nil
	}
}
