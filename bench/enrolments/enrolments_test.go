// Package enrolments_test measures how fast an audience is let into a journey, against a loop that does
// nothing but start workflows of the same length.
package enrolments_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
		sides := []side{{"enrolled", c.enrol}, {"loop", c.loop}, {"eager loop", c.eagerLoop}}
		for _, side := range sides[:2] { // the first of all find empty tables
			c.turn(people/4, side.letIn)
		}
		ratios := map[string][]float64{}
		for round := range rounds {
			slices.Reverse(sides)
			speeds := map[string]speed{}
			for _, side := range sides {
				v := c.turn(people, side.letIn)
				speeds[side.name] = v
				fmt.Printf("round %d: %-10s %4.0f a second started, %4.0f at their first wait; CPU a person: own %s, database %s, Temporal %s, until all are started %s\n",
					round+1, side.name, v.started, v.waiting, v.used.Own, v.used.Database, v.used.Temporal, v.starting.Total())
			}
			ours := speeds["enrolled"]
			fmt.Printf("round %d: %.0f judged a second\n", round+1, ours.judged)
			for _, name := range []string{"loop", "eager loop"} {
				ratios[started+name] = append(ratios[started+name], ours.started/speeds[name].started)
				ratios[waiting+name] = append(ratios[waiting+name], ours.waiting/speeds[name].waiting)
			}
		}
		for _, what := range slices.Sorted(maps.Keys(ratios)) {
			all := ratios[what]
			slices.Sort(all)
			fmt.Printf("%-22s median %.2f (%.2f to %.2f) of its speed\n", what, all[(len(all)-1)/2], all[0], all[len(all)-1])
		}
		median := ratios[started+"loop"][(rounds-1)/2]
		met := "met"
		if median < goal {
			met = "MISSED"
		}
		fmt.Printf("the goal, %.1f of the bare loop's starts: %s\n", goal, met)
		b.ReportMetric(median, "of-a-loop")
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// What is compared with a loop.
const (
	started = "started, "
	waiting = "at first wait, "
)

// side lets a batch in, and returns when all are started with what says whether all wait.
type side struct {
	name  string
	letIn func(ctx context.Context, batch string, people int) (waiting func() bool)
}

// TestEnrolments keeps the measurement in working order. It says nothing of speed.
func TestEnrolments(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	if a, b := c.turn(20, c.enrol), c.turn(20, c.loop); a.waiting <= 0 || b.waiting <= 0 || a.waiting > a.started || b.waiting > b.started {
		t.Errorf("the figures make no sense: %+v and %+v a second", a, b)
	}
}

// speed is how many people a second: until all are judged, until Temporal has all of their workflows, and until
// all of these have come to their first wait; and what a person took by then, and until all were started.
type speed struct {
	judged, started, waiting float64
	used, starting           stack.CPU
}

// contest is a deployment, and a worker of plain workflows on the same Temporal.
type contest struct {
	*rig.Rig
	queue string
	batch int
	rest  bool         // before each turn
	over  time.Time    // when the latest enrolment had judged everybody
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
	before, began := stack.Used(), time.Now()
	second := func(until time.Time) float64 { return float64(people) / until.Sub(began).Seconds() }
	waiting := letIn(ctx, batch, people)
	v := speed{judged: second(c.over), started: second(time.Now()), starting: stack.Used().Since(before, people)}
	c.Await("everybody waits", 10*time.Minute, waiting)
	v.waiting, v.used = second(time.Now()), stack.Used().Since(before, people)
	return v
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
	c.Await("everybody is judged", 10*time.Minute, func() (done bool) {
		if err := c.Store.Pool().QueryRow(ctx, "select state = 'done' from enrolments where id = $1", draft.ID).Scan(&done); err != nil {
			c.TB.Fatal(err)
		}
		return done
	})
	c.over = time.Now()
	c.Await("everybody has a workflow", 10*time.Minute, func() (done bool) { // asked often, so it must be cheap
		if err := c.Store.Pool().QueryRow(ctx, "select not exists (select from outbox where kind = 'start')").Scan(&done); err != nil {
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
	return c.execute(ctx, batch, people, client.StartWorkflowOptions{})
}

// eagerLoop has Temporal answer each start with the first task, as Mixtape has.
func (c *contest) eagerLoop(ctx context.Context, batch string, people int) func() bool {
	c.TB.Helper()
	return c.execute(ctx, batch, people, client.StartWorkflowOptions{EnableEagerStart: true})
}

func (c *contest) execute(ctx context.Context, batch string, people int, options client.StartWorkflowOptions) func() bool {
	c.TB.Helper()
	options.TaskQueue, options.WorkflowIDReusePolicy = c.queue, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	before := c.plain.Load()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range people {
		group.Go(func() error {
			options := options
			options.ID = fmt.Sprintf("plain/%s/%d", batch, i)
			_, err := c.Client.Temporal.ExecuteWorkflow(ctx, options, "Plain")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		c.TB.Fatal(err)
	}
	return func() bool { return c.plain.Load() == before+int64(people) }
}
