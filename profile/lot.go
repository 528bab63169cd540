package profile

import (
	"crypto/sha256"
	"encoding/binary"
)

// Lot is a number in (0, 1) that is drawn once and for ever: the same for the same words, evenly
// spread over others. Words are told apart by where they end, too.
func Lot(words ...string) float64 {
	hash := sha256.New()
	for _, word := range words {
		_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(word)))) // a hash never fails to write
		_, _ = hash.Write([]byte(word))
	}
	bits := binary.BigEndian.Uint64(hash.Sum(nil)) >> 11 // as many as a float64 holds
	return (float64(bits) + 0.5) / (1 << 53)
}
