package journeys_test

import (
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

	"github.com/mixtapehq/mixtape/bench/journeys/byhand"
	"github.com/mixtapehq/mixtape/bench/stack"
)

// report is what a run of the benchmark found.
type report struct {
	Runs   int       `json:"runs"` // in each turn
	Rounds int       `json:"rounds"`
	Cores  int       `json:"cores"`
	Go     string    `json:"go"`
	Sides  []figures `json:"sides"`
	Pairs  []pair    `json:"pairs"`
}

// figures are one side's, in the order of the rounds.
type figures struct {
	Name      string      `json:"name"`
	History   int         `json:"history_events"`
	PerSecond []float64   `json:"journeys_per_second"`
	Median    float64     `json:"median"`
	Low       float64     `json:"low"`
	High      float64     `json:"high"`
	CPU       []stack.CPU `json:"cpu_ns_per_journey"`
	CPUMedian stack.CPU   `json:"cpu_ns_median"`
}

// pair compares Mixtape with another side. The ratio is the median of those of the rounds: what
// slows the machine down for a while slows both sides of a round.
type pair struct {
	Side      string  `json:"side"`
	Over      string  `json:"over"`
	Ratio     float64 `json:"ratio"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	CPURatio  float64 `json:"cpu_ratio"` // their CPU time a journey over Mixtape's
	Goal      float64 `json:"goal"`
	Satisfied bool    `json:"satisfied"`
}

func (r *report) conclude() {
	r.Cores, r.Go = runtime.NumCPU(), runtime.Version()
	for i := range r.Sides {
		s := &r.Sides[i]
		s.Median, s.Low, s.High = median(s.PerSecond), slices.Min(s.PerSecond), slices.Max(s.PerSecond)
		s.CPUMedian = stack.CPU{
			Own: medianOf(s.CPU, func(c stack.CPU) time.Duration { return c.Own }), Database: medianOf(s.CPU, func(c stack.CPU) time.Duration { return c.Database }),
			Temporal: medianOf(s.CPU, func(c stack.CPU) time.Duration { return c.Temporal }),
		}
	}
	for _, p := range []pair{
		{Side: onboarding, Over: byhand.Naive, Goal: 1.8}, {Side: onboarding, Over: byhand.Tuned, Goal: 0.9}, {Side: delayed, Over: byhand.Calls, Goal: 2.5},
	} {
		a, b := r.side(p.Side), r.side(p.Over)
		var ratios []float64
		for i := range a.PerSecond {
			ratios = append(ratios, a.PerSecond[i]/b.PerSecond[i])
		}
		p.Ratio, p.Low, p.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
		if total := a.CPUMedian.Total(); total > 0 {
			p.CPURatio = float64(b.CPUMedian.Total()) / float64(total)
		}
		p.Satisfied = p.Ratio >= p.Goal
		r.Pairs = append(r.Pairs, p)
	}
}

func (r *report) side(name string) figures {
	return r.Sides[slices.IndexFunc(r.Sides, func(s figures) bool { return s.Name == name })]
}

func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "\n%d rounds of %d journeys, sides in turn; %d cores, %s\n\n", r.Rounds, r.Runs, r.Cores, r.Go)
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "side\thistory events\tjourneys/s (median)\tlow\thigh\tCPU ms a journey\town\tdatabase\tTemporal\t")
	for _, s := range r.Sides {
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", s.Name, s.History, s.Median, s.Low, s.High,
			ms(s.CPUMedian.Total()), ms(s.CPUMedian.Own), ms(s.CPUMedian.Database), ms(s.CPUMedian.Temporal))
	}
	_ = t.Flush()
	fmt.Fprintln(to)
	fmt.Fprintln(t, "Mixtape's\tover\ttimes as fast (median of rounds)\tlow\thigh\ttheir CPU over its\tgoal\t")
	for _, p := range r.Pairs {
		met := "met"
		if !p.Satisfied {
			met = "MISSED"
		}
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f %s\t\n", p.Side, p.Over, p.Ratio, p.Low, p.High, p.CPURatio, p.Goal, met)
	}
	_ = t.Flush()
	fmt.Fprintln(to)
}

// save writes the figures into a folder, if one is given.
func (r *report) save(tb testing.TB, folder string) {
	if folder == "" {
		return
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "journeys.json"), append(text, '\n'), 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func medianOf(all []stack.CPU, part func(stack.CPU) time.Duration) time.Duration {
	var values []time.Duration
	for _, c := range all {
		values = append(values, part(c))
	}
	return median(values)
}

func median[T float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
