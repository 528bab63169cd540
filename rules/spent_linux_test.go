package rules_test

import (
	"syscall"
	"testing"
	"time"
)

// spent is the processor's time that this thread has used: what others use meanwhile is not in it. The test has to be locked to
// its thread.
func spent(tb testing.TB) time.Duration {
	tb.Helper()
	const thisThread = 1 // RUSAGE_THREAD
	var usage syscall.Rusage
	if err := syscall.Getrusage(thisThread, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
