package journey

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// Hash is the id of a version: what is published under it never changes. It covers the journey's
// text and the templates it sends (by file name), in whatever order they were read.
func Hash(source []byte, templates map[string]string) string {
	h := sha256.New()
	// Each part goes in behind its length, so that no two different lists of parts read the same.
	add := func(part []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	add(source)
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		add([]byte(name))
		add([]byte(templates[name]))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
