package cli

import "fmt"

// warning is something that is read and never came.
type warning struct {
	At      string `json:"at"`
	Message string `json:"message"`
}

// warn tells what may be meant otherwise; it holds nothing up.
func (p publication) warn(c *Call) {
	for _, w := range p.Warnings {
		fmt.Fprintf(c.Stderr, "warning: %s: %s\n", w.At, w.Message)
	}
}
