package rules

import (
	"maps"
	"slices"
)

// Functions are the names of all functions and macros, sorted.
func (e *Env) Functions() []string { return slices.Sorted(maps.Keys(e.functions)) }
