package gate

import (
	"crypto/sha256"
	"encoding/binary"
)

// HeldOut draws, for ever, whether the bearer of these keys is among the share (0.02 is 2%) that is
// measured and never messaged. A share that grows keeps those who were in it.
func HeldOut(share float64, keys ...string) bool {
	h := sha256.New()
	for _, key := range append([]string{"holdout"}, keys...) { // apart from every other draw by the same keys
		// Each key goes in behind its length, so that no two lists read the same. A hash never fails to write.
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key))))
		_, _ = h.Write([]byte(key))
	}
	const steps = 1 << 53 // as many as a float64 tells apart
	return float64(binary.BigEndian.Uint64(h.Sum(nil))%steps) < share*steps
}
