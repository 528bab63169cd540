package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/mixtapehq/mixtape/insight"
)

// reports is an API that knows two reports.
func reports(t *testing.T) *httptest.Server {
	t.Helper()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	var counts []insight.Count
	for n := 1; n < 20; n++ {
		counts = append(counts,
			insight.Count{Version: "3f2a", Kind: "entered", Name: "entered", Day: day(n), N: int64(500 + 20*n)},
			insight.Count{Version: "3f2a", Step: "welcome", Kind: "sent", Name: "welcome.email", Day: day(n), N: int64(480 + 20*n)},
			insight.Count{Version: "3f2a", Kind: "goal", Name: "entered", Day: day(n), N: int64(60 + 3*n), Sum: float64(600 + 30*n)})
	}
	counts = append(counts,
		insight.Count{Version: "3f2a", Step: "welcome", Kind: "reached", Name: "first", Day: day(1), N: 13300},
		insight.Count{Version: "3f2a", Step: "settle-in", Kind: "reached", Name: "first", Day: day(1), N: 13100},
		insight.Count{Version: "3f2a", Step: "nudge", Kind: "reached", Name: "first", Day: day(1), N: 5100},
		insight.Count{Version: "3f2a", Step: "settle-in", Kind: "here", Day: time.Unix(0, 0).UTC(), N: 412},
		insight.Count{Version: "3f2a", Step: "welcome", Kind: "clicked", Name: "welcome.email", Day: day(3), N: 2100},
		insight.Count{Version: "3f2a", Step: "welcome", Kind: "opened", Name: "welcome.email", Day: day(3), N: 6100},
		insight.Count{Version: "3f2a", Step: "nudge", Kind: "skipped", Name: "capped", Day: day(3), N: 40},
		insight.Count{Version: "3f2a", Step: "nudge", Kind: "exit", Name: "converted", Day: day(9), N: 300},
		insight.Count{Version: "3f2a", Kind: "goal_after", Name: "6", Day: day(9), N: 300}, insight.Count{Version: "3f2a", Kind: "goal_after", Name: "11", Day: day(9), N: 1410})
	arm := func(name string, people, converted int64, value float64) {
		counts = append(counts,
			insight.Count{Version: "3f2a", Kind: "arm_people", Name: name, Day: day(1), N: people}, insight.Count{Version: "3f2a", Kind: "arm_converted", Name: name, Day: day(1), N: converted},
			insight.Count{Version: "3f2a", Kind: "arm_value", Name: name, Day: day(1), Sum: float64(converted) * value, Squares: float64(converted) * value * value},
			insight.Count{Version: "3f2a", Kind: "arm_chance", Name: name, Day: day(1), Sum: float64(people) / 3}, insight.Count{Version: "3f2a", Kind: "arm_week", Name: name + " 0", Day: day(1), N: people / 3})
	}
	arm("treated", 13300, 1710, 10)
	arm("held_out", 1480, 120, 10)
	counts = append(counts, insight.Count{Version: "3f2a", Kind: "arm_sent", Name: "treated email", Day: day(1), N: 13320})
	in := insight.ReportInput{
		Journey: "onboarding", Goal: "playlist_created within 7d", Steps: []string{"welcome", "settle-in", "nudge"}, Counts: counts, Costs: map[string]float64{"email": 0.004}, Now: day(28), Level: 0.95,
		Meant: func(_, name string) (float64, bool) {
			return map[string]float64{"treated": 0.9, "held_out": 0.1}[name], true
		},
	}
	counts = nil
	arm("plain", 4420, 560, 10)
	arm("control", 4430, 410, 10)
	arm("loud", 4450, 420, 10)
	counts = append(counts, insight.Count{Version: "3f2a", Kind: "arm_unsubscribed", Name: "loud", Day: day(2), N: 90}, insight.Count{Version: "3f2a", Kind: "arm_unsubscribed", Name: "control", Day: day(2), N: 20})
	in.Trials = []insight.TrialInput{{Step: "which", Metric: "playlist_created", Control: "control", Counts: counts, Meant: func(string, string) (float64, bool) { return 1.0 / 3, true }}}
	answers := map[string]any{
		"/api/journeys/onboarding/report":  insight.NewReport(in),
		"/api/experiments/imported/spring": map[string]any{"experiment": "imported/spring", "result": insight.Compare(insight.Arms(counts), "control", false, 0.95)},
		"/api/journeys/nobody-held/report": insight.NewReport(insight.ReportInput{Journey: "nobody-held", Now: day(28), Level: 0.95, Meant: in.Meant}),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, known := answers[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status": 404, "detail": "not known here"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestAReportIsTold(t *testing.T) {
	t.Parallel()
	s := reports(t)
	call := func(arguments ...string) result {
		return mixtape(t, append(append([]string{"report"}, arguments...), "--url", s.URL, "--admin-key", "key")...)
	}
	got := call("onboarding")
	for _, words := range []string{
		"onboarding, 28 Mar 2026", "13,300 entered, 412 are on their way", "welcome    13,300", "40 capped", "300 converted",
		"welcome.email  12,920", "16.3 % (15.6 % to 16.9 %)",
		"treated   1,710 of 13,300 people reached the goal", "held_out  120 of 1,480 people", "goal rate", "+4.75 points (+", "profit for each unit of cost",
		"week 1  held_out 33.3 % (", "experiment which, by playlist_created", "split as it was meant", "plain    4,420   560        12.670 %", "better", "more unsubscribed",
	} {
		if got.Code != 0 || !strings.Contains(got.Out, words) {
			t.Errorf("there is no %q in\n%s%s", words, got.Out, got.Err)
		}
	}
	if got := call("nobody-held"); got.Code != 0 || !strings.Contains(got.Out, "What it earned cannot be said: nobody has entered yet.") {
		t.Errorf("%+v", got)
	}
	if got := call("imported/spring"); got.Code != 0 || !strings.Contains(got.Out, "imported/spring\n") || !strings.Contains(got.Out, "better") {
		t.Errorf("%+v", got)
	}
	if got := call("nothing"); got.Code != 1 || !strings.Contains(got.Err, "not known here") {
		t.Errorf("%+v", got)
	}
	var r insight.Report
	if got := call("onboarding", "--json"); got.Code != 0 || json.Unmarshal([]byte(got.Out), &r) != nil || r.Entered != 13300 || len(r.Trials) != 1 || r.Trials[0].Variants[0].Verdict != insight.Better {
		t.Errorf("%+v", got)
	}
}

// The page stands by itself: it loads nothing, runs nothing, and escapes what it shows.
func TestAReportIsAPage(t *testing.T) {
	t.Parallel()
	s := reports(t)
	file := filepath.Join(t.TempDir(), "report.html")
	if got := mixtape(t, "report", "onboarding", "--html", file, "--url", s.URL, "--admin-key", "key"); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if keep := os.Getenv("MIXTAPE_TEST_PAGE"); keep != "" {
		_ = os.WriteFile(keep, raw, 0o600)
	}
	tags := map[string]int{}
	for z := html.NewTokenizer(strings.NewReader(string(raw))); z.Next() != html.ErrorToken; {
		token := z.Token()
		tags[token.Data]++
		for _, a := range token.Attr {
			if a.Key == "src" || a.Key == "href" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
			}
		}
	}
	if tags["script"] > 0 || tags["link"] > 0 || tags["polyline"] != 3 || strings.Contains(string(raw), "ZgotmplZ") {
		t.Errorf("the page has %v", tags)
	}
	for _, words := range []string{"13,300", "What it earned", "goal rate", "Experiment which", "better", "up to 34 h", "last-touch attribution"} {
		if !strings.Contains(string(raw), words) {
			t.Errorf("there is no %q on the page", words)
		}
	}
}
