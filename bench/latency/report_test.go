package latency_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/bench/rig"
)

// report is what a run of the benchmark found. Times are in milliseconds.
type report struct {
	Scenario  string  `json:"scenario"`
	Events    int     `json:"events"`
	PerSecond float64 `json:"per_second"` // as it was, not as it was meant to be
	Cores     int     `json:"cores"`
	Go        string  `json:"go"`
	Answered  spread  `json:"answered"`          // the API, from the call to its 200
	Entered   *spread `json:"entered,omitempty"` // from the 200 to the entry, where the event lets in
	Acted     spread  `json:"acted"`             // from the 200 to the message that the run's next move stored
	Arrived   spread  `json:"arrived"`           // from the 200 to the mail in the inbox
	Satisfied bool    `json:"satisfied"`
	words     string
}

type spread struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Most float64 `json:"max"`
}

// conclude reads when each run acted. Database, inbox and caller are on one machine: one clock.
func conclude(tb testing.TB, r *rig.Rig, s scenario, users []string, answered []time.Time, took []time.Duration, lasted time.Duration) report {
	tb.Helper()
	stored := map[string]time.Time{}
	rows, err := r.Store.Pool().Query(tb.Context(), "select address, created_at from messages")
	if err != nil {
		tb.Fatal(err)
	}
	var address string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&address, &at}, func() error { stored[address] = at; return nil }); err != nil {
		tb.Fatal(err)
	}
	entered := map[string]time.Time{}
	rows, err = r.Store.Pool().Query(tb.Context(), "select p.attributes ->> 'email', r.entered_at from runs r join profiles p on p.id = r.profile_id")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := pgx.ForEachRow(rows, []any{&address, &at}, func() error { entered[address] = at; return nil }); err != nil {
		tb.Fatal(err)
	}
	arrived := map[string]time.Time{}
	for _, m := range r.Inbox.Messages() {
		arrived[m.To[0]] = m.Arrived
	}
	var came, acted, mailed []time.Duration
	for i, user := range users {
		address := user + "@example.com"
		if stored[address].IsZero() || arrived[address].IsZero() {
			tb.Fatalf("nothing came of the event of %s", user)
		}
		came = append(came, entered[address].Sub(answered[i]))
		acted, mailed = append(acted, stored[address].Sub(answered[i])), append(mailed, arrived[address].Sub(answered[i]))
	}
	result := report{
		Scenario: s.name, words: s.words,
		Events: len(users), PerSecond: float64(len(users)) / lasted.Seconds(), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Answered: spreadOf(took), Acted: spreadOf(acted), Arrived: spreadOf(mailed),
	}
	if s.letsIn {
		after := spreadOf(came)
		result.Entered = &after
	}
	result.Satisfied = result.Acted.P99 < float64(goal.Milliseconds())
	return result
}

func spreadOf(all []time.Duration) spread {
	slices.Sort(all)
	at := func(share float64) float64 {
		return float64(all[min(len(all)-1, int(share*float64(len(all))))].Microseconds()) / 1000
	}
	return spread{P50: at(0.5), P90: at(0.9), P99: at(0.99), Most: at(1)}
}

func count(ctx context.Context, r *rig.Rig, query string) (n int) {
	if err := r.Store.Pool().QueryRow(ctx, query).Scan(&n); err != nil {
		r.TB.Fatal(err)
	}
	return n
}

func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "\n%d events at %.1f a second, %s; %d cores, %s\n\n", r.Events, r.PerSecond, r.words, r.Cores, r.Go)
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "milliseconds\tp50\tp90\tp99\tmax\t")
	type named struct {
		name string
		s    spread
	}
	lines := []named{{"call -> 200", r.Answered}}
	if r.Entered != nil {
		lines = append(lines, named{"200 -> entry", *r.Entered})
	}
	for _, line := range append(lines, named{"200 -> next move stored", r.Acted}, named{"200 -> mail in the inbox", r.Arrived}) {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t\n", line.name, line.s.P50, line.s.P90, line.s.P99, line.s.Most)
	}
	_ = t.Flush()
	met := "met"
	if !r.Satisfied {
		met = "MISSED"
	}
	fmt.Fprintf(to, "\ngoal: p99 of the stored move under %s: %s\n\n", goal, met)
}

// save writes the figures into a folder, if one is given.
func (r *report) save(tb testing.TB, folder string) {
	if folder == "" {
		return
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, r.Scenario+".json"), append(text, '\n'), 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
