package channels_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain wants that closed providers leave nothing running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
