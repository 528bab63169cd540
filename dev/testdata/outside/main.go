// Command outside starts a local stack as one does that was built elsewhere than in a checkout. It
// prints where Temporal is, and ends with its standard input.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/mixtapehq/mixtape/dev"
)

func main() {
	stack, err := dev.Start(context.Background(), dev.Options{DataDir: os.Args[1], Fresh: slices.Contains(os.Args, "--fresh"), UI: true, NoInbox: true, Log: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	_ = json.NewEncoder(os.Stdout).Encode([]string{stack.TemporalAddress, stack.Namespace, stack.UIURL})
	_, _ = io.Copy(io.Discard, os.Stdin)
	stack.Close()
}
