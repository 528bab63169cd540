package insight_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/insight"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func shop() insight.ReportInput {
	return insight.ReportInput{
		Journey: "shop", Goal: "bought", Steps: []string{"hello", "wait", "more"}, Now: day(30), Level: 0.95, Costs: map[string]float64{"email": 0.01},
		Meant: func(_, arm string) (float64, bool) {
			return map[string]float64{insight.Treated: 0.9, insight.Held: 0.1}[arm], true
		},
		Counts: []insight.Count{
			{Version: "v1", Kind: "entered", Name: "entered", Day: day(1), N: 500}, {Version: "v2", Kind: "entered", Name: "entered", Day: day(2), N: 400},
			{Version: "v1", Kind: "entered", Name: "held_out", Day: day(1), N: 100},
			{Version: "v1", Step: "hello", Kind: "reached", Name: "first", Day: day(1), N: 500}, {Version: "v2", Step: "hello", Kind: "reached", Name: "first", Day: day(2), N: 400},
			{Version: "v2", Step: "wait", Kind: "here", Day: time.Unix(0, 0).UTC(), N: 30}, {Version: "v1", Step: "old", Kind: "reached", Name: "first", Day: day(1), N: 7},
			{Version: "v1", Step: "hello", Kind: "sent", Name: "hi.email", Day: day(1), N: 500}, {Version: "v2", Step: "more", Kind: "sent", Name: "hi.email", Day: day(3), N: 100},
			{Version: "v1", Step: "hello", Kind: "clicked", Name: "hi.email", Day: day(1), N: 60}, {Version: "v2", Step: "hello", Kind: "skipped", Name: "no_consent", Day: day(2), N: 3},
			{Version: "v1", Step: "wait", Kind: "exit", Name: "completed", Day: day(4), N: 20}, {Kind: "refused", Name: "where_false", Day: day(1), N: 9},
			{Version: "v1", Kind: "goal", Name: "entered", Day: day(2), N: 90, Sum: 900, Squares: 9000}, {Version: "v1", Kind: "goal", Name: "held_out", Day: day(2), N: 4},
			{Version: "v1", Kind: "goal_after", Name: "0", Day: day(2), N: 10}, {Version: "v1", Kind: "goal_after", Name: "11", Day: day(2), N: 80},
			{Version: "v1", Step: "hello", Kind: "last_touch", Name: "hi.email", Day: day(2), N: 88, Sum: 880},
			{Version: "v1", Kind: "arm_people", Name: "treated", Day: day(1), N: 900}, {Version: "v1", Kind: "arm_people", Name: "held_out", Day: day(1), N: 100},
			{Version: "v1", Kind: "arm_converted", Name: "treated", Day: day(1), N: 90}, {Version: "v1", Kind: "arm_converted", Name: "held_out", Day: day(1), N: 4},
			{Version: "v1", Kind: "arm_value", Name: "treated", Day: day(1), Sum: 900, Squares: 9000}, {Version: "v1", Kind: "arm_value", Name: "held_out", Day: day(1), Sum: 40, Squares: 400},
			{Version: "v1", Kind: "arm_week", Name: "treated 0", Day: day(1), N: 300}, {Version: "v1", Kind: "arm_week", Name: "held_out 0", Day: day(1), N: 20},
			{Version: "v1", Kind: "arm_week", Name: "treated 1", Day: day(1), N: 100},
			{Version: "v1", Kind: "arm_sent", Name: "treated email", Day: day(1), N: 500}, // a hundred more went to people who had come again
		},
	}
}

func TestAReportIsWhatWasCounted(t *testing.T) {
	t.Parallel()
	r := insight.NewReport(shop())
	if r.Entered != 900 || r.HeldOut != 100 || r.Here != 30 || r.Goals != 90 || r.HeldGoal != 4 || r.Value != 900 || math.Abs(r.Cost-6) > 1e-9 {
		t.Errorf("the sums are %+v", r)
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Step)
	}
	if diff := cmp.Diff([]string{"hello", "wait", "more", "old"}, names); diff != "" || !r.Steps[3].Gone || r.Steps[0].Gone || r.Steps[0].Reached != 900 || r.Steps[1].Here != 30 || r.Steps[0].Skipped["no_consent"] != 3 {
		t.Errorf("%s %+v", diff, r.Steps)
	}
	if len(r.Messages) != 1 || r.Messages[0].Sent != 600 || r.Messages[0].Clicked != 60 || r.Messages[0].Click.Value != 0.1 || r.Messages[0].LastTouch != 88 || r.Messages[0].LastValue != 880 {
		t.Errorf("the messages are %+v", r.Messages)
	}
	if diff := cmp.Diff([]insight.Bucket{{Minutes: 1, N: 10}, {Minutes: 2048, N: 80}}, r.GoalAfter); diff != "" {
		t.Error(diff)
	}
	if len(r.Versions) != 2 || r.Versions[0].Version != "v1" || r.Versions[0].Entered != 500 || r.Versions[1].Here != 30 || len(r.Days) != 4 || r.Days[0].Day != "2026-03-01" {
		t.Errorf("by version and day: %+v %+v", r.Versions, r.Days)
	}
	if !r.Lift.Claimed || !r.Lift.Split.Known || r.Lift.Split.P < 0.99 {
		t.Errorf("the lift is %+v", r.Lift)
	}
	near(t, "the lift", r.Lift.Rate.Value, 0.06, 1e-12)
	near(t, "its profit", r.Lift.Profit.Value, 900*(1-0.4)-5, 1e-9)
	// Of the first week all are past, of the fifth nobody.
	if len(r.Retention) != 3 && len(r.Retention) != 4 {
		t.Fatalf("weeks: %+v", r.Retention)
	}
	if w := r.Retention[0]; w.Arms[0].Name != "held_out" || w.Arms[0].Back != 20 || w.Arms[0].People != 100 || w.Arms[1].Back != 300 || w.Arms[1].People != 900 {
		t.Errorf("the first week is %+v", w)
	}

	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back insight.Report
	if err := json.Unmarshal(raw, &back); err != nil || back.Lift.Rate != r.Lift.Rate || len(back.Steps) != len(r.Steps) {
		t.Errorf("read again: %v %+v", err, back)
	}
}

// Holdouts that grew are measured against what each version meant.
func TestSharesFollowTheVersions(t *testing.T) {
	t.Parallel()
	counts := []insight.Count{
		{Version: "v1", Kind: "arm_people", Name: "treated", N: 9000}, {Version: "v1", Kind: "arm_people", Name: "held_out", N: 1000},
		{Version: "v2", Kind: "arm_people", Name: "treated", N: 500}, {Version: "v2", Kind: "arm_people", Name: "held_out", N: 500},
	}
	arms := insight.Arms(counts)
	insight.Shares(arms, counts, func(version, arm string) (float64, bool) {
		held := map[string]float64{"v1": 0.1, "v2": 0.5}[version]
		if arm == "held_out" {
			return held, true
		}
		return 1 - held, true
	})
	if s := insight.CheckSplit(arms); !s.Known || s.Broken || s.P < 0.999 {
		t.Errorf("%+v of %+v", s, arms)
	}
	insight.Shares(arms, counts, func(string, string) (float64, bool) { return 0, false })
	if s := insight.CheckSplit(arms); s.Known {
		t.Errorf("shares that nobody knows: %+v", s)
	}
}

// What is without bound is written as null and read again.
func TestAnEndThatIsNowhere(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(insight.Estimate{Value: 0.5, Low: math.Inf(-1), High: math.Inf(1)})
	if err != nil || string(raw) != `{"value":0.5,"low":null,"high":null}` {
		t.Fatal(string(raw), err)
	}
	var e insight.Estimate
	if err := json.Unmarshal(raw, &e); err != nil || e.Value != 0.5 || !math.IsInf(e.Low, -1) || !math.IsInf(e.High, 1) {
		t.Error(e, err)
	}
}
