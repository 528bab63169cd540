package journey

import "github.com/mixtapehq/mixtape/document"

// exit is the step that ends the run.
type exit struct {
	leaf
	passing
	reason string
}

func readExit(c *compiler, _ *step, n *document.Node) body {
	reason, _ := c.reason(n)
	return &exit{reason: reason}
}

func (b *exit) ends() bool { return true }

func (b *exit) look(*walk, *step, bool) turn { return leaveFor(b.reason) }
