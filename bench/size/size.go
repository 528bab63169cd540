// Package size reads from the environment how large a measurement is to be.
package size

import (
	"os"
	"strconv"
	"testing"
)

// Of is the number in a variable of the environment, or what the measurement has otherwise.
func Of(tb testing.TB, variable string, otherwise int) int {
	tb.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		tb.Fatalf("%s is %q; write a number above 0", variable, text)
	}
	return n
}
