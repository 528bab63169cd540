// Package cdnow_test predicts who buys again in a data set that models of buying are measured by: a tenth of CDNOW's customers of early
// 1997, followed for 78 weeks (P. S. Fader and B. G. S. Hardie).
package cdnow_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/insight"
)

// fileVariable names the data set, as it is published; without it a small one of the same form is made up.
const fileVariable = "MIXTAPE_CDNOW"

type purchase struct {
	at    time.Time
	spent float64
}

func read(tb testing.TB, in io.Reader) (people [][]purchase) {
	tb.Helper()
	at := map[string]int{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) != 5 {
			tb.Fatalf("a row of %d columns", len(f))
		}
		day, err := time.Parse("20060102", f[2])
		if err != nil {
			tb.Fatal(err)
		}
		spent, err := strconv.ParseFloat(f[4], 64)
		if err != nil {
			tb.Fatal(err)
		}
		i, known := at[f[1]]
		if !known {
			i = len(people)
			at[f[1]] = i
			people = append(people, nil)
		}
		people[i] = append(people[i], purchase{day, spent})
	}
	return people
}

// madeUp are buyers who buy at rates of their own, and stop at some time.
func madeUp() io.Reader {
	random := rand.New(rand.NewPCG(1, 2))
	var all strings.Builder
	for n := range 800 {
		rate, life := random.ExpFloat64()/60, 20+random.ExpFloat64()*250
		for day := random.Float64() * 80; day < 546; day += random.ExpFloat64() / rate {
			fmt.Fprintf(&all, " %05d %04d %s 1 %.2f\n", n, n, week(0).AddDate(0, 0, int(day)).Format("20060102"), 5+random.Float64()*30)
			if day > life {
				break
			}
		}
	}
	return strings.NewReader(all.String())
}

func week(n int) time.Time { return time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*n) }

// samples are the people at the end of a week, by what they had done until then, and whether they bought before the end of a later one.
func samples(people [][]purchase, cut, until int) (all []insight.Sample) {
	for _, purchases := range people {
		var a insight.Activity
		again := false
		for _, p := range purchases {
			a.Add(p.at, p.spent, week(cut))
			again = again || !p.at.Before(week(cut)) && p.at.Before(week(until))
		}
		if a.Times > 0 {
			all = append(all, insight.Sample{Row: a.Features(week(cut)), Happened: again})
		}
	}
	return all
}

// The bounds: what a model with its published parameters reaches (BG/NBD), and what the silence alone does.
const (
	bgnbd   = 0.7725
	silence = 0.7714
)

func TestWhoBuysAgainIsForetold(t *testing.T) {
	t.Parallel()
	path := os.Getenv(fileVariable)
	in := madeUp()
	if path != "" {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if in, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	people := read(t, in)
	// Nothing of the weeks that are predicted is known: fitted on who, by week 26, bought again by week 39.
	rows, happened := [][]float64{}, []bool{}
	for _, s := range samples(people, 26, 39) {
		rows, happened = append(rows, s.Row), append(happened, s.Happened)
	}
	model, ok := insight.FitLogistic(insight.FeatureNames(), rows, happened, 10)
	if !ok {
		t.Fatal("no model")
	}
	later := samples(people, 39, 78)
	scored, alone := make([]insight.Scored, len(later)), make([]insight.Scored, len(later))
	for i, s := range later {
		scored[i], alone[i] = insight.Scored{Score: model.Score(s.Row), Happened: s.Happened}, insight.Scored{Score: -s.Row[0], Happened: s.Happened}
	}
	q := insight.Judge(scored)
	t.Logf("%d people, %d bought in the next 39 weeks: AUC %.4f, silence alone %.4f", q.People, q.Happened, q.AUC, insight.AUC(alone))
	if q.AUC <= insight.AUC(alone) {
		t.Error("it is no better than the silence alone")
	}
	// As it is used: judged on a time as long as the one that it was fitted on.
	trained := insight.Train(insight.FeatureNames(), samples(people, 26, 39), samples(people, 39, 52), 0)
	t.Logf("who buys in the next 13 weeks: AUC %.4f, silence alone %.4f; %s", trained.Quality.AUC, trained.Baseline.AUC, trained.Why)
	for _, b := range trained.Quality.Bins {
		t.Logf("  of %d people predicted %.3f, bought %.3f", b.People, b.Predicted, b.Happened)
	}
	if path == "" {
		return
	}
	if q.AUC <= bgnbd || insight.AUC(alone) < silence-0.0001 || insight.AUC(alone) > silence+0.0001 || !trained.Promoted {
		t.Errorf("AUC %.4f, %.4f by silence alone, %s", q.AUC, insight.AUC(alone), trained.Why)
	}
}
