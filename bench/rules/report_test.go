package rules_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// report is what a run of the benchmark found.
type report struct {
	Rounds     int       `json:"rounds"`
	Cores      int       `json:"cores"`
	Go         string    `json:"go"`
	Predicates []figures `json:"predicates"`
}

// figures are those of one predicate. A ratio is the median of those of the rounds: what slows the machine
// down for a while slows both sides of a round.
type figures struct {
	Name     string  `json:"name"`
	Sides    []side  `json:"sides"`
	OverExpr float64 `json:"over_expr"` // our time over expr's
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Goal     float64 `json:"goal,omitempty"`
}

type side struct {
	Name        string    `json:"name"`
	Nanoseconds []float64 `json:"ns_per_evaluation"` // in the order of the rounds
	Median      float64   `json:"median"`
	Least       float64   `json:"low"`
	Most        float64   `json:"high"`

	holds  func(*someone) bool
	passes int // over everybody, in a turn
	yes    int
}

func (r *report) conclude() {
	r.Cores, r.Go = runtime.NumCPU(), runtime.Version()
	for i := range r.Predicates {
		f := &r.Predicates[i]
		for n := range f.Sides {
			s := &f.Sides[n]
			s.Median, s.Least, s.Most = median(s.Nanoseconds), slices.Min(s.Nanoseconds), slices.Max(s.Nanoseconds)
		}
		ratios := f.ratios(theirs)
		f.OverExpr, f.Low, f.High = median(ratios), slices.Min(ratios), slices.Max(ratios)
	}
}

// ratios are our times over another side's, by rounds.
func (f figures) ratios(over string) []float64 {
	a, b := f.side(ours), f.side(over)
	all := make([]float64, len(a.Nanoseconds))
	for i := range all {
		all[i] = a.Nanoseconds[i] / b.Nanoseconds[i]
	}
	return all
}

func (f figures) side(name string) side {
	return f.Sides[slices.IndexFunc(f.Sides, func(s side) bool { return s.Name == name })]
}

// metric is the predicate's name as benchmarks may write it.
func (f figures) metric() string { return strings.ReplaceAll(f.Name, " ", "_") }

func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "\n%d rounds, sides in turn; %d cores, %s\n\n", r.Rounds, r.Cores, r.Go)
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "predicate\tside\tns (median)\tlow\thigh\tour time over it\t")
	for _, f := range r.Predicates {
		for _, s := range f.Sides {
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t\n", f.Name, s.Name, s.Median, s.Least, s.Most, median(f.ratios(s.Name)))
		}
	}
	_ = t.Flush()
	fmt.Fprintln(to)
	for _, f := range r.Predicates {
		if f.Goal == 0 {
			continue
		}
		met := "met"
		if f.OverExpr > f.Goal {
			met = "MISSED"
		}
		fmt.Fprintf(to, "%s: %.2f of expr's time (%.2f to %.2f), goal %.1f: %s\n\n", f.Name, f.OverExpr, f.Low, f.High, f.Goal, met)
	}
}

// save writes the figures into a folder, if one is given.
func (r *report) save(tb testing.TB, folder string) {
	if folder == "" {
		return
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "rules.json"), append(text, '\n'), 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
