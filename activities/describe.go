package activities

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

const (
	longestSummary = 200 // bytes, Temporal's limit
	longestTrail   = 10  // lines
)

// note writes the interpreter's decisions into the ledger and the trail.
func (k *walk) note(ctx context.Context, notes []journey.Note) error {
	for _, n := range notes {
		err := k.decide(ctx, store.Decision{Step: n.Step, Kind: n.Kind, Reason: n.Reason, Words: n.Text, Inputs: n.Inputs})
		if err != nil {
			return err
		}
		k.notes = append(k.notes, n)
		k.trail(n.Text)
	}
	return nil
}

func (k *walk) trail(words string) {
	s := k.run.State
	line := k.facts.Now.UTC().Format("2 Jan 15:04 ") + words
	s.Trail = append(s.Trail, cut(line, longestSummary))
	if extra := len(s.Trail) - longestTrail; extra > 0 {
		s.Trail = append([]string{}, s.Trail[extra:]...)
	}
}

// describe says in words, for Temporal UI, where the run is, why, and what comes next. Nothing of a
// person is in it: names of steps, journeys and zones, and instants.
func (k *walk) describe(m *journey.Move, why string, until time.Time) {
	if why == "" && len(k.notes) > 0 {
		why = k.notes[len(k.notes)-1].Text
	}
	next := ""
	if !until.IsZero() {
		zone := k.facts.Home()
		next = "until " + until.In(zone).Format("Mon 2 Jan 15:04") + " " + zone.String()
	}
	switch {
	case why == "":
		m.Summary = next
	case next == "" || strings.Contains(why, next):
		m.Summary = why
	default:
		m.Summary = why + "; " + next
	}
	m.Summary = cut(m.Summary, longestSummary)
	k.run.Why = m.Summary

	var b strings.Builder
	fmt.Fprintf(&b, "**%s** at `%s`\n\n%s\n", m.Phase, m.Step, m.Summary)
	if k.run.Clock.Speed > 1 {
		fmt.Fprintf(&b, "\nThis run's clock goes %gx.\n", k.run.Clock.Speed)
	}
	if m.Kind == journey.MoveWait { // the others are over soon; every byte stays in the history
		b.WriteString("\n")
		for _, line := range k.run.State.Trail {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	m.Details = b.String()
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
