package trial

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Print writes a result as one line, and below it, where it failed, what was expected beside what
// happened.
func (r Result) Print(w io.Writer) {
	mark := "ok  "
	if !r.OK {
		mark = "FAIL"
	}
	fmt.Fprintf(w, "%s %s: %s\n", mark, r.Case.Journey, r.Case.Name)
	if r.OK {
		return
	}
	fmt.Fprintf(w, "     %s:%d\n", r.Case.File, r.Case.Line)
	if r.Err != nil {
		fmt.Fprintf(w, "     %s\n", r.Err)
	}
	left := make([]string, len(r.Rows))
	width := utf8.RuneCountInString("expected")
	for i, row := range r.Rows {
		if row.Expected != nil {
			left[i] = row.Expected.String()
		}
		width = max(width, utf8.RuneCountInString(left[i]))
	}
	if len(r.Rows) == 0 {
		return
	}
	fmt.Fprintf(w, "       %-*s | %s\n", width, "expected", "happened")
	for i, row := range r.Rows {
		sign, right := " ", ""
		if row.Actual != nil {
			right = row.Actual.String()
		}
		if row.Wrong != "" {
			sign = "!"
			right = strings.TrimSpace(right + "   <- " + row.Wrong)
		}
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(left[i]))
		fmt.Fprintf(w, "     %s %s%s | %s\n", sign, left[i], pad, right)
	}
}

// Tell writes a result as a timeline with the reason of every decision.
func (r Result) Tell(w io.Writer) {
	day := ""
	date := func(t interface{ Format(string) string }) {
		if today := t.Format("Mon 2 January 2006"); today != day {
			day = today
			fmt.Fprintf(w, "\n%s\n", day)
		}
	}
	for _, t := range r.Ledger {
		date(t.At)
		at := t.Journey
		if t.Step != "" {
			at += "/" + t.Step
		}
		fmt.Fprintf(w, "  %s  %-10s %s: %s\n", t.At.Format("15:04:05"), t.Kind, at, t.Words)
	}
	if len(r.Ledger) == 0 {
		fmt.Fprintln(w, "nothing happened")
	}
}
