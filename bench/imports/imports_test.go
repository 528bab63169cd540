// Package imports_test measures how many rows a second an import takes, beside a bare COPY of the same rows
// into a bare table, in one run on the same Postgres.
package imports_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/store"
)

const (
	rowsVariable   = "MIXTAPE_BENCH_ROWS"
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	jsonVariable   = "MIXTAPE_BENCH_JSON" // a folder for the figures; empty: none are written
)

// report is what a run of the benchmark found.
type report struct {
	Rows     int       `json:"rows"`
	Rounds   int       `json:"rounds"`
	Cores    int       `json:"cores"`
	Go       string    `json:"go"`
	Profiles []contest `json:"profiles"` // one a round
	Known    []contest `json:"known_profiles"`
	Events   []contest `json:"events"`
}

// contest is one round of one kind, in rows a second.
type contest struct {
	Import float64 `json:"import"`
	Copy   float64 `json:"copy"`
}

// BenchmarkImports is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkImports(b *testing.B) {
	for range b.N {
		r := measure(b, size.Of(b, rowsVariable, 100_000), size.Of(b, roundsVariable, 3))
		r.print(b)
		if folder := os.Getenv(jsonVariable); folder != "" {
			raw, err := json.MarshalIndent(r, "", "  ")
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, "imports.json"), append(raw, '\n'), 0o600)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestImports keeps the measurement in working order. It says nothing of speed.
func TestImports(t *testing.T) {
	t.Parallel()
	r := measure(t, 500, 2)
	for _, c := range slices.Concat(r.Profiles, r.Known, r.Events) {
		if c.Import <= 0 || c.Copy <= 0 {
			t.Errorf("nothing was measured: %+v", c)
		}
	}
}

func measure(tb testing.TB, rows, rounds int) *report {
	tb.Helper()
	url := harness.Database(tb, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(tb.Context(), url, store.Options{MaxConns: 4, StatementTimeout: 2 * time.Minute, LockTimeout: time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close()
	f := &field{tb: tb, store: s, folder: tb.TempDir(), rows: rows}
	r := &report{Rows: rows, Rounds: rounds, Cores: runtime.NumCPU(), Go: runtime.Version()}
	for round := range rounds {
		backwards := round%2 == 1
		r.Profiles = append(r.Profiles, f.contest(importing.Profiles, f.profiles(round, ""), backwards))
		r.Known = append(r.Known, f.contest(importing.Profiles, f.profiles(round, `, "again": true`), backwards))
		r.Events = append(r.Events, f.contest(importing.Events, f.events(round), backwards))
	}
	want := rounds * rows
	if n := f.count("profiles"); n != want {
		tb.Fatalf("%d of %d profiles are in", n, want)
	}
	if n := f.count("events"); n != want {
		tb.Fatalf("%d of %d events are in", n, want)
	}
	return r
}

// field is where the contest takes place.
type field struct {
	tb     testing.TB
	store  *store.Store
	folder string
	rows   int
}

func (f *field) count(table string) (n int) {
	f.tb.Helper()
	if err := f.store.Pool().QueryRow(f.tb.Context(), "select count(*) from "+table).Scan(&n); err != nil {
		f.tb.Fatal(err)
	}
	return n
}

// file writes as many lines as there are rows.
func (f *field) file(name string, line func(w *bufio.Writer, i int)) string {
	f.tb.Helper()
	path := filepath.Join(f.folder, name)
	file, err := os.Create(path)
	if err != nil {
		f.tb.Fatal(err)
	}
	w := bufio.NewWriter(file)
	for i := range f.rows {
		line(w, i)
	}
	if err := w.Flush(); err != nil {
		f.tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		f.tb.Fatal(err)
	}
	return path
}

func (f *field) profiles(round int, more string) string {
	dice := rand.New(rand.NewPCG(uint64(round), 1))
	return f.file(fmt.Sprintf("profiles%d%d.jsonl", round, len(more)), func(w *bufio.Writer, i int) {
		fmt.Fprintf(w, `{"id": "user-%d-%d", "email": "user%d@example.com", "plan": "free", "country": "FR", "timezone": "Europe/Paris", "age": %d, "signed_up_at": "2026-03-27", "total_spent": %d.5%s}`+"\n",
			round, i, i, 14+dice.IntN(60), dice.IntN(1000), more)
	})
}

func (f *field) events(round int) string {
	dice := rand.New(rand.NewPCG(uint64(round), 2))
	at := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	return f.file(fmt.Sprintf("events%d.jsonl", round), func(w *bufio.Writer, i int) {
		at = at.Add(time.Duration(dice.IntN(200)) * time.Second)
		fmt.Fprintf(w, `{"type": "track", "messageId": "m-%d-%d", "userId": "user-%d-%d", "event": "song_played", "timestamp": "%s", "properties": {"genre": "jazz", "seconds": %d}}`+"\n",
			round, i, round, dice.IntN(f.rows), at.Format(time.RFC3339), dice.IntN(300))
	})
}

func (f *field) contest(kind, path string, backwards bool) (c contest) {
	f.tb.Helper()
	sides := []func(){
		func() { c.Import = f.time(func() { f.take(kind, path) }) },
		func() { c.Copy = f.time(func() { f.copy(path) }) },
	}
	if backwards {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		side()
	}
	return c
}

func (f *field) time(work func()) float64 {
	began := time.Now()
	work()
	return float64(f.rows) / time.Since(began).Seconds()
}

func (f *field) take(kind, path string) {
	f.tb.Helper()
	source, err := importing.OpenSource(path, "", nil)
	if err != nil {
		f.tb.Fatal(err)
	}
	r, err := importing.Run(f.tb.Context(), f.store, source, importing.Options{Kind: kind, Source: "bench", Rejects: path + ".rejected"})
	if err != nil || r.Rejected > 0 {
		f.tb.Fatalf("%v: %+v", err, r)
	}
}

// copy is the plain alternative: the same lines, as they stand, into a table that has nothing but them.
func (f *field) copy(path string) {
	f.tb.Helper()
	conn, err := f.store.Pool().Acquire(f.tb.Context())
	if err != nil {
		f.tb.Fatal(err)
	}
	defer conn.Release()
	file, err := os.Open(path)
	if err != nil {
		f.tb.Fatal(err)
	}
	defer file.Close()
	_, err = conn.Exec(f.tb.Context(), "create table if not exists bare (line jsonb)")
	if err == nil {
		_, err = conn.Conn().PgConn().CopyFrom(f.tb.Context(), file, "copy bare from stdin")
	}
	if err != nil {
		f.tb.Fatal(err)
	}
}

func (r *report) print(b *testing.B) {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%d rows, %d rounds, %d cores, %s; rows a second, medians\n", r.Rows, r.Rounds, r.Cores, r.Go)
	for _, k := range []struct {
		name string
		all  []contest
	}{{"new_profiles", r.Profiles}, {"known_profiles", r.Known}, {"events", r.Events}} {
		imports, copies, shares := make([]float64, len(k.all)), make([]float64, len(k.all)), make([]float64, len(k.all))
		for i, c := range k.all {
			imports[i], copies[i], shares[i] = c.Import, c.Copy, c.Import/c.Copy
		}
		fmt.Fprintf(&out, "%-15s import %8.0f (%.0f to %.0f), COPY %8.0f; %.2f of it\n", k.name, median(imports), slices.Min(imports), slices.Max(imports), median(copies), median(shares))
		b.ReportMetric(median(imports), k.name+"/s")
	}
	fmt.Println(out.String())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
