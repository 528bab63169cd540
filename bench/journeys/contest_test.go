package journeys_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/bench/journeys/byhand"
	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/stack"
	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

// contest is one deployment of Mixtape and one worker of hand-written workflows, in one process,
// over the same database, Temporal and mail server. They never work at the same time.
type contest struct {
	*rig.Rig
	runs  int
	sides []side
	round int
	rest  bool      // before each turn, until the servers are done with the last
	say   io.Writer // one line a turn
}

// side is one way to carry people through a journey.
type side struct {
	name     string
	queue    string
	messages int // to each
	prepare  func(ctx context.Context, people []byhand.Person) error
	begin    func(ctx context.Context, people []byhand.Person) error
}

func newContest(tb testing.TB, runs int, say io.Writer) *contest {
	tb.Helper()
	c := &contest{Rig: rig.New(tb, rig.Options{Reconcile: 15 * time.Second}), runs: runs, say: say}
	c.Publish(store.Settings{Topics: map[string]store.Topic{"tips": {Default: "subscribed"}}}, published()...)
	ctx := tb.Context()
	pool := c.Store.Pool()
	_, err := pool.Exec(ctx, byhand.Schema)
	c.must(err)
	set, problems := message.Parse(templates())
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	providers, err := channels.NewRegistry(map[string]string{"email": c.Address.SMTP})
	c.must(err)
	tb.Cleanup(func() { _ = providers.Close() })
	provider, err := providers.Provider("email")
	c.must(err)
	queue := c.Address.Prefix + "by-hand"
	stop, err := byhand.Start(c.Client.Temporal, queue, &byhand.Activities{
		Pool: pool, Templates: set, Provider: provider, From: "Rig <rig@example.com>", BaseURL: c.URL,
	})
	c.must(err)
	tb.Cleanup(stop)

	mixtape := func(journey, event string, messages int) side {
		return side{name: journey, queue: c.Client.Queue, messages: messages,
			prepare: func(ctx context.Context, people []byhand.Person) error { return c.fill(ctx, people, event) }, begin: c.dispatch}
	}
	hand := func(workflow, event string, messages int) side {
		return side{name: workflow, queue: queue, messages: messages,
			prepare: func(ctx context.Context, people []byhand.Person) error { return byhand.Fill(ctx, pool, people, event) },
			begin:   func(ctx context.Context, people []byhand.Person) error { return c.start(ctx, workflow, queue, people) }}
	}
	c.sides = []side{
		mixtape(onboarding, "signed_up", 3), hand(byhand.Naive, "signed_up", 3), hand(byhand.Tuned, "signed_up", 3),
		mixtape(delayed, "cart_left", 1), hand(byhand.Calls, "cart_left", 1),
	}
	return c
}

// play lets every side take its turn, as often as there are rounds, in turning order.
func (c *contest) play(rounds int) report {
	r := report{Runs: c.runs, Rounds: rounds}
	for _, s := range c.sides {
		r.Sides = append(r.Sides, figures{Name: s.name})
	}
	turns := make([]int, len(c.sides))
	for i := range turns {
		turns[i] = i
	}
	for range rounds {
		for _, i := range turns {
			perSecond, used, history := c.turn(c.sides[i])
			fmt.Fprintf(c.say, "%s: %.1f journeys/s, CPU a journey: %+v\n", c.sides[i].name, perSecond, used)
			f := &r.Sides[i]
			f.PerSecond, f.CPU, f.History = append(f.PerSecond, perSecond), append(f.CPU, used), history
		}
		slices.Reverse(turns)
	}
	r.conclude()
	return r
}

// turn carries new people through one side's journey: from the moment that all of them are let in to
// the close of the last workflow.
func (c *contest) turn(s side) (perSecond float64, used stack.CPU, history int) {
	c.TB.Helper()
	ctx, cancel := context.WithTimeout(c.TB.Context(), 10*time.Minute)
	defer cancel()
	c.round++
	people := make([]byhand.Person, c.runs)
	for i := range people {
		name := fmt.Sprintf("r%d-%d", c.round, i)
		people[i] = byhand.Person{ID: store.NewID("p"), Attributes: map[string]any{
			"email": name + "@example.com", "first_name": "Ada", "plan": "free", "city": "Lyon", "artists": []any{"nina", "miles", "ella"},
		}}
	}
	c.must(s.prepare(ctx, people))
	_, err := c.Store.Pool().Exec(ctx, "analyze") // as a database that has run for a while
	c.must(err)
	if c.rest {
		stack.Settle(ctx)
	}
	before, mails, spent := c.completed(ctx, s.queue), c.Inbox.Counts().Received, stack.Used()
	began := time.Now()
	c.must(s.begin(ctx, people))
	for c.completed(ctx, s.queue) < before+int64(c.runs) {
		select {
		case <-ctx.Done():
			c.TB.Fatalf("%s: %d of %d have ended", s.name, c.completed(context.Background(), s.queue)-before, c.runs)
		case <-time.After(250 * time.Millisecond): // lists of workflows are rate-limited
		}
	}
	used = stack.Used().Since(spent, c.runs)
	last, ended := c.lastClosed(ctx, s.queue)
	if got, want := c.Inbox.Counts().Received-mails, c.runs*s.messages; got != want {
		c.TB.Errorf("%s: %d mails have come, want %d", s.name, got, want)
	}
	return float64(c.runs) / ended.Sub(began).Seconds(), used, c.HistoryLength(last)
}

// fill makes profiles, each with the event that lets it in, which dispatch has yet to see.
func (c *contest) fill(ctx context.Context, people []byhand.Person, event string) error {
	return pgx.BeginFunc(ctx, c.Store.Pool(), func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"profiles"}, []string{"id", "user_id", "attributes", "last_number"},
			pgx.CopyFromSlice(len(people), func(i int) ([]any, error) {
				return []any{people[i].ID, people[i].Attributes["email"], people[i].Attributes, 1}, nil
			}))
		if err != nil {
			return err
		}
		now := time.Now()
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"events"}, []string{"profile_id", "number", "id", "source", "name", "time", "arrival"},
			pgx.CopyFromSlice(len(people), func(i int) ([]any, error) {
				return []any{people[i].ID, 1, people[i].ID, "bench", event, now, now}, nil
			}))
		return err
	})
}

// dispatch gives the profiles to dispatch: from here on it is as if the API had taken their events.
func (c *contest) dispatch(ctx context.Context, people []byhand.Person) error {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	_, err := c.Store.Pool().Exec(ctx, "update profiles set pending_since = clock_timestamp() where id = any ($1)", ids)
	c.Bell.Ring()
	return err
}

// start starts hand-written workflows, as many calls at once as Mixtape's relays make.
func (c *contest) start(ctx context.Context, workflow, queue string, people []byhand.Person) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for _, p := range people {
		group.Go(func() error {
			_, err := c.Client.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: workflow + "/" + p.ID, TaskQueue: queue, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			}, workflow, byhand.Input{Profile: p.ID})
			return err
		})
	}
	return group.Wait()
}

func (c *contest) completed(ctx context.Context, queue string) int64 {
	n, err := c.Client.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: c.Client.Namespace, Query: completed(queue)})
	c.must(err)
	return n.GetCount()
}

// lastClosed is the workflow that was the last to end.
func (c *contest) lastClosed(ctx context.Context, queue string) (id string, at time.Time) {
	page, err := c.Client.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Client.Namespace, Query: completed(queue), PageSize: 1, // the newest close first
	})
	c.must(err)
	last := page.GetExecutions()[0]
	return last.GetExecution().GetWorkflowId(), last.GetCloseTime().AsTime()
}

func completed(queue string) string {
	return fmt.Sprintf("TaskQueue = '%s' AND ExecutionStatus = 'Completed'", queue)
}

func (c *contest) must(err error) {
	if err != nil {
		c.TB.Helper()
		c.TB.Fatal(err)
	}
}
