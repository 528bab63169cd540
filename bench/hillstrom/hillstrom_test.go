// Package hillstrom_test brings a famous experiment in as files (people, who got what, what they did) and holds the report to what
// anybody finds in it: Kevin Hillstrom's MineThatData e-mail test of 2008.
package hillstrom_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/store"
)

// fileVariable names the data set, as it is published; without it a small one of the same form is made up.
const fileVariable = "MIXTAPE_HILLSTROM"

// arm is what is in the file of one of the three groups.
type arm struct {
	people, visits, orders int
	spend                  float64
}

// sent is when the e-mails went, and acted when those who did something did it: the file says only that it was within two weeks.
func sent() time.Time { return time.Date(2008, 3, 20, 9, 0, 0, 0, time.UTC) }

func acted() time.Time { return sent().Add(7 * 24 * time.Hour) }

// files are the data set as Mixtape imports it.
type files struct {
	profiles, assignments, events string
	arms                          map[string]*arm
}

// split writes the rows of the data set as the three files.
func split(t testing.TB, in io.Reader) files {
	t.Helper()
	dir := t.TempDir()
	f := files{filepath.Join(dir, "people.csv"), filepath.Join(dir, "assignments.csv"), filepath.Join(dir, "events.jsonl"), map[string]*arm{}}
	writers := map[string]*bufio.Writer{}
	for _, path := range []string{f.profiles, f.assignments, f.events} {
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		writers[path] = bufio.NewWriter(file)
	}
	fmt.Fprintln(writers[f.profiles], "id,recency,history,newbie")
	fmt.Fprintln(writers[f.assignments], "id,variant,time")
	rows := csv.NewReader(in)
	header, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for n := 1; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		id, variant := fmt.Sprintf("h%05d", n), row[at["treatment"]]
		if f.arms[variant] == nil {
			f.arms[variant] = &arm{}
		}
		a := f.arms[variant]
		a.people++
		fmt.Fprintf(writers[f.profiles], "%s,%s,%s,%s\n", id, row[at["recency"]], row[at["history"]], row[at["newbie"]])
		fmt.Fprintf(writers[f.assignments], "%s,%s,%s\n", id, variant, sent().Format(time.RFC3339))
		event := func(name, properties string) {
			fmt.Fprintf(writers[f.events], `{"type": "track", "userId": %q, "event": %q, "messageId": "%s-%s", "timestamp": %q, "properties": {%s}}`+"\n", id, name, id, name, acted().Format(time.RFC3339), properties)
		}
		if row[at["visit"]] == "1" {
			a.visits++
			event("visited", "")
		}
		if row[at["conversion"]] == "1" {
			spend, err := strconv.ParseFloat(row[at["spend"]], 64)
			if err != nil {
				t.Fatal(err)
			}
			a.orders++
			a.spend += spend
			event("ordered", `"spend": `+row[at["spend"]])
		}
	}
	for _, w := range writers {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// made up is a small data set of the same form.
func madeUp() io.Reader {
	random := rand.New(rand.NewPCG(1, 2))
	var all strings.Builder
	all.WriteString("recency,history_segment,history,mens,womens,zip_code,newbie,channel,treatment,conversion,visit,spend\n")
	for range 600 {
		visit, order, spend := 0, 0, 0.0
		if random.Float64() < 0.4 {
			visit = 1
			if random.Float64() < 0.3 {
				order, spend = 1, math.Round(random.Float64()*10000)/100+1
			}
		}
		fmt.Fprintf(&all, "%d,x,%.2f,1,0,Rural,0,Web,%s,%d,%d,%v\n", 1+random.IntN(12), random.Float64()*500, []string{"Mens E-Mail", "Womens E-Mail", "No E-Mail"}[random.IntN(3)], order, visit, spend)
	}
	return strings.NewReader(all.String())
}

func TestTheReportIsWhatAnyoneFinds(t *testing.T) {
	t.Parallel()
	path := os.Getenv(fileVariable)
	var data io.Reader
	if path == "" {
		data = madeUp()
	} else {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if data, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	f := split(t, data)
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 4, StatementTimeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	began := time.Now()
	take := func(path string, o importing.Options) {
		t.Helper()
		source, err := importing.OpenSource(path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		o.Source, o.Rejects = "import", filepath.Join(t.TempDir(), "rejects")
		if r, err := importing.Run(t.Context(), s, source, o); err != nil || r.Rejected > 0 {
			t.Fatalf("%s: %+v %v", path, r, err)
		}
	}
	experiment := func(name, metric, property string) importing.Options {
		return importing.Options{
			Kind: importing.Assignments, Shares: map[string]float64{"Mens E-Mail": 1, "Womens E-Mail": 1, "No E-Mail": 1},
			Experiment: store.ImportedExperiment{Name: name, Metric: metric, Property: property, Within: 14 * 24 * time.Hour},
		}
	}
	take(f.profiles, importing.Options{Kind: importing.Profiles})
	take(f.assignments, experiment("visits", "visited", "")) // before what they did came in
	take(f.events, importing.Options{Kind: importing.Events})
	take(f.assignments, experiment("orders", "ordered", "spend")) // after
	t.Logf("imported in %.1f s", time.Since(began).Seconds())

	began = time.Now()
	visits, orders := compare(t, s, "visits"), compare(t, s, "orders")
	t.Logf("reported in %.3f s", time.Since(began).Seconds())
	for i, v := range visits.Variants {
		o, in := orders.Variants[i], f.arms[v.Arm.Name]
		if int(v.Arm.People) != in.people || int(v.Arm.Converted) != in.visits || int(o.Arm.Converted) != in.orders || math.Abs(o.Arm.Value.Sum-in.spend) > 0.005 {
			t.Errorf("%s: the file has %+v, the report %+v and %+v", v.Arm.Name, in, v.Arm, o.Arm)
		}
		t.Logf("%-14s %6d people: visits %5.2f %%, conversions %.3f %%, spend a head %.4f; above no e-mail: visits %s, conversions %s, spend %s", v.Arm.Name, v.Arm.People,
			100*v.Arm.Rate(), 100*o.Arm.Rate(), o.Arm.Value.Mean(), interval(v.Difference, 100), interval(o.Difference, 100), interval(o.Value.Difference, 1))
	}
	if !visits.Claimed || !visits.Split.Known || visits.Split.Broken {
		t.Errorf("the split is %+v", visits.Split)
	}
	t.Logf("the split: chance does worse in %.0f %% of cases", 100*visits.Split.P)
	if path != "" {
		published(t, visits, orders)
	}
}

// published holds the report to the table that stands in print.
func published(t *testing.T, visits, orders insight.Experiment) {
	t.Helper()
	want := map[string]string{
		"Mens E-Mail": "21307 18.28 1.253 1.4226", "Womens E-Mail": "21387 15.14 0.884 1.0772", "No E-Mail": "21306 10.62 0.573 0.6528",
	}
	for i, v := range visits.Variants {
		o := orders.Variants[i]
		got := fmt.Sprintf("%d %.2f %.3f %.4f", v.Arm.People, 100*v.Arm.Rate(), 100*o.Arm.Rate(), o.Arm.Value.Mean())
		if got != want[v.Arm.Name] {
			t.Errorf("%s: %s, published is %s", v.Arm.Name, got, want[v.Arm.Name])
		}
		if !v.Control && (v.Verdict != insight.Better || o.Verdict != insight.Better && v.Arm.Name == "Mens E-Mail") {
			t.Errorf("%s: visits %s, orders %s", v.Arm.Name, v.Verdict, o.Verdict)
		}
	}
}

func compare(t *testing.T, s *store.Store, name string) insight.Experiment {
	t.Helper()
	arms, err := s.Arms(t.Context(), "imported/"+name)
	if err != nil || len(arms) != 3 {
		t.Fatal(arms, err)
	}
	return insight.Compare(arms, "No E-Mail", false, insight.Level)
}

func interval(e insight.Estimate, times float64) string {
	if e == (insight.Estimate{}) {
		return "-"
	}
	return fmt.Sprintf("%+.3f (%+.3f to %+.3f)", times*e.Value, times*e.Low, times*e.High)
}
