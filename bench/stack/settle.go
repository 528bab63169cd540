package stack

import (
	"context"
	"time"
)

// Settle waits until the stack is at rest. Timeouts that Temporal has set for what ended in time (10 s for a workflow
// task) come due after a turn, and are the work of the side that left them.
func Settle(ctx context.Context) {
	const atLeast, calm, idle = 12 * time.Second, 3, 60 * time.Millisecond // idle: of two processors' second
	began := time.Now()
	for quiet := 0; quiet < calm && ctx.Err() == nil; {
		before := Used()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
		if quiet++; Used().Since(before, 1).Total() > idle || time.Since(began) < atLeast {
			quiet = 0
		}
	}
}
