// Package enrolments_test measures how fast an audience is let into a journey, against a loop that does
// nothing but start workflows of the same length.
package enrolments_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/bench/stack"
	"github.com/mixtapehq/mixtape/store"
)

// The sizes of a run, from the environment.
const (
	peopleVariable = "MIXTAPE_BENCH_PEOPLE" // let in by each side in a round
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
)

const goal = 0.7 // of the loop's speed

// BenchmarkEnrolments is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkEnrolments(b *testing.B) {
	people, rounds := max(4, size.Of(b, peopleVariable, 2000)), size.Of(b, roundsVariable, 3)
	for range b.N {
		c := newContest(b)
		c.rest = true
		c.turn(people/4, c.enrol) // the first of all find empty tables
		c.turn(people/4, c.loop)
		var ratios, waiting []float64
		for round := range rounds {
			var enrolled, looped speed
			if round%2 == 0 {
				enrolled, looped = c.turn(people, c.enrol), c.turn(people, c.loop)
			} else {
				looped, enrolled = c.turn(people, c.loop), c.turn(people, c.enrol)
			}
			ratios, waiting = append(ratios, enrolled.started/looped.started), append(waiting, enrolled.waiting/looped.waiting)
			fmt.Printf("round %d: %d people; started a second: %.0f enrolled, %.0f by the loop: %.2f; at their first wait: %.0f and %.0f: %.2f\n", round+1, people,
				enrolled.started, looped.started, enrolled.started/looped.started, enrolled.waiting, looped.waiting, enrolled.waiting/looped.waiting)
		}
		slices.Sort(ratios)
		slices.Sort(waiting)
		median := ratios[(len(ratios)-1)/2]
		met := "met"
		if median < goal {
			met = "MISSED"
		}
		fmt.Printf("started: median %.2f (%.2f to %.2f), goal %.1f: %s; at their first wait: median %.2f (%.2f to %.2f)\n",
			median, ratios[0], ratios[len(ratios)-1], goal, met, waiting[(len(waiting)-1)/2], waiting[0], waiting[len(waiting)-1])
		b.ReportMetric(median, "of-a-loop")
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestEnrolments keeps the measurement in working order. It says nothing of speed.
func TestEnrolments(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	if a, b := c.turn(20, c.enrol), c.turn(20, c.loop); a.waiting <= 0 || b.waiting <= 0 || a.waiting > a.started || b.waiting > b.started {
		t.Errorf("the figures make no sense: %+v and %+v a second", a, b)
	}
}

// speed is how many people a second: until Temporal has all of their workflows, and until all of these have come
// to their first wait.
type speed struct{ started, waiting float64 }

// contest is a deployment, and a worker of plain workflows on the same Temporal.
type contest struct {
	*rig.Rig
	queue string
	batch int
	rest  bool         // before each turn
	plain atomic.Int64 // plain workflows that have begun
}

func newContest(tb testing.TB) *contest {
	tb.Helper()
	c := &contest{Rig: rig.New(tb, rig.Options{Reconcile: time.Minute})}
	c.Publish(store.Settings{ConfirmAbove: 1_000_000, Topics: map[string]store.Topic{"tips": {Default: "subscribed"}}}, rig.Version(`journey: offer
entry: { api: true }
steps:
  - { id: rest, wait: 30d }
`, nil))
	c.queue = c.Address.Prefix + "plain"
	w := sdkworker.New(c.Client.Temporal, c.queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		if !workflow.IsReplaying(ctx) {
			c.plain.Add(1)
		}
		return workflow.Sleep(ctx, 30*24*time.Hour)
	}, workflow.RegisterOptions{Name: "Plain"})
	if err := w.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(w.Stop)
	return c
}

// turn lets new people in and returns how many a second. letIn returns when all are started, and then says
// whether all wait.
func (c *contest) turn(people int, letIn func(ctx context.Context, batch string, people int) (waiting func() bool)) speed {
	c.TB.Helper()
	ctx, cancel := context.WithTimeout(c.TB.Context(), 10*time.Minute)
	defer cancel()
	c.batch++
	batch := fmt.Sprintf("b%d", c.batch)
	err := pgx.BeginFunc(ctx, c.Store.Pool(), func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"profiles"}, []string{"id", "user_id", "attributes"},
			pgx.CopyFromSlice(people, func(i int) ([]any, error) {
				return []any{store.NewID("p"), fmt.Sprintf("%s-%d", batch, i), map[string]any{"batch": batch, "email": fmt.Sprintf("%s-%d@example.com", batch, i)}}, nil
			}))
		return err
	})
	if err != nil {
		c.TB.Fatal(err)
	}
	if _, err := c.Store.Pool().Exec(ctx, "analyze"); err != nil {
		c.TB.Fatal(err)
	}
	if c.rest {
		stack.Settle(ctx) // what the turn before has set off is its own
	}
	began := time.Now()
	waiting := letIn(ctx, batch, people)
	started := time.Since(began)
	c.Await("everybody waits", 10*time.Minute, waiting)
	return speed{started: float64(people) / started.Seconds(), waiting: float64(people) / time.Since(began).Seconds()}
}

// enrol lets the batch in by a rule, as `mixtape enroll` does.
func (c *contest) enrol(ctx context.Context, batch string, people int) func() bool {
	c.TB.Helper()
	audience, err := json.Marshal(map[string]any{"rule": "user.batch == " + strconv.Quote(batch)})
	if err != nil {
		c.TB.Fatal(err)
	}
	var draft struct{ ID string }
	if err := json.Unmarshal(c.Admin(http.MethodPost, "/api/journeys/offer/enrolments", audience), &draft); err != nil {
		c.TB.Fatal(err)
	}
	c.Admin(http.MethodPost, "/api/enrolments/"+url.PathEscape(draft.ID)+"/begin", []byte(fmt.Sprintf(`{"confirm": %d}`, people)))
	c.Await("everybody has a workflow", 10*time.Minute, func() (done bool) { // asked often, so it must be cheap
		err := c.Store.Pool().QueryRow(ctx, `select exists (select from enrolments where id = $1 and state = 'done') and not exists (select from outbox where kind = 'start')`,
			draft.ID).Scan(&done)
		if err != nil {
			c.TB.Fatal(err)
		}
		return done
	})
	var entered int
	err = c.Store.Pool().QueryRow(ctx, `select count(*) from runs r join profiles p on p.id = r.profile_id where p.attributes ->> 'batch' = $1`, batch).Scan(&entered)
	if err != nil || entered != people {
		c.TB.Fatalf("%d of %d entered: %v", entered, people, err)
	}
	return func() (waiting bool) {
		err := c.Store.Pool().QueryRow(ctx, "select not exists (select from runs where status = 'active' and seq = 0)").Scan(&waiting)
		if err != nil {
			c.TB.Fatal(err)
		}
		return waiting
	}
}

// loop starts a plain workflow for each, as many at once as Mixtape's relays do.
func (c *contest) loop(ctx context.Context, batch string, people int) func() bool {
	c.TB.Helper()
	before := c.plain.Load()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range people {
		group.Go(func() error {
			_, err := c.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: fmt.Sprintf("plain/%s/%d", batch, i), TaskQueue: c.queue, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			}, "Plain")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		c.TB.Fatal(err)
	}
	return func() bool { return c.plain.Load() == before+int64(people) }
}
