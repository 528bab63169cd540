//go:build race

package message_test

// slowdown of the race detector.
const slowdown = 30
