package cli

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// confirm lets something go on that concerns many people: n was given with --yes, or is typed now.
func (c *Call) confirm(what string, n, given int64) error {
	if given >= n {
		return nil
	}
	if given > 0 {
		return failed("%s, not only %d; nothing was done: write --yes %d if that is meant", what, given, n)
	}
	if !c.interactive() {
		return failed("%s; nothing was done: write --yes %d if that is meant", what, n)
	}
	fmt.Fprintf(c.Stderr, "%s. Type the number to go on: ", what)
	line, err := bufio.NewReader(c.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return failed("nothing was done")
	}
	if typed, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64); err != nil || typed != n {
		return failed("that is not %d; nothing was done", n)
	}
	return nil
}
