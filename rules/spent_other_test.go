//go:build !linux

package rules_test

import (
	"testing"
	"time"
)

// spent is the time of the clock, where a thread's own is not to be had.
func spent(testing.TB) time.Duration { return time.Duration(time.Now().UnixNano()) }
