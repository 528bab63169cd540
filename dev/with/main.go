// Command with runs a command, such as `go test ./...`, with one local stack for tests in its environment:
//
//	go run ./dev/with -- go test ./store
//
// It exits as the command did. The stack ends with it, also when it is interrupted or killed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mixtapehq/mixtape/dev"
)

func main() {
	arguments := os.Args[1:]
	if len(arguments) > 0 && arguments[0] == "--" {
		arguments = arguments[1:]
	}
	if len(arguments) == 0 {
		fmt.Fprintln(os.Stderr, "usage: go run ./dev/with -- COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(arguments)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev/with:", err)
		code = 2
	}
	os.Exit(code)
}

func run(arguments []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go endWithParent(cancel)

	stack, err := dev.Start(ctx, dev.Options{ForTests: true, NoInbox: true, Log: os.Stderr})
	if err != nil {
		return 0, err
	}
	defer stack.Close()
	go func() { cancel(<-stack.Lost()) }()
	streams := dev.Streams{Out: os.Stdout, Err: os.Stderr}
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice == 0 {
		streams.In = os.Stdin // a terminal belongs to another process group than the command's
	}
	code, err := stack.Exec(ctx, streams, arguments[0], arguments[1:]...)
	if cause := context.Cause(ctx); err == nil && code != 0 && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return code, err
}

// endWithParent ends the context when our parent, `go run` or make, is gone: killed, it cannot pass its signal on.
func endWithParent(cancel context.CancelCauseFunc) {
	parent := os.Getppid()
	for range time.Tick(200 * time.Millisecond) {
		if os.Getppid() != parent {
			cancel(errors.New("the process that started it is gone"))
			return
		}
	}
}
