//go:build !race

package message_test

// slowdown without the race detector.
const slowdown = 1
