// Package latency_test measures how long it takes from the acceptance of an event to the act of the
// run that waited for it, or that it let in by way of a segment, at a steady rate of events through
// the public API.
package latency_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/size"
)

// The sizes of a run, from the environment.
const (
	rateVariable    = "MIXTAPE_BENCH_RATE"    // events a second
	secondsVariable = "MIXTAPE_BENCH_SECONDS" // for so long
	jsonVariable    = "MIXTAPE_BENCH_JSON"    // a folder for the figures; empty: none are written
)

const goal = time.Second // p99, from the answer to the stored move

// BenchmarkLatency is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkLatency(b *testing.B) { bench(b, waiting()) }

// BenchmarkSegments is the same for an event that makes somebody a member of a segment.
func BenchmarkSegments(b *testing.B) { bench(b, joining()) }

func bench(b *testing.B, s scenario) {
	rate, seconds := size.Of(b, rateVariable, s.rate), size.Of(b, secondsVariable, 30)
	for range b.N {
		report := measure(b, s, rate, rate*seconds)
		report.print(os.Stdout)
		report.save(b, os.Getenv(jsonVariable))
		b.ReportMetric(report.Acted.P50, "p50-ms")
		b.ReportMetric(report.Acted.P99, "p99-ms")
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestLatency keeps the measurements in working order. It says nothing of speed.
func TestLatency(t *testing.T) {
	t.Parallel()
	for _, s := range []scenario{waiting(), joining()} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := measure(t, s, 20, 10)
			if r.Acted.Most <= 0 || r.Arrived.P50 <= 0 || r.Arrived.P50 > r.Arrived.Most {
				t.Errorf("the figures make no sense: %+v", r)
			}
		})
	}
}

// measure prepares that many people and sends an event of each, at a steady rate: an event is sent when
// its time has come, also when earlier ones were not answered yet.
func measure(tb testing.TB, s scenario, rate, runs int) report {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Minute)
	defer cancel()
	r := rig.New(tb, rig.Options{Reconcile: 15 * time.Second})
	r.Publish(s.settings, s.journey)
	users := make([]string, runs)
	for i := range users {
		users[i] = fmt.Sprintf("user-%d", i)
	}
	for some := range slices.Chunk(users, 50) {
		var items []rig.Item
		for _, user := range some {
			items = append(items, rig.Identify(user, map[string]any{"email": user + "@example.com", "first_name": "Ada"}), rig.Track(user, s.before, nil))
		}
		r.Send(items...)
	}
	r.Await("everybody is prepared", 5*time.Minute, func() bool { return count(ctx, r, s.prepared) == runs })

	answered := make([]time.Time, runs)
	took := make([]time.Duration, runs)
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	order := rand.New(rand.NewPCG(1, 2)).Perm(runs)
	var sending sync.WaitGroup
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	began := time.Now()
	for _, i := range order {
		<-ticker.C
		sending.Go(func() {
			start := time.Now()
			if err := track(ctx, client, r, users[i], s.event); err != nil {
				tb.Error(err)
			}
			answered[i] = time.Now()
			took[i] = answered[i].Sub(start)
		})
	}
	sending.Wait()
	lasted := time.Since(began)
	r.Await("all runs have ended", 2*time.Minute, func() bool {
		return count(ctx, r, "select count(*) from runs where status = 'ended'") == runs
	})
	return conclude(tb, r, s, users, answered, took, lasted)
}

func track(ctx context.Context, client *http.Client, r *rig.Rig, user, event string) error {
	body, err := json.Marshal(map[string]any{"userId": user, "event": event, "properties": map[string]any{"visibility": "public"}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/v1/track", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth(r.WriteKey, "")
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the API answered %d: %s", response.StatusCode, answer)
	}
	return err
}
