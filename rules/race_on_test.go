//go:build race

package rules_test

// raced: the race detector slows everything tens of times, so that clocks prove nothing.
const raced = true
