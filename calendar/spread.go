package calendar

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"
)

// Spread returns a delay of whole seconds, from 0 up to but not including most, that is always
// the same for the same keys and evenly spread over different ones. Keys are told apart by where
// they end, too: "a", "bc" is not "ab", "c".
func Spread(most time.Duration, keys ...string) time.Duration {
	if most <= 0 {
		return 0
	}
	hash := sha256.New()
	for _, key := range keys {
		// A hash never fails to write.
		_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key))))
		_, _ = hash.Write([]byte(key))
	}
	seconds := uint64((most + time.Second - 1) / time.Second)
	share, _ := bits.Mul64(binary.BigEndian.Uint64(hash.Sum(nil)), seconds)
	return time.Duration(share) * time.Second
}
