package journey

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with a journey file, where, and what to write instead.
type Problem struct {
	File         string
	Line, Column int    // from 1, in characters
	Step         string // empty for what concerns the whole journey
	Message      string // "what is wrong; write what to write"
}

// String is the problem as editors and terminals understand it: FILE:LINE:COL: STEP: message.
func (p Problem) String() string {
	at := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Step != "" {
		at += p.Step + ": "
	}
	return at + p.Message
}

func sortProblems(all []Problem) []Problem {
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(all)
}
