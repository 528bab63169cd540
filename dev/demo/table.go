package demo

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Table writes the summary for people.
func (s Summary) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "listeners\t%d\n", s.Listeners)
	fmt.Fprintf(t, "entered\t%d\n", s.Entered)
	for _, reason := range slices.Sorted(maps.Keys(s.Refused)) {
		fmt.Fprintf(t, "  refused: %s\t%d\n", reason, s.Refused[reason])
	}
	fmt.Fprintf(t, "sent\t%d\n", s.Sent)
	for _, step := range s.Steps {
		fmt.Fprintf(t, "  at %s\t%d\tskipped %d\twaiting there %d\n", step.Step, step.Sent, step.Skipped, step.Here)
	}
	fmt.Fprintf(t, "received\t%d\ttwice %d\n", s.Received, s.Duplicates)
	for _, reason := range slices.Sorted(maps.Keys(s.Exits)) {
		fmt.Fprintf(t, "  exit: %s\t%d\n", reason, s.Exits[reason])
	}
	fmt.Fprintf(t, "goals\t%d\n", s.Goals)
	fmt.Fprintf(t, "Temporal history\t%d events a run (half of them), %d at most\n", s.History.P50, s.History.Max)
	fmt.Fprintf(t, "took\t%.1f s\n", s.Seconds)
	return t.Flush()
}
