package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/mixtapehq/mixtape/store"
)

// Options of a demo.
type Options struct {
	Listeners int // 200
	Seed      uint64
	Speed     float64 // of the deployment's clock
	Journey   string  // whose people are counted
}

// Stage is the running deployment that the demo plays on.
type Stage struct {
	URL      string // of the API
	WriteKey string
	Store    *store.Store
	Temporal client.Client
	Received func() (received, duplicates int) // as the inbox counts them
	Tell     func(format string, args ...any)  // progress, a line each
}

// Summary is what became of the listeners.
type Summary struct {
	Listeners  int              `json:"listeners"`
	Entered    int64            `json:"entered"`
	Refused    map[string]int64 `json:"refused"`
	Sent       int64            `json:"sent"`
	Received   int              `json:"received"` // counted by the inbox
	Duplicates int              `json:"duplicates"`
	Exits      map[string]int64 `json:"exits"`
	Goals      int64            `json:"goals"`
	History    History          `json:"history_events"` // Temporal history events a run
	Seconds    float64          `json:"seconds"`

	Steps  []StepCount `json:"-"`
	Prefix string      `json:"-"` // of the listeners' ids
}

// History says how long the histories of runs are.
type History struct {
	P50 int64 `json:"p50"`
	Max int64 `json:"max"`
}

// StepCount is how many messages a step sent and skipped.
type StepCount struct {
	Step          string
	Sent, Skipped int64
	Here          int64 // runs that wait there
}

// Week is how much of the listeners' time the demo plays.
const Week = 7 * day

// Run plays the demo and waits until every run has ended.
func Run(ctx context.Context, s Stage, o Options) (Summary, error) {
	if o.Listeners == 0 {
		o.Listeners = 200
	}
	before, err := s.sum(ctx, o, time.Time{})
	if err != nil {
		return Summary{}, err
	}
	began := time.Now()
	prefix := "listener-" + began.UTC().Format("0102-150405") + "-"
	all := invent(o.Listeners, o.Seed, prefix)
	p := &player{url: s.URL, key: s.WriteKey, speed: o.Speed, began: began, tell: s.Tell}
	s.Tell("%d listeners sign up, make playlists, subscribe or fall silent; their week takes about %s", len(all), time.Duration(float64(Week)/o.Speed).Round(time.Second))
	if err := p.play(ctx, timeline(all)); err != nil {
		return Summary{}, err
	}
	if err := s.settle(ctx, o); err != nil {
		return Summary{}, err
	}
	summary, err := s.sum(ctx, o, began)
	summary.less(before)
	summary.Listeners, summary.Seconds, summary.Prefix = len(all), time.Since(began).Round(time.Millisecond).Seconds(), prefix
	return summary, err
}

// settle waits until nobody is in the journey any more and what was sent has been received.
func (s Stage) settle(ctx context.Context, o Options) error {
	week := time.Duration(float64(Week) / o.Speed)
	ctx, cancel := context.WithTimeout(ctx, 3*week+2*time.Minute)
	defer cancel()
	for reported := time.Now(); ; {
		active, _, err := s.Store.CountActive(ctx)
		if err != nil {
			return err
		}
		if active == 0 {
			return nil
		}
		if time.Since(reported) > 5*time.Second {
			reported = time.Now()
			s.Tell("%d listeners are still on their way", active)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d runs have not ended: %w", active, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// less takes off what an earlier demo on the same data left behind.
func (s *Summary) less(before Summary) {
	s.Entered, s.Sent, s.Goals = s.Entered-before.Entered, s.Sent-before.Sent, s.Goals-before.Goals
	s.Received, s.Duplicates = s.Received-before.Received, s.Duplicates-before.Duplicates
	for _, counts := range []struct{ now, before map[string]int64 }{{s.Refused, before.Refused}, {s.Exits, before.Exits}} {
		for reason, n := range counts.before {
			if counts.now[reason] -= n; counts.now[reason] == 0 {
				delete(counts.now, reason)
			}
		}
	}
	for i := range s.Steps {
		for _, old := range before.Steps {
			if old.Step == s.Steps[i].Step {
				s.Steps[i].Sent -= old.Sent
				s.Steps[i].Skipped -= old.Skipped
			}
		}
	}
}

// sum counts everything; histories only of runs since a moment (zero: none).
func (s Stage) sum(ctx context.Context, o Options, since time.Time) (Summary, error) {
	sum := Summary{Refused: map[string]int64{}, Exits: map[string]int64{}}
	runs, err := s.Store.RunCounts(ctx, o.Journey)
	if err != nil {
		return sum, err
	}
	here := map[string]int64{}
	for _, r := range runs {
		sum.Entered += r.Runs
		sum.Goals += r.Goals
		if r.ExitReason != "" {
			sum.Exits[r.ExitReason] += r.Runs
		} else {
			here[r.Step] += r.Runs
		}
	}
	if sum.Refused, err = s.Store.RefusalCounts(ctx, o.Journey); err != nil {
		return sum, err
	}
	messages, err := s.Store.MessageCounts(ctx, o.Journey)
	if err != nil {
		return sum, err
	}
	steps := map[string]*StepCount{}
	for _, m := range messages {
		c := steps[m.Step]
		if c == nil {
			c = &StepCount{Step: m.Step, Here: here[m.Step]}
			steps[m.Step] = c
		}
		switch m.State {
		case store.Sent, "delivered", "bounced":
			c.Sent += m.Messages
			sum.Sent += m.Messages
		default:
			c.Skipped += m.Messages
		}
	}
	for _, c := range steps {
		sum.Steps = append(sum.Steps, *c)
	}
	slices.SortFunc(sum.Steps, func(a, b StepCount) int { return int(b.Sent - a.Sent) })
	sum.Received, sum.Duplicates = s.Received()
	if !since.IsZero() {
		sum.History, err = s.histories(ctx, since)
	}
	return sum, err
}

// histories asks Temporal how long each run's history is.
func (s Stage) histories(ctx context.Context, since time.Time) (History, error) {
	var lengths []int64
	for after := ""; ; {
		page, err := s.Store.RunIDs(ctx, since, after, 500)
		if err != nil {
			return History{}, err
		}
		for _, id := range page {
			after = id
			d, err := s.Temporal.DescribeWorkflowExecution(ctx, id, "")
			if err != nil {
				return History{}, fmt.Errorf("history of %s: %w", id, err)
			}
			lengths = append(lengths, d.GetWorkflowExecutionInfo().GetHistoryLength())
		}
		if len(page) < 500 {
			break
		}
	}
	if len(lengths) == 0 {
		return History{}, nil
	}
	slices.Sort(lengths)
	return History{P50: lengths[len(lengths)/2], Max: lengths[len(lengths)-1]}, nil
}
