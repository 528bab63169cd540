// Command mixtape carries people through journeys of messages.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mixtapehq/mixtape/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := cli.Run(ctx, os.Args[1:], cli.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	os.Exit(code)
}
